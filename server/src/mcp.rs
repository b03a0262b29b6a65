//! `/mcp`: the Model Context Protocol over streamable HTTP, for assistants that act with an MCP token.
//!
//! Stateless, with plain JSON answers: any node answers any request, nothing is held open, and a token
//! that is revoked is refused at the next request. Cookies do nothing here.

mod tools;

use std::sync::Arc;

use app::error::{AppError, Code};
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use rmcp::{
    ServerHandler,
    model::ProtocolVersion,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};

use crate::{
    addresses,
    authentication::bearer,
    config::Config,
    problem::{Refused, is_bare},
    state::AppState,
};
use tools::Tools;

/// Largest message that is read.
const LARGEST: usize = 64 * 1024;

/// The route, for requests with an MCP token.
pub fn router(state: &AppState) -> Router<AppState> {
    let tools = Tools::new(state.clone());
    carrying(&state.config, move || tools.clone())
        .layer(from_fn_with_state(state.clone(), bearer::mcp))
}

/// The address with the transport as this install speaks it, whatever it carries.
pub fn carrying<H: ServerHandler + Send + 'static, S: Clone + Send + Sync + 'static>(
    config: &Config,
    handler: impl Fn() -> H + Clone + Send + Sync + 'static,
) -> Router<S> {
    Router::new()
        .route_service(addresses::MCP, transport(config, handler))
        .layer(from_fn(in_our_words))
}

/// Explains what the SDK refuses with a bare status, so that the author of the request can mend it.
async fn in_our_words(request: Request, next: Next) -> Response {
    let (is_json, speaks) = kind_and_version(request.headers());
    let mut response = next.run(request).await;
    let (status, why) = match response.status() {
        status @ StatusCode::NOT_ACCEPTABLE => (
            status,
            "Say in Accept that you take both application/json and text/event-stream.",
        ),
        // The SDK takes what it cannot read for something else than JSON.
        StatusCode::UNSUPPORTED_MEDIA_TYPE if is_json => {
            (StatusCode::BAD_REQUEST, "The body is no JSON-RPC message.")
        }
        status @ StatusCode::BAD_REQUEST if !speaks && is_bare(&response) => (
            status,
            "MCP-Protocol-Version names no version that is spoken here.",
        ),
        _ => return response,
    };
    *response.status_mut() = status;
    let error = AppError::new(Code::Malformed, why);
    response.extensions_mut().insert(Refused(error));
    response
}

/// Whether the body says that it is JSON, and whether the version it is to be read by is known.
fn kind_and_version(headers: &HeaderMap) -> (bool, bool) {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let is_known = |version: &[u8]| {
        let mut known = ProtocolVersion::KNOWN_VERSIONS.iter();
        known.any(|known| known.as_str().as_bytes() == version)
    };
    let is_json = header("content-type").is_some_and(|kind| kind.starts_with(b"application/json"));
    (is_json, header("mcp-protocol-version").is_none_or(is_known))
}

fn transport<H: ServerHandler + Send + 'static>(
    config: &Config,
    handler: impl Fn() -> H + Send + Sync + 'static,
) -> StreamableHttpService<H, NeverSessionManager> {
    let stateless = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST)
        .with_allowed_hosts(hosts(config))
        .with_allowed_origins(origins(config))
        .enforce_origin_validation();
    let sessions = Arc::new(NeverSessionManager::default());
    StreamableHttpService::new(move || Ok(handler()), sessions, stateless)
}

/// The hosts this install answers to: a page that makes its own name lead here (DNS rebinding) has
/// another.
fn hosts(config: &Config) -> Vec<String> {
    let public = config.public_url().parse::<Uri>().ok();
    let public = public.and_then(|uri| uri.host().map(str::to_owned));
    let mut hosts: Vec<String> = public.into_iter().collect();
    if config.listen.ip().is_loopback() {
        hosts.extend(THIS_MACHINE.map(str::to_owned));
    }
    hosts
}

/// The names by which programs on this machine reach what listens here alone.
const THIS_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The origins whose pages may speak to it: ours.
fn origins(config: &Config) -> Vec<String> {
    let mut origins: Vec<String> = public_origin(config).into_iter().collect();
    if config.listen.ip().is_loopback() {
        let port = config.listen.port();
        origins.extend(THIS_MACHINE.map(|host| format!("http://{host}:{port}")));
    }
    origins
}

fn public_origin(config: &Config) -> Option<String> {
    let uri: Uri = config.public_url().parse().ok()?;
    let port = match (uri.port_u16(), uri.scheme_str()?) {
        (Some(port), _) => port,
        (None, "https") => 443,
        (None, _) => 80,
    };
    Some(format!("{}://{}:{port}", uri.scheme_str()?, uri.host()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_origin_come_from_the_public_address() {
        let with = |public: &'static str, listen: &'static str| {
            Config::from(|name| match name {
                "CURFEW_PUBLIC_URL" => Some(public.to_owned()),
                "CURFEW_LISTEN" => Some(listen.to_owned()),
                _ => None,
            })
            .unwrap()
        };
        let public = with("https://curfew.example.com", "0.0.0.0:3000");
        assert_eq!(hosts(&public), ["curfew.example.com"]);
        assert_eq!(origins(&public), ["https://curfew.example.com:443"]);
        let local = with("http://127.0.0.1:3000", "127.0.0.1:3000");
        assert!(hosts(&local).contains(&"localhost".to_owned()));
        assert!(origins(&local).contains(&"http://localhost:3000".to_owned()));
        let behind = with("https://curfew.example.com", "127.0.0.1:3000");
        assert_eq!(origins(&behind)[0], "https://curfew.example.com:443");
    }
}
