//! A program ends one session of its user's.

use super::{Bearer, BearerError, find::still_good};
use crate::{
    audit::Client,
    db::Tx,
    limits::Limits,
    sessions::{DeviceRef, SessionId, end_device, is_live},
    time::{Moment, is_id},
    users,
};

/// Ends a live session of the bearer's, and the remembered device behind it: its cookie would start
/// another.
///
/// # Errors
/// [`BearerError::NotFound`] when it is not there, not alive or somebody else's; nothing has changed then.
pub async fn end_session(
    tx: &mut Tx,
    bearer: &Bearer,
    session: &SessionId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), BearerError> {
    if !bearer.may(bearer.kind.ending_scope()) {
        return Err(BearerError::Scope);
    }
    if !is_id(&session.0) {
        return Err(BearerError::NotFound);
    }
    let user = &bearer.user.id;
    let Some(locked) = users::lock(tx, user).await? else {
        return Err(BearerError::Unknown);
    };
    if still_good(tx, bearer, now).await?.is_none() {
        return Err(BearerError::Unknown);
    }
    let (person, which) = ((user, &locked), DeviceRef::Session(session));
    if !is_live(tx, session, locked.epoch, limits, now).await? {
        return Err(BearerError::NotFound);
    }
    end_device(tx, person, which, None, Some("api/v1"), client, now)
        .await?
        .map(|_| ())
        .ok_or(BearerError::NotFound)
}
