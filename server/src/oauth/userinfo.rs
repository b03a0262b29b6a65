//! `/oauth/userinfo`: what an application learns of the user whose access token it shows.

use accounts::{
    applications::{ScopeName, access_tokens::present, claims::of_user},
    secret::Token,
    time::Moment,
};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{form::read, refusal::Refusal};
use crate::{authentication::client_of, state::AppState};

pub(super) async fn userinfo(State(state): State<AppState>, request: Request) -> Response {
    match claims(&state, request).await {
        Ok(claims) => Json(claims).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn claims(state: &AppState, request: Request) -> Result<Value, Refusal> {
    let in_header = bearer(request.headers())?;
    let posts_form = request.method() == Method::POST
        && request.headers().contains_key(header::CONTENT_TYPE)
        && in_header.is_none();
    // Never in the query (RFC 9700, 2.4): it would be in every log on the way.
    let (parts, presented) = if posts_form {
        let (parts, form) = read(request).await?;
        (parts, form.get("access_token").map(str::to_owned))
    } else {
        (request.into_parts().0, in_header)
    };
    let presented = presented.ok_or_else(Refusal::no_token)?;
    let token = Token::presented(&presented).ok_or_else(Refusal::token)?;
    let (instance, now) = (&state.curfew.instance, Moment::now());
    let client = client_of(&parts, state);
    let found = present(instance, &client, now, &token).await?;
    let token = found.ok_or_else(Refusal::token)?;
    if !token.scope().has(ScopeName::OpenId) {
        return Err(Refusal::scope());
    }
    let mut conn = instance.read(now).await?;
    let claims = of_user(&mut conn, &token.session.user_id, &token.scope()).await?;
    claims.map(Value::Object).ok_or_else(Refusal::token)
}

/// What stands behind `Bearer` (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refusal::request("Authorization is there more than once"));
    }
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token.trim().to_owned()))
        }
        _ => Err(Refusal::no_token()),
    }
}
