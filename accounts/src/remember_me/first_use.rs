//! The first request that presents a session which a remember-me exchange gave: from then on the answer of that
//! exchange has arrived, and the value before it is a thief's.

use super::{
    end_stolen,
    values::{self, mark_used, rival_was_used},
};
use crate::{
    client::Client,
    ids::{SessionId, UserId},
    instance::Instance,
    on,
    operation::Operation,
    secret::{Token, TokenHash},
    sessions::{self, Found},
    signed_in::SignedIn,
    time::Moment,
};

/// Notes that a session was presented which [`SignedIn::first_use`] says was not before, in an operation of its own.
/// Returns what its cookie is worth now: it may have ended in the meantime, or ends by this because another answer of
/// the same exchange was presented before.
///
/// # Errors
/// When the database is unavailable.
pub async fn first_use(
    instance: &Instance,
    client: &Client,
    now: Moment,
    me: &SignedIn,
    token: &Token,
) -> Result<Found, sqlx::Error> {
    let mut op = Operation::begin(instance, client, now).await?;
    note_first_use(&mut op, &me.user.id, &me.session).await?;
    op.commit().await?;
    sessions::find(&mut instance.read(now).await?, token).await
}

/// Notes that a session was presented. Nothing happens when it has ended or was presented before; another answer of the
/// same exchange that was presented means theft, and ends it.
///
/// # Errors
/// When the database is unavailable.
pub async fn note_first_use(
    op: &mut Operation,
    user: &UserId,
    session: &SessionId,
) -> Result<(), sqlx::Error> {
    let Some(live) = op.lock_live(user, session).await? else {
        return Ok(());
    };
    let given_with: Option<TokenHash> = on!(op, c => sqlx::query_scalar(
        "select given_with from sessions where id = $1")
        .bind(session)
        .fetch_one(c)
        .await)?;
    let Some(given_with) = given_with else {
        return Ok(());
    };
    if let Some(value) = values::find(op, &given_with).await?
        && rival_was_used(op, &value).await?
    {
        end_stolen(op, &live.user, &value.device_id).await?;
        return Ok(());
    }
    mark_used(op, &given_with).await
}
