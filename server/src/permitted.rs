//! Refusing what a user has no permission for, and recording that it was refused.

use accounts::{
    client::Client,
    db::DatabaseError,
    instance::Reader,
    operation::Operation,
    permissions::{self, Denial},
    sessions::{self, Found, SignedIn},
    time::Moment,
    users::User,
};
use app::{
    context::{Presence, Visit, session_ended},
    error::{AppError, Code},
};

use crate::{
    addresses::{self, Access, Address},
    state::AppState,
};

/// Whether the visitor may use the page or the function at `path`. One that is not listed is refused.
///
/// # Errors
/// The refusal, as the visitor is told: how the session ended, that no user is signed in, or as [`allows`].
pub async fn check(state: &AppState, visit: &Visit, path: &str) -> Result<(), AppError> {
    let Some(address) = addresses::find(path) else {
        return Err(AppError::new(
            Code::NotFound,
            "There’s nothing at this address.",
        ));
    };
    match &visit.presence {
        _ if address.access == Access::Public => Ok(()),
        Presence::SignedIn(me) => allows(state, &me.user, &visit.client, address).await,
        Presence::Ended(ended) => Err(session_ended(ended)),
        Presence::Anonymous => Err(AppError::not_signed_in()),
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
    address: &Address,
) -> Result<(), AppError> {
    let Some(permission) = address.permission() else {
        return Ok(());
    };
    let Err(refusal) = permissions::check(user.role, user.available(), permission) else {
        return Ok(());
    };
    let error = AppError::from(refusal);
    // Not a want of rights: they are led to the set-up, and nothing was tried that is not theirs.
    if error.code == Code::SecondFactorRequired {
        return Err(error);
    }
    Box::pin(record(state, user, client, address, error.code)).await;
    Err(error)
}

/// Why an answer that is still being sent is cut.
#[derive(Debug)]
pub enum Withdrawn {
    SessionEnded,
    PermissionLost,
    Unavailable(DatabaseError),
}

/// Whether the next part of a long answer may be sent: the session that asked for it is live now, and its user still
/// has the permission that `path` needs. To be asked after the part was read and before it is handed on: then nothing
/// is sent that was read after the session had ended. Asking is no use of the session.
///
/// # Errors
/// Why the answer is to be cut.
pub async fn still(conn: &mut Reader, me: &SignedIn, path: &str) -> Result<(), Withdrawn> {
    conn.now = Moment::now();
    let found = sessions::find_by_id(conn, &me.session).await;
    let Found::Live(now) = found.map_err(Withdrawn::Unavailable)? else {
        return Err(Withdrawn::SessionEnded);
    };
    let permission = addresses::find(path).and_then(Address::permission);
    match permission.map(|needed| permissions::check(now.user.role, now.user.available(), needed)) {
        Some(Ok(())) if now.user.account_id == me.user.account_id => Ok(()),
        _ => Err(Withdrawn::PermissionLost),
    }
}

/// Records what an operation refused itself: whether a member is an owner, only the operation can tell.
pub async fn note_refusal(state: &AppState, visit: &Visit, path: &str, error: &AppError) {
    if let Presence::SignedIn(me) = &visit.presence
        && matches!(error.code, Code::Forbidden | Code::PlanRequired)
        && let Some(address) = addresses::find(path)
    {
        record(state, &me.user, &visit.client, address, error.code).await;
    }
}

/// The refusal counts whether or not it could be recorded.
async fn record(state: &AppState, user: &User, client: &Client, address: &Address, code: Code) {
    let Some(permission) = address.permission() else {
        return;
    };
    let denial = Denial {
        permission,
        address: address.path,
        why: match code {
            Code::PlanRequired => "plan_required",
            _ => "forbidden",
        },
    };
    let recorded = async {
        let mut op = Operation::begin(&state.curfew.instance, client, Moment::now()).await?;
        permissions::record_denial(&mut op, user, denial).await?;
        op.commit().await?;
        Ok::<_, DatabaseError>(())
    };
    if let Err(error) = recorded.await {
        let (user, address) = (user.id.as_str(), address.path);
        let error = state.curfew.instance.db.explain(&error);
        tracing::error!(
            error,
            user,
            address,
            "the database is unavailable: a refusal was not recorded"
        );
    }
}
