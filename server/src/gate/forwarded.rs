//! The request that a proxy asks about, as its headers say it.
//!
//! They are text that anyone can write, so they are read from a trusted peer only, and each must be there once: a list
//! would hold what a client wrote beside what the proxy did.

use std::{fmt, net::SocketAddr};

use accounts::secret::Token;
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, Method, header, request::Parts},
};
use cookie::Cookie;
use url::Url;

use crate::{authentication::is_trusted, error_page::wants_html, state::AppState};

/// The gate's cookies on an application's host. Over https they carry the `__Host-` prefix (RFC 6265bis, 4.1.3), so that
/// neither a sibling host nor a plain-http page sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GateCookie {
    /// Good as long as the session that it was handed over from.
    Session,
    /// Says which browser began a hand-over.
    Begun,
}

impl GateCookie {
    fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-curfew_gate",
            (Self::Session, false) => "curfew_gate",
            (Self::Begun, true) => "__Host-curfew_gate_begun",
            (Self::Begun, false) => "curfew_gate_begun",
        }
    }
}

/// The host that a browser named, as the proxy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    pub https: bool,
    /// As applications are registered: lower case, with the port where that is not the scheme's.
    pub host: String,
}

/// A request for an application.
#[derive(Debug)]
pub(super) struct Forwarded {
    pub site: Site,
    /// Path and query as they were sent.
    pub address: String,
    pub method: Method,
    /// Whether the browser's window goes there.
    pub navigates: bool,
    pub is_preflight: bool,
    pub cookie: Option<Token>,
}

/// Why a request of a proxy is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Its peer is no trusted proxy.
    NotTrusted,
    /// A header is missing, is there more than once, or cannot be read.
    Header(&'static str),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTrusted => f.write_str("its address is not in CURFEW_TRUSTED_PROXIES"),
            Self::Header(name) => {
                write!(
                    f,
                    "{name} is missing, is there more than once, or cannot be read"
                )
            }
        }
    }
}

const HOST: &str = "x-forwarded-host";
const PROTO: &str = "x-forwarded-proto";
const METHOD: &str = "x-forwarded-method";
const ADDRESS: &str = "x-forwarded-uri";

impl Site {
    /// The site that a trusted peer passes a browser's own request for: by `Host`, unless it says more.
    pub(super) fn of(parts: &Parts, state: &AppState) -> Result<Self, Unreadable> {
        trusted(parts, state)?;
        let host = if parts.headers.contains_key(HOST) {
            once(&parts.headers, HOST)?
        } else {
            once(&parts.headers, "host")?
        };
        Self::read(once(&parts.headers, PROTO)?, host)
    }

    fn read(proto: &str, host: &str) -> Result<Self, Unreadable> {
        let https = match proto.to_ascii_lowercase().as_str() {
            // Traefik says this of a WebSocket.
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return Err(Unreadable::Header("X-Forwarded-Proto")),
        };
        let bad = Unreadable::Header("X-Forwarded-Host");
        if host.contains(['/', '\\', '@', '?', '#', ',', ' ']) {
            return Err(bad);
        }
        let scheme = if https { "https" } else { "http" };
        let url = Url::parse(&format!("{scheme}://{host}/")).map_err(|_| bad)?;
        let name = url.host_str().ok_or(bad)?;
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        Ok(Self { https, host })
    }

    /// `https://wiki.example.com`
    pub(super) fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }

    /// One of the gate's cookies that the browser sent to this site, where it has the shape of a token.
    pub(super) fn cookie(&self, headers: &HeaderMap, which: GateCookie) -> Option<Token> {
        let name = which.name(self.https);
        let values = headers.get_all(header::COOKIE).iter();
        let text = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        text.flat_map(|text| {
            let cookies = Cookie::split_parse(text).filter_map(Result::ok);
            let named = cookies.filter(|cookie| cookie.name() == name);
            named
                .map(|cookie| cookie.value().to_owned())
                .collect::<Vec<_>>()
        })
        .find_map(|value| Token::presented(&value))
    }

    /// The header that sets one of them, for so many seconds or until the browser ends.
    pub(super) fn set(&self, which: GateCookie, value: &Token, seconds: Option<i64>) -> String {
        let mut cookie = Cookie::build((which.name(self.https), value.expose().to_owned()))
            .path("/")
            .http_only(true)
            .same_site(cookie::SameSite::Lax)
            .secure(self.https);
        if let Some(seconds) = seconds {
            cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
        }
        cookie.build().to_string()
    }
}

impl Forwarded {
    /// Reads it from what a trusted peer sends.
    pub(super) fn read(parts: &Parts, state: &AppState) -> Result<Self, Unreadable> {
        trusted(parts, state)?;
        let headers = &parts.headers;
        let site = Site::read(once(headers, PROTO)?, once(headers, HOST)?)?;
        let address = once(headers, ADDRESS)?;
        if !address.starts_with('/') {
            return Err(Unreadable::Header("X-Forwarded-Uri"));
        }
        let method: Method = once(headers, METHOD)?
            .parse()
            .map_err(|_| Unreadable::Header("X-Forwarded-Method"))?;
        let is_preflight = method == Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let navigates = match headers.get("sec-fetch-mode") {
            Some(mode) => mode.as_bytes() == b"navigate",
            // Browsers leave it out over plain http.
            None => method == Method::GET && wants_html(headers),
        };
        Ok(Self {
            cookie: site.cookie(headers, GateCookie::Session),
            site,
            address: address.to_owned(),
            method,
            navigates,
            is_preflight,
        })
    }

    /// Whether it counts as using the session: a navigation or a write. A page that asks by itself does not keep a
    /// session alive.
    pub(super) fn is_use(&self) -> bool {
        let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        self.navigates || writes.contains(&self.method)
    }

    /// Where its browser signs in: on the application's host.
    pub(super) fn sign_in(&self) -> String {
        let to: String = form_urlencoded::byte_serialize(self.address.as_bytes()).collect();
        format!("{}{}?to={to}", self.site.origin(), super::BEGIN)
    }
}

fn trusted(parts: &Parts, state: &AppState) -> Result<(), Unreadable> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip().to_canonical());
    if peer.is_some_and(|peer| is_trusted(&peer, &state.config.trusted_proxies)) {
        return Ok(());
    }
    state.warned.gate.call_once(|| {
        tracing::warn!(
            ?peer,
            "a request for the gate was refused: its peer is not in CURFEW_TRUSTED_PROXIES"
        );
    });
    Err(Unreadable::NotTrusted)
}

/// A header that must be there once, as text.
fn once<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Unreadable> {
    let missing = Unreadable::Header(match name {
        HOST => "X-Forwarded-Host",
        PROTO => "X-Forwarded-Proto",
        METHOD => "X-Forwarded-Method",
        ADDRESS => "X-Forwarded-Uri",
        other => other,
    });
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(missing)?;
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| missing)?;
    if values.next().is_some() || text.is_empty() {
        return Err(missing);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(proto: &str, host: &str) -> Option<String> {
        Site::read(proto, host).ok().map(|site| site.host)
    }

    #[test]
    fn a_host_is_read_as_applications_are_registered() {
        for (proto, written, read) in [
            ("https", "wiki.example.com", "wiki.example.com"),
            ("https", "WIKI.Example.com:443", "wiki.example.com"),
            ("https", "wiki.example.com:8443", "wiki.example.com:8443"),
            ("http", "wiki.example.com:80", "wiki.example.com"),
            ("wss", "bücher.example", "xn--bcher-kva.example"),
            ("http", "127.0.0.1:3001", "127.0.0.1:3001"),
            ("HTTPS", "[::1]:8443", "[::1]:8443"),
        ] {
            assert_eq!(host(proto, written).as_deref(), Some(read), "{written}");
        }
        for (proto, written) in [
            ("https", ""),
            ("https", "a.example, b.example"),
            ("https", "a.example/x"),
            ("https", "user@a.example"),
            ("https", "a.example:x"),
            ("ftp", "a.example"),
            ("", "a.example"),
        ] {
            assert_eq!(host(proto, written), None, "{proto} {written}");
        }
    }
}
