//! `/oauth/token`: a code or a refresh token for tokens.

use accounts::{
    applications::{
        Granted, InvalidGrant, Scope, ScopeName,
        access_tokens::GOOD_FOR,
        claims::id_token,
        codes::{Redemption, redeem},
        refresh_tokens::refresh,
        signing_keys,
    },
    operation::Operation,
    secret::Token,
    time::Moment,
};
use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    client::{Asking, authenticate},
    form::{Form, read},
    refusal::Refusal,
};
use crate::state::AppState;

/// Longest and shortest verifier (RFC 7636, 4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

pub(super) async fn token(State(state): State<AppState>, request: Request) -> Response {
    match granted(&state, request).await {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn granted(state: &AppState, request: Request) -> Result<Value, Refusal> {
    let (parts, form) = read(request).await?;
    let asking = authenticate(state, &parts, &form).await?;
    let granted = match form.required("grant_type")? {
        "authorization_code" => by_code(state, &asking, &form).await?,
        "refresh_token" => by_refresh_token(state, &asking, &form).await?,
        _ => {
            return Err(Refusal::grant_type(
                "use authorization_code or refresh_token",
            ));
        }
    };
    answer(state, &asking, &granted).await
}

async fn by_code(state: &AppState, asking: &Asking, form: &Form) -> Result<Granted, Refusal> {
    let code = Token::presented(form.required("code")?).ok_or(InvalidGrant::Unknown)?;
    let verifier = form.get("code_verifier");
    if verifier.is_some_and(|verifier| !VERIFIER.contains(&verifier.len())) {
        return Err(InvalidGrant::Verifier.into());
    }
    let redemption = Redemption {
        code: &code,
        redirect: form.required("redirect_uri")?,
        verifier,
    };
    let instance = &state.curfew.instance;
    // Before the code is used: a key that cannot be made must not cost the sign-in.
    signing_keys::ready(instance, Moment::now()).await?;
    let mut op = Operation::begin(instance, &asking.client, Moment::now()).await?;
    let redeemed = redeem(&mut op, &asking.application, redemption).await?;
    // A refusal is written, too: what was given for a code that comes twice has ended.
    op.commit().await?;
    redeemed.map_err(|why| refused(asking, why))
}

async fn by_refresh_token(
    state: &AppState,
    asking: &Asking,
    form: &Form,
) -> Result<Granted, Refusal> {
    let token = Token::presented(form.required("refresh_token")?).ok_or(InvalidGrant::Unknown)?;
    let scope = form.get("scope").map(Scope::parse);
    let instance = &state.curfew.instance;
    signing_keys::ready(instance, Moment::now()).await?;
    let mut op = Operation::begin(instance, &asking.client, Moment::now()).await?;
    let refreshed = refresh(&mut op, &asking.application, &token, scope.as_ref()).await?;
    op.commit().await?;
    refreshed.map_err(|why| refused(asking, why))
}

fn refused(asking: &Asking, why: InvalidGrant) -> Refusal {
    let application = asking.application.id.as_str();
    tracing::warn!(application, ?why, "an application was granted nothing");
    why.into()
}

async fn answer(state: &AppState, asking: &Asking, granted: &Granted) -> Result<Value, Refusal> {
    let mut answer = json!({
        "access_token": granted.access_token.expose(),
        "token_type": "Bearer",
        "expires_in": GOOD_FOR.as_secs(),
        "refresh_token": granted.refresh_token.expose(),
        "scope": granted.scope.to_string(),
    });
    if granted.scope.has(ScopeName::OpenId) {
        let mut conn = state.curfew.instance.read(Moment::now()).await?;
        let issuer = state.config.public_url();
        let signed = id_token(&mut conn, &issuer, &asking.application, granted).await?;
        let signed = signed.ok_or_else(|| refused(asking, InvalidGrant::Ended))?;
        answer["id_token"] = signed.into();
    }
    Ok(answer)
}
