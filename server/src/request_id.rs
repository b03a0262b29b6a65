//! Every request has a number of its own: in the log, in the answer, on the error page.

use std::time::Instant;

use accounts::time::Moment;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, info_span};

/// The number, as handlers find it in the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives the request its number and logs how it went: the matched route, never the address itself,
/// which may hold what somebody typed.
pub async fn number(mut request: Request, next: Next) -> Response {
    let id = Moment::now().id();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let span = info_span!("request", id, method = %request.method(), route);
    request.extensions_mut().insert(RequestId(id.clone()));
    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, ms) = (response.status().as_u16(), start.elapsed().as_millis());
    span.in_scope(|| tracing::info!(status, ms, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}
