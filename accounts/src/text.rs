//! What is in a text and is not seen.

/// Whether a reader of the text sees less than it holds: control characters, and characters that are invisible or turn
/// the direction of the text. In a name or an address they are there to deceive.
pub(crate) fn hides_something(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(
                c,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{2069}' | '\u{feff}'
            )
    })
}
