//! The headers every answer carries.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

use crate::state::AppState;

/// For answers that are no page of the app: nothing may run. Pages set their own, with a nonce.
const NOTHING_RUNS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                            form-action 'self'; frame-ancestors 'none'";

static ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Ours see the whole path, so that a form leads back to its page; others see nothing.
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ),
];

/// Adds them. `no-store` unless the handler knows better: what a signed-in user saw must not come
/// out of a cache (ASVS 5.0, 14.3.2).
pub(crate) fn secure(state: &AppState, response: &mut Response) {
    let headers = response.headers_mut();
    // They are never all there is.
    headers.reserve(2 * ALWAYS.len());
    for (name, value) in &ALWAYS {
        headers.insert(name, value.clone());
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, NOTHING_RUNS),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if state.config.https() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}
