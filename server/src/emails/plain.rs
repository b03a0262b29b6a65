//! An email as plain text.

use super::texts::{Button, Text};

/// For readers of plain text.
pub(super) fn text(text: &Text) -> String {
    let paragraphs = text.paragraphs.join("\n\n");
    let button = match &text.button {
        Some(Button { label, link }) => format!("\n{label}:\n{link}\n"),
        None => String::new(),
    };
    let facts: Vec<String> = text
        .facts
        .iter()
        .map(|fact| format!("{}: {}", fact.name, fact.value))
        .collect();
    let Text {
        subject,
        otherwise,
        install,
        ..
    } = text;
    format!(
        "{subject}\n\n{paragraphs}\n{button}\n{}\n\n{otherwise}\n\n-- \nCurfew, {install}\n",
        facts.join("\n")
    )
}
