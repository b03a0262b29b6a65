//! The cookies that a request carries.

use accounts::secret::Token;
use app::{
    cookies::{Cookies, Kind},
    flash::Flash,
};
use axum::http::{HeaderMap, header};

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
    /// One of the first two was sent with two values that may both be tokens: neither is believed.
    pub twice: bool,
}

impl RequestCookies {
    pub(super) fn read(headers: &HeaderMap, cookies: &Cookies) -> Self {
        let (mut session, mut remember_me, mut pending_sign_in) =
            (Once::default(), Once::default(), Once::default());
        let (mut known_devices, mut flash) = (Vec::new(), None);
        let mut seen = Vec::with_capacity(KINDS.len());
        each(headers, |name, value| {
            let Some(kind) = KINDS.into_iter().find(|kind| cookies.name(*kind) == name) else {
                return;
            };
            let is_first = !seen.contains(&kind);
            seen.push(kind);
            match kind {
                Kind::Session => session.add(value),
                Kind::RememberMe => remember_me.add(value),
                Kind::PendingSignIn => pending_sign_in.add(value),
                // Of two of these the first counts.
                Kind::KnownDevice if is_first => known_devices = cookies.known_devices(value),
                Kind::Flash if is_first => flash = Flash::from_cookie(value),
                _ => {}
            }
        });
        Self {
            twice: session.twice || remember_me.twice,
            session: session.token(),
            remember_me: remember_me.token(),
            known_devices,
            pending_sign_in: pending_sign_in.token(),
            flash,
            sent: [Kind::Session, Kind::RememberMe]
                .into_iter()
                .filter(|kind| seen.contains(kind))
                .collect(),
        }
    }
}

/// A cookie that stands for one token. Two values that differ stand for none: another site of the same domain may have set
/// one of them, and which comes first says nothing (RFC 6265, 4.2.2).
#[derive(Default)]
struct Once {
    value: Option<String>,
    twice: bool,
}

impl Once {
    /// What has not the shape of a token counts as missing.
    fn add(&mut self, value: &str) {
        match &self.value {
            Some(first) => self.twice |= first != value && Token::presented(value).is_some(),
            None if Token::presented(value).is_some() => self.value = Some(value.to_owned()),
            None => {}
        }
    }

    fn token(self) -> Option<Token> {
        let value = self.value.filter(|_| !self.twice)?;
        Token::presented(&value)
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

/// A cookie by itself, where it has the shape of a token. None where there are two that differ.
pub(crate) fn token_of(headers: &HeaderMap, cookies: &Cookies, kind: Kind) -> Option<Token> {
    let mut found = Once::default();
    each(headers, |name, value| {
        if name == cookies.name(kind) {
            found.add(value);
        }
    });
    found.token()
}

/// Every cookie of a request, in order (RFC 6265, 5.4: what browsers send has no other form).
fn each(headers: &HeaderMap, mut cookie: impl FnMut(&str, &str)) {
    for header in headers.get_all(header::COOKIE) {
        // Another application's cookie may hold any bytes; ours beside it still count.
        let header = String::from_utf8_lossy(header.as_bytes());
        for (name, value) in header.split(';').filter_map(|pair| pair.split_once('=')) {
            cookie(name.trim(), value.trim());
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
        let mut found = Vec::new();
        each(&headers, |name, value| {
            found.push(format!("{name}={value}"));
        });
        assert!(
            found.ends_with(&["a=1".into(), "b=2".into(), "a=3".into()]),
            "{found:?}"
        );
    }

    #[test]
    fn two_tokens_that_differ_are_none() {
        let (one, another) = (Token::random(), Token::random());
        let of = |values: &[&str]| {
            let mut cookie = Once::default();
            for value in values {
                cookie.add(value);
            }
            (
                cookie.twice,
                cookie.token().map(|token| token.expose().to_owned()),
            )
        };
        let (one, another) = (one.expose(), another.expose());
        assert_eq!(of(&[one, one]), (false, Some(one.to_owned())));
        assert_eq!(of(&["short", one]), (false, Some(one.to_owned())));
        assert_eq!(of(&[one, another]), (true, None));
        assert_eq!(of(&[one, another, one]), (true, None));
    }
}
