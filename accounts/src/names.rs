//! What a user may be called: names, email addresses and usernames, normalised as they are stored.

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

/// An email address in lower case and trimmed. Only its shape is checked: whether an email arrives shows only when one
/// is sent.
pub(crate) fn clean_email(email: &str) -> Result<String, &'static str> {
    let email = email.trim().to_lowercase();
    if email.is_empty() {
        return Err("Enter your email address.");
    }
    if email.len() > 254 {
        return Err("An email address has 254 characters or fewer.");
    }
    // One mailbox has one spelling here: no quoted names, comments or routes (RFC 5321, 4.1.2 has them all).
    let reserved = |c: char| c.is_whitespace() || "\"(),:;<>@[\\]".contains(c);
    let fits = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
            && !part.contains(reserved)
    };
    let shaped = email
        .split_once('@')
        .is_some_and(|(local, domain)| fits(local) && fits(domain));
    if shaped && !hides_something(&email) {
        Ok(email)
    } else {
        Err("Enter an email address like name@example.com.")
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
    fn an_email_is_lowered_and_trimmed_and_nonsense_is_refused() {
        assert_eq!(
            clean_email(" Ada@Example.COM "),
            Ok("ada@example.com".into())
        );
        for wrong in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "a\0@b.c",
            "a@.b",
        ] {
            assert!(clean_email(wrong).is_err(), "{wrong}");
        }
        assert!(clean_email(&format!("{}@b.c", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_username_is_plain_or_absent() {
        assert_eq!(clean_username("  "), Ok(None));
        assert_eq!(clean_username("Ada_L-1"), Ok(Some("ada_l-1".into())));
        for wrong in ["ab", "a b c", "ädä", "../etc"] {
            assert!(clean_username(wrong).is_err(), "{wrong}");
        }
    }
}
