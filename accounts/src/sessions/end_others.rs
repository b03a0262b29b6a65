//! Ending every other device, from a session of the same user.

use serde_json::json;

use super::{
    EndReason, SignedIn,
    end_all::{count_open, raise_epoch},
    end_one::{EndOneError, device_of},
    lock_live::lock_live,
    rotate::{RotatedSession, Rotation, rotate},
    start::end_expired,
};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    limits::Limits,
    on,
    time::Moment,
    users::Locked,
};

/// Ends every other session and remembered device of the user signed in. The epoch rises, so
/// that nothing half done elsewhere outlives it; this session and this browser's own remembered
/// device go along, the session under a new cookie.
///
/// # Errors
/// [`EndOneError::AlreadyEnded`] or [`EndOneError::Database`]; nothing has changed then.
pub async fn end_others(
    tx: &mut Tx,
    me: &SignedIn,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<RotatedSession, EndOneError> {
    let locked = lock_live(tx, me, limits, now)
        .await?
        .ok_or(EndOneError::AlreadyEnded)?;
    let user = &me.user.id;
    end_expired(tx, user, limits, now).await?;
    let open = count_open(tx, user, limits, now).await?;
    let mine = device_of(tx, &me.session).await?.unwrap_or_default();
    raise_epoch(tx, user).await?;
    let kept = take_along(tx, &mine, &locked).await?;
    let (sessions, remembered_devices) = (open.sessions - 1, open.remembered_devices - kept);
    let event = Event::of(Action::OtherDevicesEnded, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({ "sessions": sessions, "remembered_devices": remembered_devices }));
    let event = audit::record(tx, event, now).await?;
    let session = rotate(
        tx,
        &me.session,
        locked.epoch + 1,
        Rotation::CookieOnly,
        limits,
        now,
    )
    .await?;
    for sql in [
        "update sessions set ended_at = $4, end_reason = $5, ended_by = $6
         where id <> $1 and id <> $2 and user_id = $3 and ended_at is null",
        "update remembered_devices set ended_at = $4, end_reason = $5, ended_by = $6
         where id <> $1 and id <> $2 and user_id = $3 and ended_at is null",
    ] {
        on!(tx, c => sqlx::query(sql)
            .bind(&me.session)
            .bind(&mine)
            .bind(user)
            .bind(now.at)
            .bind(EndReason::EndedElsewhere)
            .bind(&event.id)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(RotatedSession {
        session,
        sessions,
        remembered_devices,
    })
}

/// Takes this browser's own remembered device along under the new epoch; one that is dead stays so.
/// How many that were, one at the most.
async fn take_along(tx: &mut Tx, device: &str, before: &Locked) -> Result<i64, sqlx::Error> {
    let kept = on!(tx, c => sqlx::query(
        "update remembered_devices set epoch = $2 where id = $1 and epoch = $3 and ended_at is null")
        .bind(device)
        .bind(before.epoch + 1)
        .bind(before.epoch)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(i64::from(kept > 0))
}
