//! Takes the parts of a URL out of the messages of others.

use accounts::keys::Keys;
use url::{Url, form_urlencoded};

/// Whether a value may hold a secret although its setting asks for none: a URL with a user, a key, a token. Whatever is
/// shown of settings goes by it, because a value that was pasted into the wrong variable is as secret as in the right one.
pub(super) fn may_be_secret(text: &str) -> bool {
    let with_user = text
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'));
    let is_token = ["whsec_", "cfw_"].iter().any(|mark| text.contains(mark));
    with_user || is_token || Keys::parse(text).is_ok()
}

/// What stands in place of a part.
const HIDDEN: &str = "…";

/// The text without the URL, its password, its parameters, and the names of user and database where they are quoted.
pub(super) fn hide(text: &str, url: &str) -> String {
    let mut shown = text.replace(url, HIDDEN);
    if url.starts_with("sqlite:") {
        // A path is no secret, and without it you cannot find what is wrong with the file.
        let query = url.split_once('?').map_or("", |parts| parts.1);
        for (_, value) in form_urlencoded::parse(query.as_bytes()) {
            shown = without_word(&shown, &value);
        }
        return shown;
    }
    let Ok(url) = Url::parse(url) else {
        return shown;
    };
    let password = url.password().unwrap_or_default();
    for part in [password, &decoded(password)] {
        shown = without_word(&shown, part);
    }
    for (_, value) in url.query_pairs() {
        shown = without_word(&shown, &value);
    }
    for part in [url.username(), url.path().trim_start_matches('/')] {
        for quoted in [part, &decoded(part)].map(|part| format!("\"{part}\"")) {
            shown = shown.replace(&quoted, &format!("\"{HIDDEN}\""));
        }
    }
    shown
}

/// Only where it is no part of another word: to take every `a` out of a message would show a password of one character.
fn without_word(text: &str, part: &str) -> String {
    if part.is_empty() {
        return text.to_owned();
    }
    let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(part) {
        let (before, after) = (&rest[..at], &rest[at + part.len()..]);
        let last = before.chars().next_back().or(shown.chars().next_back());
        let whole = !in_word(last) && !in_word(after.chars().next());
        shown.push_str(before);
        shown.push_str(if whole { HIDDEN } else { part });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Percent-decoded.
fn decoded(part: &str) -> String {
    // What separates the pairs of a form stands for itself here.
    let value = part.replace('+', "%2B").replace('&', "%26");
    let form = format!("x={value}");
    let mut pairs = form_urlencoded::parse(form.as_bytes());
    pairs
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_the_url_is_left_in_a_message() {
        let url = "postgres://ada:p%40ss&word@h/books?sslmode=SECRET&application_name=x";
        for (text, shown) in [
            (
                "unknown value \"SECRET\" for `ssl_mode`",
                "unknown value \"…\" for `ssl_mode`",
            ),
            (
                "authentication failed for user \"ada\"",
                "authentication failed for user \"…\"",
            ),
            (
                "database \"books\" does not exist",
                "database \"…\" does not exist",
            ),
            ("so p@ss&word and p%40ss&word it is", "so … and … it is"),
            ("extra x is there", "extra … is there"),
            (url, "…"),
        ] {
            assert_eq!(hide(text, url), shown);
        }
    }

    #[test]
    fn a_value_that_may_be_a_secret_is_known_by_its_form() {
        let key = Keys::new_line();
        for secret in [
            "postgres://u:p@h/x",
            "https://token@example.com",
            key.trim(),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "cfw_api_x",
        ] {
            assert!(may_be_secret(secret), "{secret}");
        }
        for shown in [
            "/data/secret.key",
            "https://example.com/",
            "Ada <ada@example.com>",
            "10.0.0.0/8",
        ] {
            assert!(!may_be_secret(shown), "{shown}");
        }
    }

    #[test]
    fn the_path_of_a_sqlite_file_stays() {
        let url = "sqlite://data/curfew.db?mode=SECRET";
        let text = "data/curfew.db: unknown value \"SECRET\" for `mode`";
        assert_eq!(
            hide(text, url),
            "data/curfew.db: unknown value \"…\" for `mode`"
        );
    }
}
