//! From an `Authorization` header to a user, for REST and MCP. Cookies mean nothing here, so no other site can
//! make a browser authenticate.

use accounts::{
    client::Client,
    db::DatabaseError,
    time::Moment,
    tokens::{self, Bearer, Kind, Value},
};
use app::error::{AppError, Code};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Span;

use super::client;
use crate::{
    addresses, form_body::arrived, permitted, problem::Refused, state::AppState,
    token_rate_limit::Verdict,
};

/// Who a program's request is from. In the extensions of every request that was authenticated here.
#[derive(Debug, Clone)]
pub struct Caller {
    pub bearer: Bearer,
    pub client: Client,
}

/// Authenticates a request of REST: API tokens.
pub async fn api(State(state): State<AppState>, request: Request, next: Next) -> Response {
    authenticate(&state, Kind::Api, request, next).await
}

/// Authenticates a request of MCP: MCP tokens.
pub async fn mcp(State(state): State<AppState>, request: Request, next: Next) -> Response {
    authenticate(&state, Kind::Mcp, request, next).await
}

/// Asks the database at every request, so that a revoked token is refused at the first try.
async fn authenticate(state: &AppState, kind: Kind, request: Request, next: Next) -> Response {
    let arrived = arrived(request).await;
    let is_whole = arrived.is_whole;
    let (mut parts, body) = arrived.request.into_parts();
    let now = Moment::now();
    let Some(presented) = presented(&parts.headers) else {
        return unknown("Send an Authorization header: Bearer, and a token.", false);
    };
    let bearer = match find(state, kind, presented, now).await {
        Ok(Some(bearer)) => bearer,
        Ok(None) => return unknown("This token is unknown, revoked or has expired.", true),
        Err(error) => return Refused::from(error).into_response(),
    };
    Span::current()
        .record("user", bearer.user.id.as_str())
        .record("token", bearer.token.as_str());
    let verdict = state.token_rate_limit.ask(&bearer.token);
    let client = client::of(&parts, state);
    let mut response = if verdict.is_too_fast() {
        too_fast(&verdict)
    } else if let Err(error) = may(state, &parts, &bearer, &client).await {
        Refused(error).into_response()
    } else if !is_whole {
        StatusCode::PAYLOAD_TOO_LARGE.into_response()
    } else {
        state.last_seen.note_token(&bearer, now.at);
        parts.extensions.insert(Caller { bearer, client });
        next.run(Request::from_parts(parts, body)).await
    };
    verdict.write(response.headers_mut());
    response
}

async fn find(
    state: &AppState,
    kind: Kind,
    presented: &str,
    now: Moment,
) -> Result<Option<Bearer>, DatabaseError> {
    let Some(value) = Value::presented(kind, presented) else {
        return Ok(None);
    };
    let mut conn = state.curfew.instance.read(now).await?;
    tokens::find(&mut conn, kind, &value).await
}

/// Whether the token's user may use the address. One that is not listed is not there.
async fn may(
    state: &AppState,
    parts: &Parts,
    bearer: &Bearer,
    client: &Client,
) -> Result<(), AppError> {
    let route = parts.extensions.get::<MatchedPath>();
    match route.and_then(|route| addresses::find(route.as_str())) {
        Some(address) => permitted::allows(state, &bearer.user, client, address).await,
        None => Err(AppError::new(
            Code::NotFound,
            "There’s nothing at this address.",
        )),
    }
}

/// What stands behind `Bearer` (RFC 6750, 2.1). Two such headers are none.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}

/// 401 with what RFC 6750, 3 asks for.
fn unknown(why: &str, was_presented: bool) -> Response {
    let mut response = Refused(AppError::new(Code::InvalidToken, why)).into_response();
    let challenge = if was_presented {
        "Bearer realm=\"Curfew\", error=\"invalid_token\""
    } else {
        "Bearer realm=\"Curfew\""
    };
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    );
    response
}

fn too_fast(verdict: &Verdict) -> Response {
    let mut error = AppError::new(
        Code::RateLimited,
        "This token sends requests faster than it may. Wait, then try again.",
    );
    error.retry_after = Some(verdict.wait);
    Refused(error).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_bearer_header_counts() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            presented(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bearer  abc "]).as_deref(), Some("abc"));
        for wrong in [
            vec![],
            vec!["Basic abc"],
            vec!["abc"],
            vec!["Bearer a", "Bearer b"],
        ] {
            assert_eq!(of(&wrong), None, "{wrong:?}");
        }
    }
}
