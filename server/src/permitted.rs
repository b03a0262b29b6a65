//! Refusing by the table of permissions, and recording that somebody was refused.

use accounts::{permissions, sessions::SignedIn, time::Moment};
use app::{
    context::{Presence, Visit},
    error::{AppError, Code},
};

use crate::state::AppState;

/// Whether the person signed in may use the address; `Ok` as well when nobody is signed in, which is for
/// others to refuse. A refusal is recorded.
///
/// # Errors
/// The refusal, as the person is told.
pub async fn check(state: &AppState, visit: &Visit, address: &str) -> Result<(), AppError> {
    let Presence::SignedIn(me) = &visit.presence else {
        return Ok(());
    };
    let (role, plan) = (me.user.role, me.user.plan);
    match permissions::check(role, plan, address) {
        Ok(()) => Ok(()),
        Err(refusal) => {
            let error = AppError::refusal(&refusal);
            record(state, visit, me, address, error.code).await;
            Err(error)
        }
    }
}

/// Records what a deed refused itself: to whom a member is an owner, only the deed can tell.
pub async fn note_refusal(state: &AppState, visit: &Visit, address: &str, error: &AppError) {
    if let Presence::SignedIn(me) = &visit.presence
        && matches!(error.code, Code::Forbidden | Code::PlanRequired)
    {
        record(state, visit, me, address, error.code).await;
    }
}

/// The refusal stands whether or not it could be recorded.
async fn record(state: &AppState, visit: &Visit, me: &SignedIn, address: &str, code: Code) {
    let why = match code {
        Code::PlanRequired => "plan_required",
        _ => "forbidden",
    };
    let (db, client) = (&state.curfew.db, &visit.client);
    let recorded = permissions::record_denial(db, me, address, why, client, Moment::now()).await;
    if let Err(error) = recorded {
        tracing::error!(%error, "a refusal was not recorded");
    }
}
