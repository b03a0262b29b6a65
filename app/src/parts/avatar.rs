//! A user's initials on a tinted circle.

use leptos::prelude::*;

use crate::boot::Viewer;

/// The circle. The name is beside it, so it is silent to screen readers.
#[component]
pub fn Avatar(viewer: Viewer, #[prop(optional)] large: bool) -> impl IntoView {
    let size = if large { " avatar--large" } else { "" };
    let class = format!("avatar avatar--{}{size}", viewer.tint);
    view! { <span class=class aria-hidden="true">{viewer.initials}</span> }
}

/// The initials of the first and the last word, upper case.
#[cfg(feature = "ssr")]
pub(crate) fn initials(name: &str) -> String {
    let initial = |word: &str| word.chars().find(|c| c.is_alphanumeric());
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words.first().and_then(|w| initial(w));
    let last = words
        .last()
        .filter(|_| words.len() > 1)
        .and_then(|w| initial(w));
    let both: String = first.into_iter().chain(last).collect();
    if both.is_empty() {
        "?".into()
    } else {
        both.to_uppercase()
    }
}

/// 1 to 6, the same for the same id.
#[cfg(feature = "ssr")]
pub(crate) fn tint(id: &str) -> u8 {
    let sum = id.bytes().fold(0_u8, u8::wrapping_add);
    sum % 6 + 1
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Augusta Ada King", "AK"),
            ("李 小龍", "李小"),
            ("…", "?"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
