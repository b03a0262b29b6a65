//! What a user may be called: names and usernames, normalised as they are stored.

use crate::text::hides_something;

/// A name of a user or an account, trimmed.
pub(crate) fn clean_name(name: &str) -> Result<String, &'static str> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err("Enter your name."),
        1..=100 if hides_something(name) => Err("A name has no invisible characters."),
        1..=100 => Ok(name.to_owned()),
        _ => Err("A name has 100 characters or fewer."),
    }
}

/// A username in lower case; none when it is empty.
pub(crate) fn clean_username(username: &str) -> Result<Option<String>, &'static str> {
    let username = username.trim().to_lowercase();
    if username.is_empty() {
        return Ok(None);
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !(3..=32).contains(&username.chars().count()) || !username.chars().all(allowed) {
        return Err("Use 3 to 32 letters a to z, digits, hyphens or underscores.");
    }
    Ok(Some(username))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_plain_or_absent() {
        assert_eq!(clean_username("  "), Ok(None));
        assert_eq!(clean_username("Ada_L-1"), Ok(Some("ada_l-1".into())));
        for wrong in ["ab", "a b c", "ädä", "../etc"] {
            assert!(clean_username(wrong).is_err(), "{wrong}");
        }
    }
}
