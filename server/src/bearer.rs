//! From an `Authorization` header to a user: what REST and MCP have for a door. Cookies mean
//! nothing here, so no browser can be made to knock.

use accounts::{
    audit::Client,
    permissions,
    time::Moment,
    tokens::{self, Bearer, Kind, Value},
};
use app::error::{AppError, Code};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{address, permitted, problem::Refused, state::AppState, token_rate_limit::Verdict};

/// Who a program's request is from. In the request's extensions behind either door.
#[derive(Debug, Clone)]
pub struct Caller {
    pub bearer: Bearer,
    pub client: Client,
}

/// The door of REST: API tokens.
pub async fn api(State(state): State<AppState>, request: Request, next: Next) -> Response {
    complete_sign_in(&state, Kind::Api, request, next).await
}

/// The door of MCP: MCP tokens.
pub async fn mcp(State(state): State<AppState>, request: Request, next: Next) -> Response {
    complete_sign_in(&state, Kind::Mcp, request, next).await
}

/// Asks the database at every request, so that a revoked token is refused at the first try.
async fn complete_sign_in(state: &AppState, kind: Kind, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let now = Moment::now();
    let Some(shown) = shown(&parts.headers) else {
        return unknown("Send an Authorization header: Bearer, and a token.", false);
    };
    let found = match Value::presented(kind, shown) {
        None => Ok(None),
        Some(value) => {
            async {
                let mut conn = state.curfew.db.read().await?;
                tokens::find(&mut conn, kind, &value, now).await
            }
            .await
        }
    };
    let bearer = match found {
        Ok(Some(bearer)) => bearer,
        Ok(None) => return unknown("This token is unknown, revoked or has run out.", true),
        Err(error) => return Refused(AppError::database(&error)).into_response(),
    };
    let verdict = state.token_rate_limit.ask(&bearer.token);
    let client = address::client(&parts, &state.config.trusted_proxies);
    let mut response = if verdict.is_too_fast() {
        too_fast(&verdict)
    } else if let Err(error) = may(state, &parts, &bearer, &client).await {
        Refused(error).into_response()
    } else {
        state.last_seen.note_token(&bearer, now.at);
        parts.extensions.insert(Caller { bearer, client });
        next.run(Request::from_parts(parts, body)).await
    };
    verdict.write(response.headers_mut());
    response
}

/// Whether the token's user may use the address. One that is nothing's is for the routes to refuse.
async fn may(
    state: &AppState,
    parts: &Parts,
    bearer: &Bearer,
    client: &Client,
) -> Result<(), AppError> {
    let route = parts.extensions.get::<MatchedPath>();
    match route.map(MatchedPath::as_str) {
        Some(address) if permissions::row(address).is_some() => {
            permitted::allows(state, &bearer.user, client, address).await
        }
        _ => Ok(()),
    }
}

/// What stands behind `Bearer` (RFC 6750, 2.1). Two such headers are none.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}

/// 401 with what RFC 6750, 3 asks for.
fn unknown(why: &str, was_shown: bool) -> Response {
    let mut response = Refused(AppError::new(Code::InvalidToken, why)).into_response();
    let challenge = if was_shown {
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
            shown(&headers).map(str::to_owned)
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
