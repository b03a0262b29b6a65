//! Refusing by the table of permissions, and recording that somebody was refused.

use accounts::{audit::Client, permissions, time::Moment, users::User};
use app::{
    context::{Presence, Visit},
    error::{AppError, Code},
};

use crate::state::AppState;

/// Whether the user signed in may use the address; `Ok` as well when nobody is signed in, which is for
/// others to refuse.
///
/// # Errors
/// As [`allows`].
pub async fn check(state: &AppState, visit: &Visit, address: &str) -> Result<(), AppError> {
    match &visit.presence {
        Presence::SignedIn(me) => allows(state, &me.user, &visit.client, address).await,
        _ => Ok(()),
    }
}

/// Whether a user may use the address, with a session or a token. A refusal is recorded.
///
/// # Errors
/// The refusal, as the user is told.
pub async fn allows(
    state: &AppState,
    user: &User,
    client: &Client,
    address: &str,
) -> Result<(), AppError> {
    match permissions::check(user.role, user.plan, address) {
        Ok(()) => Ok(()),
        Err(refusal) => {
            let error = AppError::refusal(&refusal);
            record(state, user, client, address, error.code).await;
            Err(error)
        }
    }
}

/// Records what an operation refused itself: to whom a member is an owner, only the operation can tell.
pub async fn note_refusal(state: &AppState, visit: &Visit, address: &str, error: &AppError) {
    if let Presence::SignedIn(me) = &visit.presence
        && matches!(error.code, Code::Forbidden | Code::PlanRequired)
    {
        record(state, &me.user, &visit.client, address, error.code).await;
    }
}

/// The refusal stands whether or not it could be recorded.
async fn record(state: &AppState, user: &User, client: &Client, address: &str, code: Code) {
    let why = match code {
        Code::PlanRequired => "plan_required",
        _ => "forbidden",
    };
    let db = &state.curfew.db;
    let recorded = permissions::record_denial(db, user, address, why, client, Moment::now()).await;
    if let Err(error) = recorded {
        tracing::error!(%error, "a refusal was not recorded");
    }
}
