//! A program ends one session of its user's.

use super::BearerError;
use crate::{
    ids::{SessionId, is_id},
    operation::Operation,
    rate_limits,
    sessions::{DeviceRef, EndDevice, end_device},
    tokens::{Bearer, still_good},
};

/// Ends a live session of the bearer, and the remembered device behind it, because that device's cookie would start
/// another session.
///
/// # Errors
/// [`BearerError::NotFound`] when the session does not exist, is not live or is another user's;
/// [`BearerError::RateLimited`] when this token has ended too many within the hour; nothing has changed then.
pub async fn end_session(
    op: &mut Operation,
    bearer: &Bearer,
    session: &SessionId,
) -> Result<(), BearerError> {
    if !bearer.may(bearer.kind.ending_scope()) {
        return Err(BearerError::Scope);
    }
    if !is_id(&session.0) {
        return Err(BearerError::NotFound);
    }
    let user = op.lock_user(&bearer.user.id).await?;
    let user = user.ok_or(BearerError::Unknown)?;
    if still_good(op, bearer).await?.is_none() {
        return Err(BearerError::Unknown);
    }
    if !op.is_live(&user, session).await? {
        return Err(BearerError::NotFound);
    }
    rate_limits::permit_ending_a_session(op, &bearer.token)
        .await?
        .map_err(BearerError::RateLimited)?;
    let ending = EndDevice {
        device: DeviceRef::Session(session),
        spare: None,
        path: Some("api/v1"),
        by_operator: false,
    };
    let ended = end_device(op, &user, ending).await?;
    ended.map(drop).ok_or(BearerError::NotFound)
}
