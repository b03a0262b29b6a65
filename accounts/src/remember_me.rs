//! "Remember me": a long-lived cookie that can start a new session when the old one has expired.
//!
//! Its value is exchanged for a new one at each use. A value that is presented again after it was exchanged has been
//! copied, so the device and its sessions end.

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    curfew_schedule::Schedule,
    db::Conn,
    emails::EmailTemplate,
    end_reason::EndReason,
    execute,
    ids::UserId,
    live::live_device,
    on,
    operation::{LockedUser, Operation},
    secret::Token,
    sessions::{self, AuthMethod, Ended, NewSession, Raise, Started, raise},
    time::{Moment, UnixMillis},
};

/// What presenting a remember-me cookie led to.
#[derive(Debug)]
pub enum Exchange {
    /// A new session, and the cookie's next value.
    Session {
        user: UserId,
        started: Started,
        next: Token,
        expires_at: UnixMillis,
    },
    /// Exchanged a moment ago, perhaps by another tab of the same browser, whose answer is on its
    /// way. Nothing was issued and nothing ended; the browser should look again.
    JustExchanged,
    /// It was exchanged before, so a thief has a copy. The device and its sessions have ended; commit.
    Reused(Ended),
    /// It was valid once, and the device has ended.
    Ended(Ended),
    Unknown,
}

/// A remembered device's cookie value and its end.
#[derive(Debug, Clone)]
pub struct Remembered {
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Remembers a device. Returns the device's id and its cookie.
pub(crate) async fn issue(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<(String, Remembered), sqlx::Error> {
    op.holds(user)?;
    let (limits, now) = (op.limits, op.now);
    let device = now.id();
    let expires_at = now.at + limits.remember_for;
    let curfew_ends_at = Schedule::of(op, &user.id).await?.ends_after(now.at);
    let user_agent = op.client().user_agent.clone();
    execute!(
        op,
        "insert into remembered_devices (id, user_id, epoch, user_agent, created_at, last_used_at, expires_at, curfew_ends_at)
         values ($1, $2, $3, $4, $5, $5, $6, $7)",
        &device,
        &user.id,
        user.epoch,
        user_agent,
        now.at,
        expires_at,
        curfew_ends_at
    )?;
    let token = insert_token(op, &device).await?;
    Ok((device, Remembered { token, expires_at }))
}

async fn insert_token(op: &mut Operation, device: &str) -> Result<Token, sqlx::Error> {
    let now = op.now;
    let token = Token::random();
    execute!(
        op,
        "insert into remember_tokens (token_hash, device_id, created_at) values ($1, $2, $3)",
        token.hash(),
        device,
        now.at
    )?;
    Ok(token)
}

#[derive(FromRow)]
struct Device {
    id: String,
    epoch: i64,
    user_epoch: i64,
    user_disabled_at: Option<UnixMillis>,
    live: bool,
    expires_at: UnixMillis,
    curfew_ends_at: Option<UnixMillis>,
    ended_at: Option<UnixMillis>,
    end_reason: Option<EndReason>,
    ended_by: Option<String>,
    #[sqlx(flatten)]
    raise: Raise,
    exchanged_at: Option<UnixMillis>,
}

/// Whether the value was ever issued. For any other value the browser need not wait for the database's writer.
///
/// # Errors
/// When the database is unavailable.
pub async fn is_known(conn: &mut Conn, token: &Token) -> Result<bool, sqlx::Error> {
    Ok(owner(conn, token).await?.is_some())
}

/// Exchanges a remember-me cookie for a session and the cookie's next value.
///
/// `may_be_a_race` is for a browser's navigation, which several tabs make at once: within
/// [`Limits::exchange_race`](crate::limits::Limits::exchange_race) a value exchanged before is told to look again. It is
/// never given anything.
///
/// # Errors
/// When the database is unavailable.
pub async fn exchange(
    op: &mut Operation,
    token: &Token,
    may_be_a_race: bool,
) -> Result<Exchange, sqlx::Error> {
    let (limits, now) = (op.limits, op.now);
    let Some(user) = owner(op, token).await? else {
        return Ok(Exchange::Unknown);
    };
    let Some(user) = op.lock_user(&user).await? else {
        return Ok(Exchange::Unknown);
    };
    // Read under the lock: a remote logout or another exchange has either committed or not begun.
    let Some(device) = device_of(op, token).await? else {
        return Ok(Exchange::Unknown);
    };
    if let Some((reason, at)) = device.ended(now) {
        let ended = sessions::how_it_ended(op, reason, at, device.event()).await?;
        return Ok(Exchange::Ended(ended));
    }
    if let Some(exchanged_at) = device.exchanged_at {
        if may_be_a_race && now.at < exchanged_at + limits.exchange_race {
            return Ok(Exchange::JustExchanged);
        }
        return end_stolen(op, &user, &device.id).await;
    }

    mark_exchanged(op, token, &device.id).await?;
    let next = insert_token(op, &device.id).await?;
    let new = NewSession {
        user: &user,
        auth_method: AuthMethod::Remembered,
        second_factor: None,
        remembered_device: Some(&device.id),
    };
    let started = sessions::start(op, new).await?;
    let event = Event::of(Action::Login, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "how": "remembered" }));
    op.record(event);
    Ok(Exchange::Session {
        user: user.id,
        started,
        next,
        expires_at: device.expires_at,
    })
}

impl Device {
    /// Why and when it ended; none while it is live, as the database has said ([`live_device!`]).
    fn ended(&self, now: Moment) -> Option<(EndReason, UnixMillis)> {
        if self.live {
            return None;
        }
        if let Some(at) = self.ended_at {
            return Some((self.end_reason.unwrap_or(EndReason::SignedOut), at));
        }
        let by_itself = match self.curfew_ends_at {
            Some(at) if at < self.expires_at => (EndReason::Curfew, at),
            _ => (EndReason::Expired, self.expires_at),
        };
        // Its row is not marked yet: the first raise above its epoch says how it ended.
        if let Some(ended) = self.raise.or_before(by_itself) {
            return Some(ended);
        }
        match self.user_disabled_at {
            Some(at) => Some((EndReason::Disabled, at)),
            None if self.epoch != self.user_epoch => Some((EndReason::RemoteLogout, now.at)),
            None => Some(by_itself),
        }
    }

    /// The event of the operation that ended it, where there is one.
    fn event(&self) -> Option<&str> {
        self.ended_by.as_deref().or(self.raise.event())
    }
}

async fn owner(conn: &mut Conn, token: &Token) -> Result<Option<UserId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select d.user_id from remember_tokens t join remembered_devices d on d.id = t.device_id
         where t.token_hash = $1")
        .bind(token.hash())
        .fetch_optional(c)
        .await)
}

async fn device_of(op: &mut Operation, token: &Token) -> Result<Option<Device>, sqlx::Error> {
    let now = op.now.at;
    on!(op, c => sqlx::query_as(concat!(
        "select d.id, d.epoch, u.epoch as user_epoch, u.disabled_at as user_disabled_at, ", live_device!("$1"), " as live,
                d.expires_at, d.curfew_ends_at, d.ended_at, d.end_reason, d.ended_by, t.exchanged_at, ", raise!(), "
         from remember_tokens t join remembered_devices d on d.id = t.device_id join users u on u.id = d.user_id
         left join epoch_raises r on r.user_id = d.user_id and r.epoch = d.epoch
         where t.token_hash = $2"))
        .bind(now)
        .bind(token.hash())
        .fetch_optional(c)
        .await)
}

async fn mark_exchanged(
    op: &mut Operation,
    token: &Token,
    device: &str,
) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "update remember_tokens set exchanged_at = $2 where token_hash = $1",
        token.hash(),
        now.at
    )?;
    execute!(
        op,
        "update remembered_devices set last_used_at = $2 where id = $1",
        device,
        now.at
    )?;
    Ok(())
}

/// Ends a device whose cookie was used twice, with every session that it started, and tells the user.
async fn end_stolen(
    op: &mut Operation,
    user: &LockedUser,
    device: &str,
) -> Result<Exchange, sqlx::Error> {
    let now = op.now.at;
    let (action, reason) = (Action::RememberedDeviceReused, EndReason::Reused);
    let event = Event::of(action, Actor::Anonymous)
        .in_account(&user.account_id)
        .about(&user.id);
    let event = op.record(event);
    for sql in [
        "update remembered_devices set ended_at = $2, end_reason = $3, ended_by = $4
         where id = $1 and epoch = $5",
        "update sessions set ended_at = $2, end_reason = $3, ended_by = $4
         where remembered_device_id = $1 and ended_at is null and epoch = $5",
    ] {
        execute!(op, sql, device, now, reason, &event, user.epoch)?;
    }
    op.email(&user.email, EmailTemplate::RememberedDeviceReused);
    Ok(Exchange::Reused(Ended {
        end_reason: reason,
        at: now,
        by_user_agent: Some(op.client().user_agent.clone()),
        by: Some("anonymous".into()),
        by_name: None,
        action: Some(action.name().into()),
    }))
}
