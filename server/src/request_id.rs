//! Every request has a number of its own: in the log, in the answer, on the error page.

use std::time::Instant;

use accounts::time::Moment;
use axum::{
    extract::{MatchedPath, Request},
    http::{Extensions, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, field::Empty, info_span};

use crate::{addresses, metrics};

/// The number, as handlers find it in the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The number of a request; empty for one that has none, which only a test makes.
pub(crate) fn of(extensions: &Extensions) -> String {
    let id = extensions.get::<RequestId>();
    id.map(|id| id.0.clone()).unwrap_or_default()
}

/// Gives the request its number and logs how it went: the matched route and the function or page of the list of
/// addresses, never the address itself, which may hold what a user typed. Known before the database is asked, so that
/// the lines of an outage have them too. Authentication adds to every line who asked.
pub async fn number(mut request: Request, next: Next) -> Response {
    let id = Moment::now().id();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let matched = route.clone();
    let path = request.uri().path();
    let listed = addresses::find(path);
    let function = listed.and_then(|address| match address.path {
        "/sign-out" => Some("sign_out"),
        _ => address.function_name(),
    });
    let page = listed.filter(|address| address.is_page());
    let page = page.map(|address| address.path);
    let span = info_span!(
        "request",
        request_id = id,
        method = %request.method(),
        route,
        function,
        page,
        user = Empty,
        session = Empty,
        token = Empty,
        code = Empty,
    );
    request.extensions_mut().insert(RequestId(id.clone()));
    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, ms) = (response.status().as_u16(), start.elapsed().as_millis());
    span.in_scope(|| tracing::info!(status, ms, "request answered"));
    let address = listed.or_else(|| addresses::find(&matched));
    metrics::request(
        address.map_or("other", |address| address.path),
        status,
        start,
    );
    if status == 200 && matched.starts_with("/api/v1/") && matched.ends_with("remote-logout") {
        metrics::remote_logout("api", start);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}
