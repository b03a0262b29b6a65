//! What is in a text and is not seen.
//!
//! The database keeps text as it was sent. [`visible`] is for whatever shows it: pages, emails, CSV, the log and the
//! command line. What programs read (REST, webhooks, JSON lines, MCP) is data and stays as it is.

use std::{borrow::Cow, fmt::Write};

/// Whether a reader of the text sees less than it holds. In a name or an address that is there to deceive.
pub(crate) fn hides_something(text: &str) -> bool {
    text.chars()
        .any(|c| is_invisible(c) || matches!(c, '\t' | '\n' | '\r'))
}

/// Control characters, and characters that draw nothing or turn the direction of the text (Unicode's
/// `Default_Ignorable_Code_Point` and `Bidi_Control`). White space is seen, and so are the two selectors that
/// choose between an emoji and its plain form.
pub(crate) fn is_invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        other => other.is_control(),
    }
}

/// The text with every character in it that would not be seen written out: `‹U+202E›`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_invisible(c) {
            let _ = write!(shown, "‹U+{:04X}›", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The pattern for `like … escape '\\'` that finds the words in a text of lower case, and takes none of their characters
/// for a wildcard. Empty when there are no words.
pub(crate) fn containing(words: &str) -> String {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return words;
    }
    let escaped = words
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_written_out() {
        for (text, shown) in [
            ("\u{202e}moc.live", "‹U+202E›moc.live"),
            ("a\u{200b}b\u{feff}", "a‹U+200B›b‹U+FEFF›"),
            ("\u{e0041}\u{1b}[31m", "‹U+E0041›‹U+001B›[31m"),
            (
                "\u{2066}\u{2069}\u{ad}\u{3164}",
                "‹U+2066›‹U+2069›‹U+00AD›‹U+3164›",
            ),
        ] {
            assert_eq!(visible(text), shown);
            assert!(hides_something(text));
            // Once is enough: what is written out is seen.
            assert_eq!(visible(shown), shown);
        }
    }

    #[test]
    fn what_is_seen_stays_as_it_is() {
        for text in [
            "",
            "Ada Lovelace",
            "Zoë ❤\u{fe0f}",
            "דוד",
            "李 小龍",
            "a b‹c›",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
            assert!(!hides_something(text), "{text}");
        }
        // Seen on a page, and still no part of a name.
        assert_eq!(visible("a\tb\n"), "a\tb\n");
        assert!(hides_something("a\tb"));
    }
}
