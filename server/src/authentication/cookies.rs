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
        let mut read = Self {
            session: None,
            remember_me: None,
            known_devices: Vec::new(),
            pending_sign_in: None,
            flash: None,
            sent: Vec::new(),
        };
        let mut seen = Vec::with_capacity(KINDS.len());
        each(headers, |name, value| {
            let kind = KINDS.into_iter().find(|kind| cookies.name(*kind) == name);
            // Of two with one name the first counts.
            let Some(kind) = kind.filter(|kind| !seen.contains(kind)) else {
                return;
            };
            seen.push(kind);
            match kind {
                Kind::Session => read.session = Token::presented(value),
                Kind::RememberMe => read.remember_me = Token::presented(value),
                Kind::KnownDevice => read.known_devices = cookies.known_devices(value),
                Kind::PendingSignIn => read.pending_sign_in = Token::presented(value),
                Kind::Flash => read.flash = Flash::from_cookie(value),
                Kind::Receipt | Kind::Form | Kind::Theme => {}
            }
        });
        read.sent = [Kind::Session, Kind::RememberMe]
            .into_iter()
            .filter(|kind| seen.contains(kind))
            .collect();
        read
    }
}

/// What [`RequestCookies`] holds.
const KINDS: [Kind; 5] = [
    Kind::Session,
    Kind::RememberMe,
    Kind::KnownDevice,
    Kind::PendingSignIn,
    Kind::Flash,
];

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
    let mut found = None;
    each(headers, |named, value| {
        if found.is_none() && named == name {
            found = Some(value.to_owned());
        }
    });
    found
}

/// Every cookie of a request, in order.
fn each(headers: &HeaderMap, mut cookie: impl FnMut(&str, &str)) {
    for header in headers.get_all(header::COOKIE) {
        // Another application's cookie may hold any bytes; ours beside it still count.
        let header = String::from_utf8_lossy(header.as_bytes());
        for parsed in Cookie::split_parse(header.as_ref()).filter_map(Result::ok) {
            cookie(parsed.name(), parsed.value());
        }
    }
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
