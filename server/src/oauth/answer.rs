//! What a browser takes back to its application: the code or the error, the state, and `iss`, so that an application of many
//! providers knows whose answer it is (RFC 9207).

use axum::response::Response;
use form_urlencoded::Serializer;

use super::request::Trusted;
use crate::{redirects::see_other, state::AppState};

/// Back to the application with a code.
pub(super) fn code(state: &AppState, to: &Trusted, code: &str) -> Response {
    lead(state, to, &[("code", code)])
}

/// Back to the application with an error (RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6).
pub(super) fn error(state: &AppState, to: &Trusted, error: &str, why: &str) -> Response {
    lead(state, to, &[("error", error), ("error_description", why)])
}

fn lead(state: &AppState, to: &Trusted, answer: &[(&str, &str)]) -> Response {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(answer);
    if let Some(state) = &to.state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", &state.config.public_url());
    see_other(&with_query(&to.redirect, &query.finish()))
}

/// An address with more in its query. It has no fragment.
pub(super) fn with_query(address: &str, more: &str) -> String {
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{address}{joint}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_own_query() {
        assert_eq!(with_query("https://a/cb", "x=1"), "https://a/cb?x=1");
        assert_eq!(
            with_query("https://a/cb?t=2", "x=1"),
            "https://a/cb?t=2&x=1"
        );
        assert_eq!(with_query("https://a/cb?", "x=1"), "https://a/cb?x=1");
        assert_eq!(with_query("com.example:/cb", "x=1"), "com.example:/cb?x=1");
    }
}
