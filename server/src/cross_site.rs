//! Refusing what another site's page sends with a user's cookies: ours instead of a library's, which takes fetch
//! metadata alone where it is there, compares origins without their scheme, and refuses what browsers send under
//! `Referrer-Policy: no-referrer`.
//!
//! Two things tell where a request comes from, and the stricter decides:
//!
//! - `Sec-Fetch-Site`, which browsers send over https and to this very machine, must be `same-origin` or `none`;
//! - `Origin` must be ours: the public address, whatever `Host` a proxy makes of it, or the host that was asked.
//!
//! A request with neither is a program's. `Origin: null` is what a page sends whose policy is `no-referrer`, ours
//! among them where a proxy has put that policy on our pages. Where fetch metadata vouch for it, it passes. Over plain
//! http, where there are none, only the token of its form can: it is bound to a cookie of the browser and to the user
//! that the form names ([`form_token`](crate::form_token)).

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use url::Url;

use crate::{addresses::FUNCTIONS, form_body::LARGEST, form_token, state::AppState};

const FETCH_SITE: &str = "sec-fetch-site";

/// A request that only the token of its form vouches for: the form says which user it is of, and nothing else does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByFormToken;

/// Where a request comes from.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    Ours,
    /// A page that does not say which; the token of its form may.
    Unsaid,
    /// `Sec-Fetch-Site` says so.
    OtherSite,
    OtherOrigin,
}

/// Lets through what may come from a page of ours or from a program.
///
/// # Errors
/// A bare 403 for anything else.
pub(crate) async fn check(state: &AppState, request: Request) -> Result<Request, Response> {
    if request.method().is_safe() {
        return Ok(request);
    }
    match source(request.headers(), state.config.public_url.as_deref()) {
        Source::Ours => Ok(request),
        Source::Unsaid => Box::pin(with_token(state, request))
            .await
            .map_err(|headers| refuse(state, &headers)),
        Source::OtherSite | Source::OtherOrigin => Err(refuse(state, request.headers())),
    }
}

fn source(headers: &HeaderMap, public: Option<&str>) -> Source {
    let mut sites = headers.get_all(FETCH_SITE).iter().peekable();
    let vouched = sites.peek().is_some();
    if !sites.all(|site| site == "same-origin" || site == "none") {
        return Source::OtherSite;
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return Source::Ours;
    };
    if origins.next().is_some() {
        return Source::OtherOrigin;
    }
    if origin == "null" {
        return if vouched {
            Source::Ours
        } else {
            Source::Unsaid
        };
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let Ok(origin) = origin.to_str() else {
        return Source::OtherOrigin;
    };
    // As browsers write it: nothing needs to be parsed.
    if public.map_or_else(|| is_here(origin, host), |public| public == origin) {
        return Source::Ours;
    }
    let public = public.and_then(|url| Url::parse(url).ok());
    match Url::parse(origin) {
        Ok(origin) if is_ours(&origin, host, public.as_ref(), vouched) => Source::Ours,
        _ => Source::OtherOrigin,
    }
}

/// Whether it is exactly the host that was asked, by plain http.
fn is_here(origin: &str, host: Option<&str>) -> bool {
    let named = |host: &str| {
        let of_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
        !host.is_empty() && host.bytes().all(of_a_host)
    };
    host.is_some_and(|host| named(host) && origin.strip_prefix("http://") == Some(host))
}

/// Parsed, so that capitals, a default port and a slash at the end make no difference.
fn is_ours(origin: &Url, host: Option<&str>, public: Option<&Url>, vouched: bool) -> bool {
    if let Some(public) = public {
        if public.origin() == origin.origin() {
            return true;
        }
        // Our own host, by a scheme that is not ours: what is sent over plain http anyone on the way can write.
        if public.host() == origin.host() && public.scheme() != origin.scheme() {
            return false;
        }
    }
    let here = host.and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
    // This program speaks plain http. That a proxy speaks https in front of it, only the browser knows.
    let by_our_scheme = origin.scheme() == "http" || (origin.scheme() == "https" && vouched);
    by_our_scheme && here.is_some_and(|here| here.origin() == origin.origin())
}

/// The request, marked, when it is a form of ours with a token that fits. Otherwise its headers.
async fn with_token(state: &AppState, request: Request) -> Result<Request, HeaderMap> {
    let path = request.uri().path();
    let is_form = path.starts_with(FUNCTIONS) || path == "/sign-out";
    let (mut parts, body) = request.into_parts();
    if !is_form {
        return Err(parts.headers);
    }
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Err(parts.headers);
    };
    if !form_token::fits(state, &parts.headers, &body) {
        return Err(parts.headers);
    }
    parts.extensions.insert(ByFormToken);
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Says in the log what differs, because behind a proxy it is mostly a setting. The answer's text is written above.
fn refuse(state: &AppState, headers: &HeaderMap) -> Response {
    let value = |name| {
        let value = headers
            .get(name)
            .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
        value
            .unwrap_or_default()
            .chars()
            .take(200)
            .collect::<String>()
    };
    let (origin, host, site) = (
        value(header::ORIGIN),
        value(header::HOST),
        value(header::HeaderName::from_static(FETCH_SITE)),
    );
    let public_url = state.config.public_url.as_deref().unwrap_or("not set");
    tracing::warn!(
        ?origin,
        public_url,
        ?host,
        sec_fetch_site = ?site,
        "a form was refused as coming from another site: its Origin has to be CURFEW_PUBLIC_URL, or the Host that was asked"
    );
    StatusCode::FORBIDDEN.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://curfew.example";

    /// Judges a request that carries these headers.
    fn judged(public: Option<&str>, carries: &[(&'static str, &str)]) -> Source {
        let mut headers = HeaderMap::new();
        for (name, value) in carries {
            headers.append(*name, value.parse().unwrap());
        }
        source(&headers, public)
    }

    #[test]
    fn the_public_address_is_ours_however_it_is_written_and_whatever_host_says() {
        for origin in [
            "https://curfew.example",
            "https://curfew.example:443",
            "https://Curfew.Example",
            "HTTPS://CURFEW.EXAMPLE/",
            "https://curfew.example/",
        ] {
            for host in ["curfew.example", "127.0.0.1:3000", "curfew.internal"] {
                let carries = [("origin", origin), ("host", host)];
                assert_eq!(
                    judged(Some(PUBLIC), &carries),
                    Source::Ours,
                    "{origin} {host}"
                );
            }
        }
    }

    #[test]
    fn the_scheme_counts() {
        let plain = [
            ("origin", "http://curfew.example"),
            ("host", "curfew.example"),
        ];
        assert_eq!(judged(Some(PUBLIC), &plain), Source::OtherOrigin);
        assert_eq!(judged(None, &plain), Source::Ours);
        let public = Some("http://curfew.example");
        let secure = [
            ("origin", "https://curfew.example"),
            ("host", "curfew.example"),
        ];
        assert_eq!(judged(public, &secure), Source::OtherOrigin);
        // Without a public address only the browser knows whether a proxy speaks https.
        assert_eq!(judged(None, &secure), Source::OtherOrigin);
        let vouched = [secure[0], secure[1], ("sec-fetch-site", "same-origin")];
        assert_eq!(judged(None, &vouched), Source::Ours);
    }

    #[test]
    fn the_stricter_of_the_two_decides() {
        let ours = ("origin", PUBLIC);
        for site in ["cross-site", "same-site", "", "Same-Origin"] {
            let carries = [ours, ("sec-fetch-site", site)];
            assert_eq!(judged(Some(PUBLIC), &carries), Source::OtherSite, "{site}");
        }
        let twice = [
            ours,
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ];
        assert_eq!(judged(Some(PUBLIC), &twice), Source::OtherSite);
        for origin in [
            "https://evil.example",
            "https://curfew.example.evil.example",
            "https://curfew.example:8443",
            "https://evil.example/curfew.example",
            "curfew.example",
            "",
        ] {
            let carries = [
                ("origin", origin),
                ("sec-fetch-site", "same-origin"),
                ("host", "curfew.example"),
            ];
            assert_eq!(
                judged(Some(PUBLIC), &carries),
                Source::OtherOrigin,
                "{origin}"
            );
        }
        let both = [ours, ("origin", "https://evil.example")];
        assert_eq!(judged(Some(PUBLIC), &both), Source::OtherOrigin);
    }

    #[test]
    fn a_page_that_does_not_say_which_it_is_needs_fetch_metadata_or_a_token() {
        let null = ("origin", "null");
        assert_eq!(judged(Some(PUBLIC), &[null]), Source::Unsaid);
        let vouched = [null, ("sec-fetch-site", "same-origin")];
        assert_eq!(judged(Some(PUBLIC), &vouched), Source::Ours);
        let other = [null, ("sec-fetch-site", "cross-site")];
        assert_eq!(judged(Some(PUBLIC), &other), Source::OtherSite);
        assert_eq!(judged(Some(PUBLIC), &[]), Source::Ours);
    }
}
