//! `/metrics`: figures for Prometheus, where the operator has said who may read them.

mod gauges;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{metrics, state::AppState};

/// Where they are.
pub const METRICS: &str = "/metrics";

/// The version of the text format that Prometheus reads.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The route where users are: 404 without a token of its own, because anyone could ask.
pub async fn at_the_public_address(State(state): State<AppState>, headers: HeaderMap) -> Response {
    match &state.config.metrics_token {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(token) if presents(&headers, token.expose()) => text(&state).await,
        Some(_) => {
            let asks = [(header::WWW_AUTHENTICATE, "Bearer")];
            (StatusCode::UNAUTHORIZED, asks).into_response()
        }
    }
}

/// What answers on an address of its own. Where a token is set it is asked for there, too.
pub fn router_of_its_own(state: AppState) -> Router {
    Router::new()
        .route(METRICS, get(at_its_own_address))
        .with_state(state)
}

async fn at_its_own_address(State(state): State<AppState>, headers: HeaderMap) -> Response {
    match &state.config.metrics_token {
        None => text(&state).await,
        Some(_) => at_the_public_address(State(state), headers).await,
    }
}

async fn text(state: &AppState) -> Response {
    let Some(handle) = metrics::handle() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    gauges::set(state).await;
    ([(header::CONTENT_TYPE, TEXT)], handle.render()).into_response()
}

fn presents(headers: &HeaderMap, token: &str) -> bool {
    let presented = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    presented.is_some_and(|(_, presented)| is_same(presented.trim(), token))
}

/// Takes as long wherever they differ.
fn is_same(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    one.len() == other.len() && pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
