//! OpenTelemetry: what a request took its time for. Spans of a target of their own, at a level that is off: without a
//! collector each costs one comparison, and without the feature `traces` the exporter is not even compiled.

#[cfg(feature = "traces")]
pub(crate) mod exporter;

use accounts::db::TRACES;
use axum::{extract::Request, http::StatusCode};
use tracing::{
    Span,
    field::{Empty, display},
    trace_span,
};

/// The span of a request, named and described as OpenTelemetry's conventions for HTTP say; `route` is an entry of the list of
/// addresses or what was matched, never the address itself. It continues the trace of a `traceparent`
/// (<https://www.w3.org/TR/trace-context/>).
pub(crate) fn of_request(request: &Request, route: Option<&str>, id: &str) -> Span {
    let span = trace_span!(
        target: TRACES,
        "request",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = Empty,
        http.route = Empty,
        http.response.status_code = Empty,
        curfew.request_id = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    // Any word can be sent as a method.
    let (method, called) = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH") => {
            (known, known)
        }
        _ => ("_OTHER", "HTTP"),
    };
    span.record("http.request.method", method);
    if let Some(route) = route {
        span.record("otel.name", display(format_args!("{called} {route}")));
        span.record("http.route", route);
    } else {
        span.record("otel.name", called);
    }
    span.record("curfew.request_id", id);
    #[cfg(feature = "traces")]
    exporter::continues(&span, request.headers());
    span
}

/// Says how it went. A refusal is the client's error, and none of this span.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
