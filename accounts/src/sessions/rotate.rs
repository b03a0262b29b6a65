//! A session that goes on under a new cookie: alone, after the others have ended, or because its user
//! has just shown again who they are.

use serde_json::{Value, json};

use super::{
    EndReason, SessionId, Started,
    end_all::{count_open, end_rows, raise_epoch},
    start::{SecondFactor, end_expired},
};
use crate::{
    audit::{self, Event},
    db::Tx,
    limits::Limits,
    on,
    secret::Token,
    time::Moment,
    users::{Locked, UserId},
};

/// What ended, and the session that goes on.
#[derive(Debug)]
pub struct RotatedSession {
    pub session: Started,
    /// Sessions that ended, this one not counted.
    pub sessions: i64,
    pub remembered_devices: i64,
}

/// Ends every other session and all remembered devices under a new epoch, and records `event` with
/// the counts. The caller holds the user's lock, and has seen that this session is live.
pub(crate) async fn end_others_and_rotate(
    tx: &mut Tx,
    (user, locked): (&UserId, &Locked),
    session: &SessionId,
    end_reason: EndReason,
    event: Event<'_>,
    second_factor: Option<SecondFactor>,
    limits: &Limits,
    now: Moment,
) -> Result<RotatedSession, sqlx::Error> {
    end_expired(tx, user, limits, now).await?;
    let open = count_open(tx, user, limits, now).await?;
    let others = open.sessions - 1;
    raise_epoch(tx, user).await?;
    let event = event.and(&counts(others, open.remembered_devices));
    let event = audit::record(tx, event, now).await?;
    let epoch = locked.epoch + 1;
    let session = rotate(
        tx,
        session,
        epoch,
        Rotation::StartOver(second_factor),
        limits,
        now,
    )
    .await?;
    end_rows(tx, user, end_reason, &event.id, Some(&session.id), now).await?;
    Ok(RotatedSession {
        session,
        sessions: others,
        remembered_devices: open.remembered_devices,
    })
}

fn counts(sessions: i64, remembered_devices: i64) -> Value {
    json!({ "sessions": sessions, "remembered_devices": remembered_devices })
}

/// The user has just shown again who they are: the session's cookie changes (ASVS 5.0, 7.2.4), its
/// end does not.
pub(crate) async fn confirm(
    tx: &mut Tx,
    session: &SessionId,
    epoch: i64,
    second_factor: Option<SecondFactor>,
    limits: &Limits,
    now: Moment,
) -> Result<Started, sqlx::Error> {
    rotate(
        tx,
        session,
        epoch,
        Rotation::Confirmed(second_factor),
        limits,
        now,
    )
    .await
}

/// What a new cookie brings along.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rotation {
    /// Nobody has shown a password or code: all else stays.
    CookieOnly,
    /// The user has just confirmed who they are.
    Confirmed(Option<SecondFactor>),
    /// That too, and its full time begins again; it is remembered no longer, for the remembered device has
    /// ended.
    StartOver(Option<SecondFactor>),
}

/// Gives the session a new cookie under an epoch.
pub(super) async fn rotate(
    tx: &mut Tx,
    session: &SessionId,
    epoch: i64,
    renewal: Rotation,
    limits: &Limits,
    now: Moment,
) -> Result<Started, sqlx::Error> {
    let (confirmed, start_over_lifetime, second_factor) = match renewal {
        Rotation::CookieOnly => (false, false, None),
        Rotation::Confirmed(factor) => (true, false, factor),
        Rotation::StartOver(factor) => (true, true, factor),
    };
    let token = Token::random();
    let expires_at = on!(tx, c => sqlx::query_scalar(
        "update sessions set previous_token_hash = token_hash, rotated_at = $4,
                token_hash = $2, epoch = $3, last_active_at = $4,
                confirmed_at = case when $5 then $4 else confirmed_at end,
                second_factor = coalesce($6, second_factor),
                expires_at = case when $7 then $8 else expires_at end,
                remembered_device_id = case when $7 then null else remembered_device_id end
         where id = $1 returning expires_at")
        .bind(session)
        .bind(token.hash())
        .bind(epoch)
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
