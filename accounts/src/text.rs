//! What is in a text and is not seen.
//!
//! The database keeps text as it was sent. [`visible`] is for whatever shows it: pages, emails, CSV, the log and the
//! command line. What programs read (REST, webhooks, JSON lines, MCP) is data and stays as it is.

use std::{borrow::Cow, fmt::Write};

/// Whether a reader of the text sees less than it holds. In a name or an address that is there to deceive.
pub(crate) fn hides_something(text: &str) -> bool {
    hidden(text).any(|(c, hidden)| hidden || matches!(c, '\t' | '\n' | '\r'))
}

/// Each character of the text, and whether it is not seen. A joiner is seen where it does its work: in how the characters
/// beside it are drawn.
fn hidden(text: &str) -> impl Iterator<Item = (char, bool)> {
    let before = std::iter::once(None).chain(text.chars().map(Some));
    let after = text.chars().skip(1).map(Some).chain(std::iter::once(None));
    text.chars()
        .zip(before.zip(after))
        .map(|(c, (before, after))| (c, is_invisible(c) && !is_at_work(c, before, after)))
}

/// Whether it is a joiner or a non-joiner between two characters that it changes: Persian, Hindi and families of emoji are
/// spelt with them. Those of Latin, Greek, Cyrillic and Armenian (before U+0590) never join.
fn is_at_work(c: char, before: Option<char>, after: Option<char>) -> bool {
    let joins = |c: Option<char>| {
        c.is_some_and(|c| c >= '\u{590}' && !c.is_whitespace() && !is_invisible(c))
    };
    matches!(c, '\u{200c}' | '\u{200d}') && joins(before) && joins(after)
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
    if !hidden(text).any(|(_, hidden)| hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (c, hidden) in hidden(text) {
        if hidden {
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
    holding(&words)
}

/// The same for a text that is left as it is.
pub(crate) fn holding(text: &str) -> String {
    let escaped = text
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
            // A joiner that joins nothing.
            ("Ad\u{200d}a", "Ad‹U+200D›a"),
            ("\u{200d}\u{646}", "‹U+200D›\u{646}"),
            ("\u{646}\u{200c}", "\u{646}‹U+200C›"),
            ("\u{646}\u{200c} \u{6a9}", "\u{646}‹U+200C› \u{6a9}"),
            (
                "\u{646}\u{200c}\u{200c}\u{6a9}",
                "\u{646}‹U+200C›‹U+200C›\u{6a9}",
            ),
            ("\u{646}\u{200b}\u{6a9}", "\u{646}‹U+200B›\u{6a9}"),
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
            // Farid, in Persian with a non-joiner; Kṣa in Hindi with a joiner; a family, and a rainbow flag.
            "\u{646}\u{6cc}\u{200c}\u{6a9}",
            "\u{915}\u{94d}\u{200d}\u{937}",
            "\u{1f469}\u{200d}\u{1f467}",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
            assert!(!hides_something(text), "{text}");
        }
        // Seen on a page, and still no part of a name.
        assert_eq!(visible("a\tb\n"), "a\tb\n");
        assert!(hides_something("a\tb"));
    }
}
