//! Whom a request names as its host. A page of another site can make its own name lead to this machine (DNS
//! rebinding), and would then be of the same origin as a Curfew that listens here alone: it could make itself owner of a
//! fresh install. Where an operator has said what users type, that is the address, and links carry it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use app::{
    error::{AppError, Code},
    pages::error_page::ErrorPage,
};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};

use crate::{
    authentication::is_trusted,
    error_page::{self, wants_html},
    problem, request_id,
    state::AppState,
};

/// Answers requests that name another host with 421 (RFC 9110, 15.5.20), where Curfew listens on this machine alone
/// and does not know its public address.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let config = &state.config;
    let any = config.public_url.is_some() || !config.listen.ip().is_loopback();
    if any || is_exempt(&state, &request) {
        return next.run(request).await;
    }
    let named = named(request.headers(), request.uri());
    match named.iter().find(|host| !is_this_machine(host)) {
        None => next.run(request).await,
        Some(other) => refuse(&state, &request, other),
    }
}

/// What machines ask, by whatever name they have for this one: health and metrics, which hold nothing of users, and
/// the checks of a proxy that is trusted, which are about other hosts.
fn is_exempt(state: &AppState, request: &Request) -> bool {
    let path = request.uri().path();
    if ["/healthz", "/readyz", "/metrics"].contains(&path) {
        return true;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    ["/gate/", "/.curfew/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
        && peer.is_some_and(|ConnectInfo(peer)| {
            is_trusted(&peer.ip().to_canonical(), &state.config.trusted_proxies)
        })
}

/// The hosts that a request names. A browser names one; a program of before HTTP/1.1 none.
pub(crate) fn named(headers: &HeaderMap, uri: &Uri) -> Vec<String> {
    let headers = headers.get_all(header::HOST).iter();
    let headers = headers.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    let target = uri.authority().map(|host| host.as_str().to_owned());
    headers.chain(target).collect()
}

/// Whether a host is a name of this machine that no name server can give to another site: RFC 6761, 6.3, and
/// addresses.
pub(crate) fn is_this_machine(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let Some((ip, port)) = rest.split_once(']') else {
            return false;
        };
        let ip = ip.parse::<Ipv6Addr>();
        return is_port(port) && ip.is_ok_and(|ip| ip.to_canonical().is_loopback());
    }
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let local = name == "localhost"
        || (name.ends_with(".localhost") && name.chars().all(of_a_name))
        || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    local && is_port(port)
}

/// Nothing, or a colon and a number.
fn is_port(text: &str) -> bool {
    let port = text.strip_prefix(':');
    text.is_empty() || port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn refuse(state: &AppState, request: &Request, host: &str) -> Response {
    let host: String = host.chars().take(100).collect();
    state.warned.host.call_once(|| {
        tracing::warn!(
            ?host,
            "CURFEW_PUBLIC_URL is not set, so only names of this machine are answered: a request for another host was refused"
        );
    });
    let id = request_id::of(request.extensions());
    if wants_html(request.headers()) {
        let status = StatusCode::MISDIRECTED_REQUEST;
        let theme = error_page::theme_of(state, request.headers());
        return error_page::html(state, theme, ErrorPage::AnotherHost, status, &id);
    }
    let error = AppError::new(
        Code::Misdirected,
        "This Curfew answers to names of its own machine only, because CURFEW_PUBLIC_URL is not set.",
    );
    problem::written(error, &id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_told_from_others() {
        for ours in [
            "localhost",
            "LOCALHOST:3000",
            "localhost.",
            "curfew.localhost:3000",
            "127.0.0.1",
            "127.0.0.1:3000",
            "127.8.9.10:80",
            "[::1]",
            "[::1]:3000",
            "[0:0:0:0:0:0:0:1]:3000",
            "[::ffff:127.0.0.1]:3000",
        ] {
            assert!(is_this_machine(ours), "{ours}");
        }
        for other in [
            "",
            "evil.example",
            "evil.example:3000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "evil.example/.localhost",
            "evil.example#.localhost",
            "localhost:3000.evil.example",
            "localhost@evil.example",
            "192.168.1.7:3000",
            "0.0.0.0:3000",
            "128.0.0.1",
            "[::]:3000",
            "[2001:db8::1]",
            "[::1",
            "[::1].evil.example",
            "::1",
        ] {
            assert!(!is_this_machine(other), "{other}");
        }
    }
}
