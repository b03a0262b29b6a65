//! What is in a text that nobody sees.

/// Whether somebody who reads the text is shown less than it holds: control characters, and those that
/// are invisible or turn the writing around. In a name or an address they are there to deceive.
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
