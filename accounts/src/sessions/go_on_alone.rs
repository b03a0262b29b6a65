//! A session that goes on under a new cookie: alone, after a change of a credential has ended all
//! others, or because its person has just shown again who they are.

use serde_json::{Value, json};

use super::{
    Because, SessionId, Started,
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
pub struct Alone {
    pub session: Started,
    /// Sessions that ended, this one not counted.
    pub sessions: i64,
    pub remembered_devices: i64,
}

/// Ends every other session and all remembered devices under a new epoch, and records `event` with
/// the counts. The caller holds the person's lock, and has seen that this session is live.
pub(crate) async fn go_on_alone(
    tx: &mut Tx,
    (user, locked): (&UserId, &Locked),
    session: &SessionId,
    because: Because,
    event: Event<'_>,
    second_factor: Option<SecondFactor>,
    limits: &Limits,
    now: Moment,
) -> Result<Alone, sqlx::Error> {
    end_expired(tx, user, limits, now).await?;
    let open = count_open(tx, user, limits, now).await?;
    let others = open.sessions - 1;
    raise_epoch(tx, user).await?;
    let event = event.and(&counts(others, open.remembered_devices));
    let event = audit::record(tx, event, now).await?;
    let epoch = locked.epoch + 1;
    let session = renew(tx, session, epoch, second_factor, true, limits, now).await?;
    end_rows(tx, user, because, &event.id, Some(&session.id), now).await?;
    Ok(Alone {
        session,
        sessions: others,
        remembered_devices: open.remembered_devices,
    })
}

fn counts(sessions: i64, remembered_devices: i64) -> Value {
    json!({ "sessions": sessions, "remembered_devices": remembered_devices })
}

/// The person has just shown again who they are: the session's cookie changes (ASVS 5.0, 7.2.4), its
/// end does not.
pub(crate) async fn confirm(
    tx: &mut Tx,
    session: &SessionId,
    epoch: i64,
    second_factor: Option<SecondFactor>,
    limits: &Limits,
    now: Moment,
) -> Result<Started, sqlx::Error> {
    renew(tx, session, epoch, second_factor, false, limits, now).await
}

/// Gives the session a new cookie. One that starts over has its full time again, and is remembered
/// no longer: the remembered device has ended.
async fn renew(
    tx: &mut Tx,
    session: &SessionId,
    epoch: i64,
    second_factor: Option<SecondFactor>,
    starts_over: bool,
    limits: &Limits,
    now: Moment,
) -> Result<Started, sqlx::Error> {
    let token = Token::random();
    let expires_at = on!(tx, c => sqlx::query_scalar(
        "update sessions set previous_token_hash = token_hash, renewed_at = $4,
                token_hash = $2, epoch = $3, last_active_at = $4, confirmed_at = $4,
                second_factor = coalesce($5, second_factor),
                expires_at = case when $6 then $7 else expires_at end,
                remembered_device_id = case when $6 then null else remembered_device_id end
         where id = $1 returning expires_at")
        .bind(session)
        .bind(token.hash())
        .bind(epoch)
        .bind(now.at)
        .bind(second_factor)
        .bind(starts_over)
        .bind(now.at + limits.session_max)
        .fetch_one(c)
        .await)?;
    Ok(Started {
        id: session.clone(),
        token,
        expires_at,
    })
}
