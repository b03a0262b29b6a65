//! A program ends one session of its person's.

use serde_json::json;

use super::{Bearer, PressError, find::still_good};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    limits::Limits,
    on,
    sessions::{Because, SessionId, is_live},
    time::{Moment, is_id},
    users,
};

/// Ends a live session of the bearer's, and the remembered device behind it: its cookie would start
/// another.
///
/// # Errors
/// [`PressError::NotFound`] when it is not there, not alive or somebody else's; nothing has changed then.
pub async fn end_session(
    tx: &mut Tx,
    bearer: &Bearer,
    session: &SessionId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), PressError> {
    if !bearer.may(bearer.kind.ending_scope()) {
        return Err(PressError::Scope);
    }
    if !is_id(&session.0) {
        return Err(PressError::NotFound);
    }
    let user = &bearer.user.id;
    let Some(locked) = users::lock(tx, user).await? else {
        return Err(PressError::Unknown);
    };
    if still_good(tx, bearer, now).await?.is_none() {
        return Err(PressError::Unknown);
    }
    if !is_theirs(tx, bearer, session).await?
        || !is_live(tx, session, locked.epoch, limits, now).await?
    {
        return Err(PressError::NotFound);
    }
    let event = Event::of(Action::SessionInvalidated, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({ "scope": "one", "sessions": 1, "path": "api/v1" }));
    let event = audit::record(tx, event, now).await?;
    on!(tx, c => sqlx::query(
        "update sessions set ended_at = $2, ended_because = $3, ended_by = $4 where id = $1 and ended_at is null")
        .bind(session)
        .bind(now.at)
        .bind(Because::RemoteLogout)
        .bind(&event.id)
        .execute(c)
        .await
        .map(|_| ()))?;
    on!(tx, c => sqlx::query(
        "update remembered_devices set ended_at = $2, ended_because = $3, ended_by = $4
         where ended_at is null and id = (select remembered_device_id from sessions where id = $1)")
        .bind(session)
        .bind(now.at)
        .bind(Because::RemoteLogout)
        .bind(&event.id)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

async fn is_theirs(tx: &mut Tx, bearer: &Bearer, session: &SessionId) -> Result<bool, sqlx::Error> {
    on!(tx, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from sessions where id = $1 and user_id = $2")
        .bind(session)
        .bind(&bearer.user.id)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}
