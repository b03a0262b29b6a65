//! What the gate does on Curfew's host: a signed-in browser gets a code for the application's host, and goes there.

use accounts::{
    gate::{HandOver, HandOverError, Wanted, hand_over},
    operation::Operation,
    sessions::SignedIn,
    time::Moment,
};
use app::{
    context::{Presence, Visit},
    pages::{error_page::Frame, gate_confirm::CONFIRM, gate_page::GatePage},
};
use axum::{
    extract::{Extension, Query, Request, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{begin::destination, say};
use crate::{
    error_page,
    redirects::{see_other, session_ended, to_sign_in},
    request_id,
    state::AppState,
};

/// What the application's host sends the browser with.
#[derive(Debug, Deserialize)]
pub struct Begun {
    host: String,
    to: Option<String>,
    #[serde(rename = "begun")]
    by: String,
}

/// `GET /gate/sign-in?host=…&to=…&begun=…`. After a sign-in the browser comes back here. It goes on from a page of ours, because a
/// form's answer may not lead to another host (`form-action 'self'`).
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    query: Result<Query<Begun>, QueryRejection>,
    request: Request,
) -> Response {
    let here = request
        .uri()
        .path_and_query()
        .map_or("/", |here| here.as_str());
    let me = match &visit.presence {
        Presence::SignedIn(me) => me,
        Presence::Ended(ended) => return session_ended(&state, &visit, here, ended),
        Presence::Anonymous => return to_sign_in(here),
    };
    let theme = error_page::theme_of(&state, request.headers());
    let frame = Frame::here(theme, &state.assets);
    let Ok(Query(begun)) = query else {
        return say(StatusCode::BAD_REQUEST, &frame, GatePage::Malformed);
    };
    let to = destination(begun.to.as_deref());
    let wanted = Wanted {
        host: &begun.host,
        address: &to,
        begun_by: &begun.by,
    };
    match given(&state, &visit, me, wanted).await {
        Ok(given) => {
            let code = given.code.expose();
            let to = format!("{}{}?code={code}", given.origin, super::FINISH);
            let application = given.application;
            say(
                StatusCode::OK,
                &frame,
                GatePage::GoingOn { application, to },
            )
        }
        Err(HandOverError::UnknownHost) => {
            say(StatusCode::NOT_FOUND, &frame, GatePage::UnknownHost)
        }
        Err(HandOverError::AlreadyEnded) => to_sign_in(here),
        Err(HandOverError::NotAllowed(application)) => {
            let email = me.user.email.clone();
            say(
                StatusCode::FORBIDDEN,
                &frame,
                GatePage::NotAllowed { application, email },
            )
        }
        // A code is enough, of a user who has two-factor authentication.
        Err(HandOverError::SecondFactorRequired(_)) if me.user.two_factor_since.is_some() => {
            let asked = here.split_once('?').map_or("", |(_, asked)| asked);
            see_other(&format!("{CONFIRM}?{asked}"))
        }
        Err(HandOverError::SecondFactorRequired(application)) => {
            let again = here.to_owned();
            let page = GatePage::SecondFactorRequired { application, again };
            say(StatusCode::FORBIDDEN, &frame, page)
        }
        Err(HandOverError::AccountRequiresSecondFactor) => {
            let again = here.to_owned();
            let page = GatePage::AccountRequiresSecondFactor { again };
            say(StatusCode::FORBIDDEN, &frame, page)
        }
        Err(HandOverError::Database(error)) => {
            let error = state.curfew.instance.db.explain(&error);
            tracing::error!(error, "the database is unavailable: no hand-over was given");
            let id = request_id::of(request.extensions());
            error_page::service_unavailable(&state, request.headers(), &id)
        }
    }
}

async fn given(
    state: &AppState,
    visit: &Visit,
    me: &SignedIn,
    wanted: Wanted<'_>,
) -> Result<HandOver, HandOverError> {
    let mut op = Operation::begin(&state.curfew.instance, &visit.client, Moment::now()).await?;
    let given = hand_over(&mut op, me, wanted).await;
    if matches!(given, Ok(_) | Err(HandOverError::NotAllowed(_))) {
        op.commit().await?;
    }
    given
}
