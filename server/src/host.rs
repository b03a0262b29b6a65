//! Whom a request names as its host. A page of another site can make its own name lead to this machine (DNS
//! rebinding), and would then be of the same origin as a Curfew that listens here alone: it could make itself owner of a
//! fresh install. Where an operator has said what users type, that is the address, and links carry it.

use std::net::SocketAddr;

use app::{
    error::{AppError, Code},
    pages::error_page::ErrorPage,
};
use axum::{
    extract::{ConnectInfo, Request},
    http::StatusCode,
    response::Response,
};

use crate::{
    authentication::is_trusted,
    error_page::{self, wants_html},
    named_hosts::{is_this_machine, named},
    problem, request_id,
    state::AppState,
};

/// Refuses requests that name another host with 421 (RFC 9110, 15.5.20), where Curfew listens on this machine alone
/// and does not know its public address.
///
/// # Errors
/// The answer.
#[expect(clippy::result_large_err, reason = "the answer of a request")]
pub(crate) fn check(state: &AppState, request: &Request) -> Result<(), Response> {
    let config = &state.config;
    if config.public_url.is_some() || !config.listen.ip().is_loopback() {
        return Ok(());
    }
    match named(request.headers(), request.uri()).find(|host| !is_this_machine(host)) {
        Some(other) if !is_exempt(state, request) => Err(refuse(state, request, &other)),
        _ => Ok(()),
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
