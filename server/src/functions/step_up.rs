//! Step-up: a function that the list of addresses says so of runs only for a user who has shown a password or a code
//! within the last ten minutes, or shows one now (ASVS 5.0, 7.5.3).

use accounts::{
    secret::Secret,
    step_up::{StepUpError, confirm, is_needed},
    time::Moment,
};
use app::{
    context::{Presence, Visit, explained},
    error::{AppError, Code},
    step_up::{ask, wrong},
};
use axum::body::Bytes;
use cookie::Cookie;

use crate::{
    addresses::{self, StepUp},
    state::AppState,
};

/// Takes the password or the code out of a form that owes it, and notes in the visit that one was shown. Returns the
/// session's new cookie then.
///
/// # Errors
/// `step_up_required` with what is asked for, `too_many_attempts`, `session_ended`, `service_unavailable`.
pub(super) async fn check(
    state: &AppState,
    visit: &mut Visit,
    path: &str,
    body: &Bytes,
) -> Result<Option<Cookie<'static>>, AppError> {
    let address = addresses::find(path);
    let Some(StepUp::AsksFor(field)) = address.and_then(|address| address.step_up) else {
        return Ok(None);
    };
    let Presence::SignedIn(me) = &mut visit.presence else {
        return Ok(None);
    };
    let (instance, now) = (&state.curfew.instance, Moment::now());
    if !is_needed(me, &instance.limits, now) {
        return Ok(None);
    }
    let shown = form_urlencoded::parse(body).find(|(name, _)| name == field);
    let shown = Secret::new(
        shown
            .map(|(_, shown)| shown.into_owned())
            .unwrap_or_default(),
    );
    let what = address.map_or("continue", |address| address.what);
    if shown.expose().is_empty() {
        return Err(told(field, what, AppError::step_up(ask(me))));
    }
    match confirm(instance, &visit.client, now, me, &shown).await {
        Ok(session) => {
            me.confirmed_at = Some(now.at);
            let cookie = state.curfew.cookies.session(&session.token);
            Ok(Some(cookie))
        }
        Err(StepUpError::Wrong) => Err(told(field, what, AppError::step_up(wrong(me)))),
        Err(error) => {
            let error = explained(&state.curfew, me, error.into()).await;
            Err(told(field, what, error))
        }
    }
}

/// Says what for, and puts the sentence about the password beside the field that it was typed into.
fn told(field: &str, what: &str, mut error: AppError) -> AppError {
    if error.code == Code::StepUpRequired
        && let Some(why) = error.fields.remove("confirmation")
    {
        error.message = format!("Confirm it’s you to {what}.");
        error.fields.insert(field.to_owned(), why);
    }
    error
}
