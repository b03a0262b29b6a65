//! `/oauth/end-session`: a user has signed out at an application, which sends their browser here (OpenID Connect RP-Initiated
//! Logout 1.0). It ends the session here when the hint is an ID token of this very session; otherwise the user is asked.

use accounts::{
    applications::{self, sessions::is_of_session, signing_keys, tokens},
    db::DatabaseError,
    ids::{ApplicationId, ApplicationSessionId},
    operation::Operation,
    sessions::{self, SignedIn},
    time::Moment,
};
use app::{
    context::{Presence, Visit},
    cookies::Kind,
    pages::oauth as pages,
};
use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use serde_json::Value;

use super::{
    form::Form,
    going_on::{SIGNED_OUT, landing},
};
use crate::{
    error_page,
    redirects::{see_other, set_unless_set},
    request_id,
    state::AppState,
};

pub(super) async fn end_session(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    let form = Form::parse(request.uri().query().unwrap_or_default().as_bytes());
    match ended(&state, &visit, form).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "the database is unavailable: no session was ended");
            let id = request_id::of(request.extensions());
            error_page::service_unavailable(&state, request.headers(), &id)
        }
    }
}

async fn ended(state: &AppState, visit: &Visit, mut form: Form) -> Result<Response, DatabaseError> {
    let hint = hint(state, &form).await?;
    if let Some(hint) = &hint {
        match form.get("client_id") {
            // The hint was issued to another application than the one that says it asks.
            Some(id) if id != hint.application.0 => form = Form::default(),
            Some(_) => {}
            None => form.set("client_id", &hint.application.0),
        }
    }
    let Presence::SignedIn(me) = &visit.presence else {
        return Ok(match landing(state, &form).await? {
            Some(address) => see_other(&address),
            None => see_other(SIGNED_OUT),
        });
    };
    let fits = match &hint {
        Some(hint) if hint.user == me.user.id.0 => {
            let mut conn = state.curfew.instance.read(Moment::now()).await?;
            is_of_session(&mut conn, &hint.session, &me.session).await?
        }
        _ => false,
    };
    let hint = hint.filter(|_| fits);
    let Some(hint) = hint else {
        let mut asks = Form::default();
        for name in ["client_id", "post_logout_redirect_uri", "state"] {
            if let Some(value) = form.get(name) {
                asks.set(name, value);
            }
        }
        return Ok(see_other(&format!("{}?{}", pages::SIGN_OUT, asks.query())));
    };
    sign_out(state, visit, me, &hint).await?;
    let mut response = match landing(state, &form).await? {
        Some(address) => see_other(&address),
        None => see_other(SIGNED_OUT),
    };
    for kind in [Kind::Session, Kind::RememberMe] {
        set_unless_set(&mut response, &state.curfew.cookies.removed(kind));
    }
    Ok(response)
}

/// Ends the session, and with it every application session that came from it; the application's own also where it would
/// outlive that.
async fn sign_out(
    state: &AppState,
    visit: &Visit,
    me: &SignedIn,
    hint: &Hint,
) -> Result<(), DatabaseError> {
    let instance = &state.curfew.instance;
    let mut op = Operation::begin(instance, &visit.client, Moment::now()).await?;
    if let Some(application) = applications::find(&mut op, &hint.application).await? {
        tokens::sign_out(&mut op, &application, &me.user.id, &hint.session).await?;
    }
    sessions::sign_out(&mut op, &me.user.id, &me.session).await?;
    op.commit().await?;
    Ok(())
}

/// An ID token of ours, as far as it says which session is meant.
struct Hint {
    user: String,
    application: ApplicationId,
    session: ApplicationSessionId,
}

async fn hint(state: &AppState, form: &Form) -> Result<Option<Hint>, DatabaseError> {
    let Some(token) = form.get("id_token_hint") else {
        return Ok(None);
    };
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let issuer = state.config.public_url();
    let claims = signing_keys::verify(&mut conn, &issuer, token).await?;
    let text = |claims: &Value, name: &str| claims[name].as_str().map(str::to_owned);
    Ok(claims.and_then(|claims| {
        Some(Hint {
            user: text(&claims, "sub")?,
            application: ApplicationId(text(&claims, "aud")?),
            session: ApplicationSessionId(text(&claims, "sid")?),
        })
    }))
}
