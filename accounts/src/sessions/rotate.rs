//! A session that stays live under a new cookie: because the others have ended, or because its user has just passed
//! step-up.

use super::{
    Started,
    end_together::{Ending, Keep, end_together},
    start::SecondFactor,
};
use crate::{
    audit::Event,
    end_reason::EndReason,
    ids::{EventId, SessionId},
    on,
    operation::{LiveSession, Operation},
    secret::Token,
};

/// What ended, and the session that stays live.
#[derive(Debug)]
pub struct RotatedSession {
    pub session: Started,
    /// Sessions that ended, this one not counted.
    pub sessions: i64,
    pub remembered_devices: i64,
    /// The event of it: what ended at applications is found by it.
    pub event: EventId,
}

/// Ends every other session and all remembered devices, and records `event` with the counts.
pub(crate) async fn end_others_and_rotate(
    op: &mut Operation,
    live: &LiveSession,
    event: Event<'_>,
    reason: EndReason,
    second_factor: Option<SecondFactor>,
) -> Result<RotatedSession, sqlx::Error> {
    let ending = Ending {
        event,
        reason,
        keep: Some(Keep::session(&live.id)),
        browser_stays_known: true,
    };
    let ended = end_together(op, &live.user, ending).await?;
    let session = rotate(op, &live.id, Rotation::StartOver(second_factor)).await?;
    Ok(RotatedSession {
        session,
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        event: ended.event,
    })
}

/// The user has just passed step-up: the session's cookie changes (ASVS 5.0, 7.2.4), the time at which it expires does
/// not.
pub(crate) async fn confirm(
    op: &mut Operation,
    live: &LiveSession,
    second_factor: Option<SecondFactor>,
) -> Result<Started, sqlx::Error> {
    rotate(op, &live.id, Rotation::Confirmed(second_factor)).await
}

/// The session stays where all others of its user have ended: only its cookie changes.
pub(crate) async fn rotate_kept(
    op: &mut Operation,
    session: &SessionId,
) -> Result<Started, sqlx::Error> {
    rotate(op, session, Rotation::CookieOnly).await
}

/// What changes together with the cookie.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rotation {
    /// Nothing else, because no password or code was shown.
    CookieOnly,
    /// The time of the last step-up, because the user has just passed it.
    Confirmed(Option<SecondFactor>),
    /// That too, and its full time begins again. It is remembered no longer, because the remembered device has ended.
    StartOver(Option<SecondFactor>),
}

/// Gives the session a new cookie.
pub(super) async fn rotate(
    op: &mut Operation,
    session: &SessionId,
    rotation: Rotation,
) -> Result<Started, sqlx::Error> {
    let (limits, now) = (op.limits, op.now);
    let (confirmed, start_over_lifetime, second_factor) = match rotation {
        Rotation::CookieOnly => (false, false, None),
        Rotation::Confirmed(factor) => (true, false, factor),
        Rotation::StartOver(factor) => (true, true, factor),
    };
    let token = Token::random();
    let expires_at = on!(op, c => sqlx::query_scalar(
        "update sessions set previous_token_hash = token_hash, rotated_at = $3,
                token_hash = $2, last_active_at = $3,
                confirmed_at = case when $4 then $3 else confirmed_at end,
                second_factor = coalesce($5, second_factor),
                expires_at = case when $6 then $7 else expires_at end
         where id = $1 returning expires_at")
        .bind(session)
        .bind(token.hash())
        .bind(now.at)
        .bind(confirmed)
        .bind(second_factor)
        .bind(start_over_lifetime)
        .bind(now.at + limits.session_max)
        .fetch_one(c)
        .await)?;
    Ok(Started {
        id: session.clone(),
        token,
        expires_at,
    })
}
