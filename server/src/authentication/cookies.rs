//! The cookies that a request carries.

use accounts::secret::Token;
use app::{
    cookies::{Cookies, Kind},
    flash::Flash,
};
use axum::http::{HeaderMap, header};
use cookie::Cookie;

/// What a request's cookies say. Those that do not have the shape of a token count as missing.
pub(super) struct RequestCookies {
    pub session: Option<Token>,
    pub remember_me: Option<Token>,
    /// One for each user who has signed in on this browser.
    pub known_devices: Vec<Token>,
    pub pending_sign_in: Option<Token>,
    pub flash: Option<Flash>,
    /// Those of the first two that were sent, with or without the shape of a token.
    pub sent: Vec<Kind>,
}

impl RequestCookies {
    pub(super) fn read(headers: &HeaderMap, cookies: &Cookies) -> Self {
        let value = |kind| value_of(headers, cookies.name(kind));
        let token = |kind| value(kind).and_then(|text| Token::presented(&text));
        let sent = |kind: &Kind| value(*kind).is_some();
        Self {
            session: token(Kind::Session),
            remember_me: token(Kind::RememberMe),
            known_devices: value(Kind::KnownDevice)
                .map(|text| cookies.known_devices(&text))
                .unwrap_or_default(),
            pending_sign_in: token(Kind::PendingSignIn),
            flash: value(Kind::Flash).and_then(|text| Flash::from_cookie(&text)),
            sent: [Kind::Session, Kind::RememberMe]
                .into_iter()
                .filter(sent)
                .collect(),
        }
    }
}

/// The session cookie by itself, for what neither starts a session nor counts as using one.
pub(crate) fn session_token(headers: &HeaderMap, cookies: &Cookies) -> Option<Token> {
    token_of(headers, cookies, Kind::Session)
}

/// A cookie by itself, where it has the shape of a token.
pub(crate) fn token_of(headers: &HeaderMap, cookies: &Cookies, kind: Kind) -> Option<Token> {
    Token::presented(&value_of(headers, cookies.name(kind))?)
}

/// A cookie's value, as the request carries it.
fn value_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        // Another application's cookie may hold any bytes; ours beside it still count.
        .map(|header| String::from_utf8_lossy(header.as_bytes()))
        .find_map(|header| {
            Cookie::split_parse(header.as_ref())
                .filter_map(Result::ok)
                .find(|cookie| cookie.name() == name)
                .map(|cookie| cookie.value().to_owned())
        })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_beside_any_other() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_bytes(b"other=\xff\xfe; a=1").unwrap(),
        );
        headers.append(header::COOKIE, HeaderValue::from_static("b=2; a=3"));
        assert_eq!(value_of(&headers, "a").as_deref(), Some("1"));
        assert_eq!(value_of(&headers, "b").as_deref(), Some("2"));
        assert_eq!(value_of(&headers, "c"), None);
    }
}
