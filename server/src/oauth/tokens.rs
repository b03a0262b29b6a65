//! `/oauth/introspect` (RFC 7662) and `/oauth/revoke` (RFC 7009): what an application asks about its own tokens.

use accounts::{
    applications::{
        claims::seconds,
        tokens::{self, ActiveToken},
    },
    operation::Operation,
    secret::Token,
    time::Moment,
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{client::authenticate, form::read, refusal::Refusal};
use crate::state::AppState;

pub(super) async fn introspect(State(state): State<AppState>, request: Request) -> Response {
    match looked_at(&state, request).await {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn looked_at(state: &AppState, request: Request) -> Result<Value, Refusal> {
    let (parts, form) = read(request).await?;
    let asking = authenticate(state, &parts, &form).await?;
    if !asking.application.is_confidential {
        // It would be an oracle for anyone who has found a token (RFC 7662, 2.1).
        return Err(Refusal::client("a public client may not introspect"));
    }
    let token = Token::presented(form.required("token")?);
    let (instance, now) = (&state.curfew.instance, Moment::now());
    let found = match &token {
        Some(token) => {
            tokens::introspect(instance, &asking.client, now, &asking.application, token).await?
        }
        None => None,
    };
    let Some(found) = found else {
        return Ok(json!({ "active": false }));
    };
    let session = found.session();
    let mut answer = json!({
        "active": true,
        "iss": state.config.public_url(),
        "sub": session.user_id.as_str(),
        "aud": asking.application.id.as_str(),
        "client_id": asking.application.id.as_str(),
        "sid": session.id.as_str(),
        "scope": found.scope().to_string(),
    });
    if let Some(expires_at) = found.expires_at() {
        answer["exp"] = seconds(expires_at).into();
    }
    if let ActiveToken::Access(token) = &found {
        answer["iat"] = seconds(token.issued_at).into();
        answer["token_type"] = "Bearer".into();
    }
    Ok(answer)
}

pub(super) async fn revoke(State(state): State<AppState>, request: Request) -> Response {
    match revoked(&state, request).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn revoked(state: &AppState, request: Request) -> Result<(), Refusal> {
    let (parts, form) = read(request).await?;
    let asking = authenticate(state, &parts, &form).await?;
    let Some(token) = Token::presented(form.required("token")?) else {
        return Ok(());
    };
    let mut op = Operation::begin(&state.curfew.instance, &asking.client, Moment::now()).await?;
    tokens::revoke(&mut op, &asking.application, &token).await?;
    op.commit().await?;
    Ok(())
}
