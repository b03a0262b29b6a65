//! The built files of the browser side, inside the binary; in a development build, read from disk.

use std::collections::BTreeMap;

use app::Assets;
use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

/// The names of the files as `cargo xtask web` has built them. None when it has not.
#[must_use]
pub fn built() -> Option<Assets> {
    let manifest = Site::get("manifest.json")?;
    let names: BTreeMap<String, String> = serde_json::from_slice(&manifest.data).ok()?;
    let name = |key: &str| names.get(key).cloned();
    Some(Assets {
        js: name("js")?,
        wasm: name("wasm")?,
        css: name("css")?,
        guard: name("guard")?,
        tabs: name("tabs")?,
        drafts: name("drafts")?,
        times: name("times")?,
        forms: name("forms")?,
    })
}

/// A file whose name carries its hash: it may be kept for ever.
pub async fn hashed(Path(file): Path<String>, headers: HeaderMap) -> Response {
    if file.contains(['/', '\\']) {
        // Decoded after routing; a development build would look for it on the disk.
        return StatusCode::NOT_FOUND.into_response();
    }
    file_response(
        &format!("pkg/{file}"),
        "public, max-age=31536000, immutable",
        &headers,
    )
}

/// `/favicon.svg` and `/robots.txt`: names that must stay.
pub async fn favicon(headers: HeaderMap) -> Response {
    file_response("favicon.svg", "public, max-age=86400", &headers)
}

/// See [`favicon`].
pub async fn robots(headers: HeaderMap) -> Response {
    file_response("robots.txt", "public, max-age=86400", &headers)
}

fn file_response(path: &str, keep: &'static str, headers: &HeaderMap) -> Response {
    let compressed = ["br", "gzip"]
        .into_iter()
        .filter(|encoding| accepts(headers, encoding))
        .find_map(|encoding| {
            let ending = if encoding == "gzip" { "gz" } else { encoding };
            Some((Site::get(&format!("{path}.{ending}"))?, Some(encoding)))
        });
    let Some((file, encoding)) = compressed.or_else(|| Some((Site::get(path)?, None))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, content_type(path))
        .header(header::CACHE_CONTROL, keep)
        .header(header::VARY, "accept-encoding");
    if let Some(encoding) = encoding {
        response = response.header(header::CONTENT_ENCODING, encoding);
    }
    response
        .body(Body::from(file.data.into_owned()))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value.split(',').any(|part| {
                let mut pieces = part.split(';').map(str::trim);
                pieces.next() == Some(encoding) && pieces.next() != Some("q=0")
            })
        })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
