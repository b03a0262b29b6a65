//! A program ends one session of its person's.

use super::{Bearer, PressError, find::still_good};
use crate::{
    audit::Client,
    db::Tx,
    limits::Limits,
    sessions::{SessionId, Which, end_device, is_live},
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
    let (person, which) = ((user, &locked), Which::Session(session));
    if !is_live(tx, session, locked.epoch, limits, now).await? {
        return Err(PressError::NotFound);
    }
    end_device(tx, person, which, None, Some("api/v1"), client, now)
        .await?
        .map(|_| ())
        .ok_or(PressError::NotFound)
}
