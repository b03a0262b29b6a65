//! Ending one device, or every other one, from a session of the same person.

use serde_json::json;
use sqlx::FromRow;

use super::{
    Because, SessionId, SignedIn, Started, count_open, end_all::raise_epoch, find::is_live,
    start::end_expired,
};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    device,
    limits::Limits,
    on,
    secret::Token,
    time::{Moment, UnixMillis},
    users::{self, Locked},
};

/// Which device of the person's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// By one of its sessions.
    Session(&'a SessionId),
    /// By its remembered device, when no session of it lives.
    Remembered(&'a str),
}

/// What was ended with a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedOne {
    /// What the list called it.
    pub name: String,
    pub sessions: u64,
    pub remembered_devices: u64,
}

/// What was ended with all other devices. This session goes on under a new cookie.
#[derive(Debug)]
pub struct EndedOthers {
    pub session: Started,
    /// Sessions that ended, this one not counted.
    pub sessions: i64,
    pub remembered_devices: i64,
}

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum EndOneError {
    /// It is somebody else's, has ended already, or never was: the answer is the same.
    #[error("there is no such device")]
    NotThere,
    /// This very session: that is signing out.
    #[error("this is the device that asks")]
    ThisOne,
    /// A press or another end came first: the session that asks is dead.
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Target {
    user_agent: String,
    label: Option<String>,
    remembered_device_id: Option<String>,
}

impl Target {
    fn name(&self) -> String {
        let name = || device::of(&self.user_agent).label();
        self.label.clone().unwrap_or_else(name)
    }
}

/// Ends one device of the person signed in: its session and, so that it does not come straight back,
/// its remembered device with every session that one has started.
///
/// # Errors
/// See [`EndOneError`]; whatever it is, nothing has changed.
pub async fn end_one(
    tx: &mut Tx,
    me: &SignedIn,
    which: Which<'_>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<EndedOne, EndOneError> {
    let locked = lock_alive(tx, me, limits, now).await?;
    if which == Which::Session(&me.session) {
        return Err(EndOneError::ThisOne);
    }
    let target = target(tx, me, which, locked.epoch)
        .await?
        .ok_or(EndOneError::NotThere)?;
    let mine = device_of(tx, &me.session).await?;
    if mine
        .as_deref()
        .is_some_and(|mine| which == Which::Remembered(mine))
    {
        return Err(EndOneError::ThisOne);
    }
    let session = match which {
        Which::Session(id) => id.0.as_str(),
        Which::Remembered(_) => "",
    };
    // Another session of this very browser must not take this browser's own device along.
    let device = target.remembered_device_id.clone();
    let device = device
        .filter(|d| Some(d) != mine.as_ref())
        .unwrap_or_default();
    let name = target.name();
    let sessions = count(
        tx,
        "select count(*) from sessions
         where (id = $1 or remembered_device_id = $2) and user_id = $3 and ended_at is null",
        (session, &device, me),
    )
    .await?;
    let remembered_devices = count(
        tx,
        "select count(*) from remembered_devices
         where id <> $1 and id = $2 and user_id = $3 and ended_at is null",
        (session, &device, me),
    )
    .await?;
    let event = Event::of(Action::DeviceEnded, Actor::User(&me.user.id), client)
        .in_account(&locked.account_id)
        .about(&me.user.id)
        .with(json!({
            "device": name, "sessions": sessions, "remembered_devices": remembered_devices,
        }));
    let event = audit::record(tx, event, now).await?;
    end_where(
        tx,
        "update sessions set ended_at = $4, ended_because = $5, ended_by = $6
         where (id = $1 or remembered_device_id = $2) and user_id = $3 and ended_at is null",
        (session, &device, me),
        &event.id,
        now.at,
    )
    .await?;
    end_where(
        tx,
        "update remembered_devices set ended_at = $4, ended_because = $5, ended_by = $6
         where id <> $1 and id = $2 and user_id = $3 and ended_at is null",
        (session, &device, me),
        &event.id,
        now.at,
    )
    .await?;
    Ok(EndedOne {
        name,
        sessions: sessions.unsigned_abs(),
        remembered_devices: remembered_devices.unsigned_abs(),
    })
}

/// Ends every other session and remembered device of the person signed in. The epoch rises, so
/// that nothing half done elsewhere outlives it; this session and this browser's own remembered
/// device go along, the session under a new cookie.
///
/// # Errors
/// [`EndOneError::AlreadyEnded`] or [`EndOneError::Store`]; nothing has changed then.
pub async fn end_others(
    tx: &mut Tx,
    me: &SignedIn,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<EndedOthers, EndOneError> {
    let locked = lock_alive(tx, me, limits, now).await?;
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
    let session = renew(tx, &me.session, locked.epoch + 1, now).await?;
    for sql in [
        "update sessions set ended_at = $4, ended_because = $5, ended_by = $6
         where id <> $1 and id <> $2 and user_id = $3 and ended_at is null",
        "update remembered_devices set ended_at = $4, ended_because = $5, ended_by = $6
         where id <> $1 and id <> $2 and user_id = $3 and ended_at is null",
    ] {
        let but = (me.session.0.as_str(), mine.as_str(), me);
        end_where(tx, sql, but, &event.id, now.at).await?;
    }
    Ok(EndedOthers {
        session,
        sessions,
        remembered_devices,
    })
}

/// The person's lock, and the session that asks alive under it.
pub(super) async fn lock_alive(
    tx: &mut Tx,
    me: &SignedIn,
    limits: &Limits,
    now: Moment,
) -> Result<Locked, EndOneError> {
    let locked = users::lock(tx, &me.user.id).await?;
    let locked = locked.ok_or(EndOneError::AlreadyEnded)?;
    if is_live(tx, &me.session, locked.epoch, limits, now).await? {
        Ok(locked)
    } else {
        Err(EndOneError::AlreadyEnded)
    }
}

async fn target(
    tx: &mut Tx,
    me: &SignedIn,
    which: Which<'_>,
    epoch: i64,
) -> Result<Option<Target>, sqlx::Error> {
    let (sql, id) = match which {
        Which::Session(id) => (
            "select s.user_agent, coalesce(d.label, s.label) as label, d.id as remembered_device_id
             from sessions s left join remembered_devices d
                  on d.id = s.remembered_device_id and d.ended_at is null
             where s.id = $1 and s.user_id = $2 and s.epoch = $3 and s.ended_at is null",
            id.0.as_str(),
        ),
        Which::Remembered(id) => (
            "select user_agent, label, id as remembered_device_id from remembered_devices
             where id = $1 and user_id = $2 and epoch = $3 and ended_at is null",
            id,
        ),
    };
    on!(tx, c => sqlx::query_as(sql)
        .bind(id)
        .bind(&me.user.id)
        .bind(epoch)
        .fetch_optional(c)
        .await)
}

/// The remembered device that a session came from.
async fn device_of(tx: &mut Tx, session: &SessionId) -> Result<Option<String>, sqlx::Error> {
    on!(tx, c => sqlx::query_scalar("select remembered_device_id from sessions where id = $1")
        .bind(session)
        .fetch_one(c)
        .await)
}

async fn count(
    tx: &mut Tx,
    sql: &'static str,
    (one, two, me): (&str, &str, &SignedIn),
) -> Result<i64, sqlx::Error> {
    on!(tx, c => sqlx::query_scalar(sql)
        .bind(one)
        .bind(two)
        .bind(&me.user.id)
        .fetch_one(c)
        .await)
}

async fn end_where(
    tx: &mut Tx,
    sql: &'static str,
    (one, two, me): (&str, &str, &SignedIn),
    event: &str,
    at: UnixMillis,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(sql)
        .bind(one)
        .bind(two)
        .bind(&me.user.id)
        .bind(at)
        .bind(Because::EndedElsewhere)
        .bind(event)
        .execute(c)
        .await
        .map(|_| ()))
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

/// The same session under a new cookie and the new epoch. When it ends stays as it was: nobody has
/// shown a password.
async fn renew(
    tx: &mut Tx,
    session: &SessionId,
    epoch: i64,
    now: Moment,
) -> Result<Started, sqlx::Error> {
    let token = Token::random();
    let expires_at = on!(tx, c => sqlx::query_scalar(
        "update sessions set previous_token_hash = token_hash, renewed_at = $4, token_hash = $2, epoch = $3
         where id = $1 returning expires_at")
        .bind(session)
        .bind(token.hash())
        .bind(epoch)
        .bind(now.at)
        .fetch_one(c)
        .await)?;
    Ok(Started {
        id: session.clone(),
        token,
        expires_at,
    })
}
