//! The gate: what a reverse proxy asks before each request for an application behind it, and how a sign-in reaches the
//! application's host.
//!
//! `/gate/verify` is for nginx' `auth_request`, `/gate/forward` for Caddy and Traefik; both only answer peers that are
//! trusted proxies, because what they say of the browser's request is believed. `/.curfew/…` is on the application's own
//! host: the proxy passes it here.

mod answers;
mod begin;
mod forwarded;
mod hand_over;
mod remote_user;

use app::pages::{
    error_page::Frame,
    gate_page::{GatePage, page},
};
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

pub(crate) use answers::{forward, verify};
pub(crate) use begin::{begin, finish};
pub(crate) use hand_over::sign_in;

/// Asked by nginx.
pub const VERIFY: &str = "/gate/verify";
/// Asked by Caddy and Traefik.
pub const FORWARD: &str = "/gate/forward";
/// On Curfew's host: gives a signed-in browser a code for the application's.
pub const SIGN_IN: &str = "/gate/sign-in";
/// On the application's host: where a sign-in begins, and where it comes back to.
pub const BEGIN: &str = "/.curfew/sign-in";
pub const FINISH: &str = "/.curfew/finish";

/// A page that says what the gate has to say, with its status.
fn say(status: StatusCode, frame: &Frame, what: GatePage) -> Response {
    let refresh = match &what {
        GatePage::GoingOn { to, .. } => Some(format!("0; url={to}")),
        _ => None,
    };
    let mut response = (status, Html(page(frame, what))).into_response();
    if let Some(Ok(refresh)) = refresh.map(|refresh| refresh.parse()) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}
