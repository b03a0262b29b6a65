//! Ending one device of a user: from another session of theirs, or by a program that holds their token.

use serde_json::json;
use sqlx::FromRow;

use super::SignedIn;
use crate::{
    audit::{Action, Actor, Event},
    device,
    end_reason::EndReason,
    execute,
    ids::{SessionId, UserId},
    on,
    operation::{LockedUser, Operation},
};

/// Which device of the user's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceRef<'a> {
    /// By one of its sessions.
    Session(&'a SessionId),
    /// By its remembered device, when it has no live session.
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

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum EndOneError {
    /// It is another user's, has ended already, or never existed: the answer is the same.
    #[error("there is no such device")]
    NotThere,
    /// It is the session that asks: to end that is to sign out.
    #[error("this is the device that asks")]
    ThisOne,
    /// A remote logout or another end came first: the session that asks has ended.
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Target {
    user_agent: String,
    label: Option<String>,
    remembered_device_id: Option<String>,
}

/// Ends one device of the user signed in: its session and, so that the browser is not signed in again at once, its
/// remembered device with every session that this has started.
///
/// # Errors
/// See [`EndOneError`]; in each case nothing has changed.
pub async fn end_one(
    op: &mut Operation,
    me: &SignedIn,
    device: DeviceRef<'_>,
) -> Result<EndedOne, EndOneError> {
    let live = op.lock_live(&me.user.id, &me.session).await?;
    let live = live.ok_or(EndOneError::AlreadyEnded)?;
    let mine = device_of(op, &me.session).await?;
    let this_one = match device {
        DeviceRef::Session(session) => *session == me.session,
        DeviceRef::Remembered(device) => mine.as_deref() == Some(device),
    };
    if this_one {
        return Err(EndOneError::ThisOne);
    }
    let ending = EndDevice {
        device,
        // When another session of this browser ends, this browser's own remembered device must not end with it.
        spare: mine.as_deref(),
        path: None,
        by_operator: false,
    };
    let ended = end_device(op, &live.user, ending).await?;
    ended.ok_or(EndOneError::NotThere)
}

/// The same for one session of a user, by the operator on the command line.
///
/// # Errors
/// See [`EndOneError`]; in each case nothing has changed.
pub async fn end_one_by_operator(
    op: &mut Operation,
    user: &UserId,
    session: &SessionId,
) -> Result<EndedOne, EndOneError> {
    let user = op.lock_user(user).await?.ok_or(EndOneError::NotThere)?;
    let ending = EndDevice {
        device: DeviceRef::Session(session),
        spare: None,
        path: Some("cli"),
        by_operator: true,
    };
    let ended = end_device(op, &user, ending).await?;
    ended.ok_or(EndOneError::NotThere)
}

/// Which device ends, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndDevice<'a> {
    pub device: DeviceRef<'a>,
    /// A remembered device that stays.
    pub spare: Option<&'a str>,
    /// Where it was asked for, when that was not a page.
    pub path: Option<&'a str>,
    /// Else the user did it.
    pub by_operator: bool,
}

/// Ends the session and the remembered device of a device, and records it. None when the user has no such open device.
pub(crate) async fn end_device(
    op: &mut Operation,
    user: &LockedUser,
    ending: EndDevice<'_>,
) -> Result<Option<EndedOne>, sqlx::Error> {
    op.holds(user)?;
    let now = op.now;
    let Some(target) = target(op, user, ending.device).await? else {
        return Ok(None);
    };
    let session = match ending.device {
        DeviceRef::Session(session) => session.as_str(),
        DeviceRef::Remembered(_) => "",
    };
    let device = target.remembered_device_id.as_deref();
    let device = device
        .filter(|d| Some(*d) != ending.spare)
        .unwrap_or_default();
    let name = target
        .label
        .unwrap_or_else(|| device::of(&target.user_agent).label());
    let (sessions, remembered_devices): (i64, i64) = on!(op, c => sqlx::query_as(
        "select (select count(*) from sessions
                 where (id = $1 or remembered_device_id = $2) and user_id = $3 and epoch = $4 and ended_at is null),
                (select count(*) from remembered_devices
                 where id = $2 and user_id = $3 and epoch = $4 and ended_at is null)")
        .bind(session)
        .bind(device)
        .bind(&user.id)
        .bind(user.epoch)
        .fetch_one(c)
        .await)?;
    let mut details = json!({
        "device": name, "sessions": sessions, "remembered_devices": remembered_devices,
    });
    if let Some(path) = ending.path {
        details["path"] = path.into();
    }
    let actor = if ending.by_operator {
        Actor::Operator
    } else {
        Actor::User(&user.id)
    };
    let event = op.record(
        Event::of(Action::DeviceEnded, actor)
            .in_account(&user.account_id)
            .about(&user.id)
            .with(details),
    );
    for sql in [
        "update sessions set ended_at = $4, end_reason = $5, ended_by = $6
         where (id = $1 or remembered_device_id = $2) and user_id = $3 and epoch = $7 and ended_at is null",
        "update remembered_devices set ended_at = $4, end_reason = $5, ended_by = $6
         where id <> $1 and id = $2 and user_id = $3 and epoch = $7 and ended_at is null",
    ] {
        let reason = EndReason::EndedElsewhere;
        execute!(
            op, sql, session, device, &user.id, now.at, reason, &event, user.epoch
        )?;
    }
    Ok(Some(EndedOne {
        name,
        sessions: sessions.unsigned_abs(),
        remembered_devices: remembered_devices.unsigned_abs(),
    }))
}

async fn target(
    op: &mut Operation,
    user: &LockedUser,
    device: DeviceRef<'_>,
) -> Result<Option<Target>, sqlx::Error> {
    let (sql, id) = match device {
        DeviceRef::Session(id) => (
            "select s.user_agent, coalesce(d.label, s.label) as label, d.id as remembered_device_id
             from sessions s left join remembered_devices d
                  on d.id = s.remembered_device_id and d.ended_at is null
             where s.id = $1 and s.user_id = $2 and s.epoch = $3 and s.ended_at is null",
            id.0.as_str(),
        ),
        DeviceRef::Remembered(id) => (
            "select user_agent, label, id as remembered_device_id from remembered_devices
             where id = $1 and user_id = $2 and epoch = $3 and ended_at is null",
            id,
        ),
    };
    on!(op, c => sqlx::query_as(sql)
        .bind(id)
        .bind(&user.id)
        .bind(user.epoch)
        .fetch_optional(c)
        .await)
}

/// The remembered device that a session came from.
async fn device_of(op: &mut Operation, session: &SessionId) -> Result<Option<String>, sqlx::Error> {
    on!(op, c => sqlx::query_scalar("select remembered_device_id from sessions where id = $1")
        .bind(session)
        .fetch_one(c)
        .await)
}
