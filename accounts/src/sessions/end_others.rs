//! Ending every other device, from a session of the same user.

use super::{
    EndOneError, SignedIn,
    end_together::{Ending, Keep, end_together},
    rotate::{RotatedSession, Rotation, rotate},
};
use crate::{
    audit::{Action, Actor, Event},
    end_reason::EndReason,
    operation::Operation,
};

/// Ends every other session and remembered device of the user signed in. The epoch rises, so that no sign-in
/// that is under way elsewhere outlives it. This session, under a new cookie, and this browser's own remembered device
/// stay.
///
/// # Errors
/// [`EndOneError::AlreadyEnded`] or [`EndOneError::Database`]; nothing has changed then.
pub async fn end_others(op: &mut Operation, me: &SignedIn) -> Result<RotatedSession, EndOneError> {
    let live = op.lock_live(&me.user.id, &me.session).await?;
    let live = live.ok_or(EndOneError::AlreadyEnded)?;
    let ending = Ending {
        event: Event::of(Action::OtherDevicesEnded, Actor::User(&me.user.id)),
        reason: EndReason::EndedElsewhere,
        keep: Some(Keep::session_and_device(&live.id)),
        browser_stays_known: true,
    };
    let ended = end_together(op, &live.user, ending).await?;
    Ok(RotatedSession {
        session: rotate(op, &live.id, Rotation::CookieOnly).await?,
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        event: ended.event,
    })
}
