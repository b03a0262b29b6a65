//! Whether a request is a browser going somewhere, or a script, a stream or a frame asking for something.

use axum::http::{HeaderMap, Method};

use crate::error_page::wants_html;

/// Whether a browser's window goes to this address. Without fetch metadata, which browsers leave out over plain http,
/// what it accepts says so.
pub(super) fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: &str, what: &[&str]| {
        headers
            .get(name)
            .map(|value| what.iter().any(|what| value.as_bytes() == what.as_bytes()))
    };
    [Method::GET, Method::POST].contains(method)
        && says("sec-fetch-mode", &["navigate"]).unwrap_or_else(|| wants_html(headers))
        && says("sec-fetch-dest", &["document"]).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        is_navigation(&Method::GET, &map)
    }

    #[test]
    fn a_window_navigates_and_a_script_a_frame_and_a_stream_do_not() {
        let html = ("accept", "text/html,*/*;q=0.8");
        let goes = ("sec-fetch-mode", "navigate");
        assert!(asked(&[html, goes, ("sec-fetch-dest", "document")]));
        assert!(asked(&[html, goes]));
        assert!(asked(&[html]), "over plain http");
        for other in [
            &[html, goes, ("sec-fetch-dest", "iframe")][..],
            &[html, ("sec-fetch-mode", "cors")],
            &[
                html,
                ("sec-fetch-mode", "no-cors"),
                ("sec-fetch-dest", "image"),
            ],
            &[("accept", "text/event-stream")],
            &[("accept", "*/*")],
            &[],
        ] {
            assert!(!asked(other), "{other:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/html"));
        assert!(is_navigation(&Method::POST, &headers));
        assert!(!is_navigation(&Method::HEAD, &headers));
    }
}
