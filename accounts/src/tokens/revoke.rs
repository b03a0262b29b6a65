//! Revoking a token: from the commit on it opens nothing, on any node.

use serde_json::json;

use super::Kind;
use crate::{
    audit::{Actor, Event},
    execute,
    ids::{TokenId, is_id},
    on,
    operation::{LockedUser, Operation},
    signed_in::SignedIn,
};

/// What revoking a token led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// Its name.
    Now(String),
    /// Another tab was faster; only that one recorded an event.
    Already,
}

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// It does not exist, or is another user's.
    #[error("there is no such token")]
    NotFound,
    /// A remote logout came after the request was authenticated and before this operation.
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Revokes a token of the user signed in. This works on every plan and with every role, because a
/// user may give up what they have.
///
/// # Errors
/// See [`RevokeError`]; nothing has changed then.
pub async fn revoke(
    op: &mut Operation,
    me: &SignedIn,
    kind: Kind,
    id: &TokenId,
) -> Result<Revoked, RevokeError> {
    let now = op.now;
    if !is_id(&id.0) {
        return Err(RevokeError::NotFound);
    }
    let live = op
        .lock_live(&me.user.id, &me.session)
        .await?
        .ok_or(RevokeError::AlreadyEnded)?;
    let name: Option<String> = on!(op, c => sqlx::query_scalar(
        "select name from tokens where id = $1 and user_id = $2 and kind = $3")
        .bind(id)
        .bind(&me.user.id)
        .bind(kind)
        .fetch_optional(c)
        .await)?;
    let Some(name) = name else {
        return Err(RevokeError::NotFound);
    };
    let revoked = execute!(
        op,
        "update tokens set revoked_at = $2 where id = $1 and revoked_at is null",
        id,
        now.at
    )?;
    if revoked == 0 {
        return Ok(Revoked::Already);
    }
    let event = Event::of(kind.deleted(), Actor::User(&me.user.id))
        .in_account(&live.user.account_id)
        .about(&me.user.id)
        .with(json!({ "name": name }));
    op.record(event);
    Ok(Revoked::Now(name))
}

/// Revokes every token of a kind that a user has; the caller records it. Returns the tokens' names.
pub(crate) async fn revoke_all(
    op: &mut Operation,
    user: &LockedUser,
    kind: Kind,
) -> Result<Vec<String>, sqlx::Error> {
    op.holds(user)?;
    let now = op.now;
    on!(op, c => sqlx::query_scalar(
        "update tokens set revoked_at = $3
         where user_id = $1 and kind = $2 and revoked_at is null returning name")
        .bind(&user.id)
        .bind(kind)
        .bind(now.at)
        .fetch_all(c)
        .await)
}
