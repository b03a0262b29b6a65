//! Every request has a number of its own: in the log, in the answer, on the error page.

use std::time::Instant;

use accounts::time::Moment;
use axum::{
    extract::{MatchedPath, Request},
    http::{Extensions, HeaderName, HeaderValue},
    response::Response,
};
use tracing::{Span, field::Empty, info_span};

use crate::{
    addresses::{self, Address},
    metrics, traces,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The number, as handlers find it in the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The number of a request; empty for one that has none, which only a test makes.
pub(crate) fn of(extensions: &Extensions) -> String {
    let id = extensions.get::<RequestId>();
    id.map(|id| id.0.clone()).unwrap_or_default()
}

/// A request that has its number, and of which the log will say how it went: the matched route and the function or page of
/// the list of addresses, never the address itself, which may hold what a user typed. Known before the database is asked, so
/// that the lines of an outage have them too. Authentication adds to every line who asked.
pub(crate) struct Numbered {
    id: String,
    matched: Option<MatchedPath>,
    listed: Option<&'static Address>,
    span: Span,
    /// What traces know of it.
    traced: Span,
    start: Instant,
}

impl Numbered {
    /// Gives the request its number.
    pub(crate) fn begin(request: &mut Request) -> Self {
        let start = Instant::now();
        let id = Moment::now().id();
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let listed = addresses::find(request.uri().path());
        let function = listed.and_then(|address| match address.path {
            "/sign-out" => Some("sign_out"),
            _ => address.function_name(),
        });
        let page = listed.filter(|address| address.is_page());
        let matched_path = matched.as_ref().map(MatchedPath::as_str);
        let span = info_span!(
            "request",
            request_id = id,
            method = request.method().as_str(),
            route = matched_path.unwrap_or("-"),
            function,
            page = page.map(|address| address.path),
            user = Empty,
            session = Empty,
            token = Empty,
            code = Empty,
        );
        let route = listed.map(|address| address.path).or(matched_path);
        let traced = traces::of_request(request, route, &id);
        request.extensions_mut().insert(RequestId(id.clone()));
        Self {
            id,
            matched,
            listed,
            span,
            traced,
            start,
        }
    }

    /// What every line of the request is said in.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The span in a trace, within which is what the request waits for.
    pub(crate) fn traced(&self) -> Span {
        self.traced.clone()
    }

    /// Says how it went, and gives the answer its number.
    pub(crate) fn answered(self, mut response: Response) -> Response {
        let start = self.start;
        let (status, ms) = (response.status().as_u16(), start.elapsed().as_millis());
        self.span
            .in_scope(|| tracing::info!(status, ms, "request answered"));
        traces::answered(&self.traced, response.status());
        let matched = self.matched.as_ref().map_or("", MatchedPath::as_str);
        let address = self.listed.or_else(|| addresses::find(matched));
        metrics::request(
            address.map_or("other", |address| address.path),
            status,
            start,
        );
        if status == 200 && matched.starts_with("/api/v1/") && matched.ends_with("remote-logout") {
            metrics::remote_logout("api", start);
        }
        if let Ok(value) = HeaderValue::try_from(self.id) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        response
    }
}
