//! An email as HTML, drawn like the screens. Nothing in it is loaded from anywhere.

use leptos::prelude::*;

use super::texts::{Button, Text};

/// A grey that can be read on white and on black.
const SOFT: &str = "color:#6f7977";

const BUTTON: &str = "display:inline-block;padding:12px 20px;border-radius:8px;background:#30509f;\
                      color:#ffffff;text-decoration:none;font-weight:600";

/// The same as the plain text, for the other readers.
pub(super) fn html(text: &Text) -> String {
    let text = text.clone();
    let paragraphs = text.paragraphs.into_iter();
    let paragraphs =
        paragraphs.map(|paragraph| view! { <p style="margin:0 0 16px">{paragraph}</p> });
    let button = text.button.map(|Button { label, link }| {
        view! {
            <p style="margin:24px 0">
                <a href=link style=BUTTON>
                    {label}
                </a>
            </p>
        }
    });
    let facts = text.facts.into_iter().map(|fact| {
        view! {
            <tr>
                <td style=format!("padding:2px 16px 2px 0;{SOFT}")>{fact.name}</td>
                <td style="padding:2px 0">{fact.value}</td>
            </tr>
        }
    });
    let page = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="color-scheme" content="light dark" />
                <title>{text.subject.clone()}</title>
            </head>
            <body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif">
                <div style="max-width:520px;margin:0 auto">
                    <h1 style="font-size:20px;margin:0 0 16px">{text.subject}</h1>
                    {paragraphs.collect::<Vec<_>>()}
                    {button}
                    <table role="presentation" style="border-collapse:collapse;font-size:14px;margin:0 0 16px">
                        <tbody>{facts.collect::<Vec<_>>()}</tbody>
                    </table>
                    <p style=format!("font-size:14px;margin:0 0 16px;{SOFT}")>{text.otherwise}</p>
                    <p style=format!("font-size:13px;margin:0;{SOFT}")>{format!("Curfew, {}", text.install)}</p>
                </div>
            </body>
        </html>
    };
    // Leptos marks where a script would find its place again; an email has none.
    format!("<!DOCTYPE html>{}", page.to_html().replace("<!>", ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emails::texts::Fact;

    #[test]
    fn what_a_user_chose_is_text() {
        let evil = "<script>alert(1)</script>\" onload=x";
        let html = html(&Text {
            subject: format!("A {evil}"),
            paragraphs: vec![evil.into(), "Two".into()],
            button: Some(Button {
                label: "Join",
                link: format!("http://curfew.test/join?invite={evil}"),
            }),
            facts: vec![Fact {
                name: "Device",
                value: evil.into(),
            }],
            otherwise: "If this wasn’t you, ignore it.",
            install: "http://curfew.test".into(),
        });
        assert!(
            html.starts_with("<!DOCTYPE html><html lang=\"en\">"),
            "{html}"
        );
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&quot; onload=x\""), "{html}");
        assert!(!html.contains("<!>") && !html.contains("<!--"), "{html}");
        assert!(
            html.contains("<p style=\"margin:0 0 16px;\">Two</p>"),
            "{html}"
        );
        assert!(html.contains("Curfew, http://curfew.test</p>"), "{html}");
    }
}
