//! "Remember me": a long-lived cookie that can start a new session when the old one has run out.
//!
//! Its value is exchanged for a new one at each use. One that comes back after it was exchanged was
//! copied: the device and its sessions end.

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    curfew,
    db::{Conn, Tx},
    emails::{self, Email, EmailTemplate},
    limits::Limits,
    on,
    secret::Token,
    sessions::{self, AuthMethod, EndReason, Ended, Started},
    time::{Moment, UnixMillis},
    users::{self, UserId},
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
    /// Exchanged a moment ago: perhaps by another tab of the same browser, whose answer is on its
    /// way. Nothing was given and nothing ended; the browser should look again.
    JustExchanged,
    /// It was exchanged before: somebody has a copy. The device and its sessions have ended; commit.
    Reused(Ended),
    /// It was good once, and the device has ended.
    Ended(Ended),
    Unknown,
}

/// A remembered device's cookie value and its end.
#[derive(Debug, Clone)]
pub struct Remembered {
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Remembers a device. The caller holds the user's lock. Returns the device's id and its cookie.
pub(crate) async fn issue(
    tx: &mut Tx,
    user: &UserId,
    epoch: i64,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(String, Remembered), sqlx::Error> {
    let device = now.id();
    let expires_at = now.at + limits.remember_for;
    on!(tx, c => sqlx::query(
        "insert into remembered_devices (id, user_id, epoch, user_agent, created_at, last_used_at, expires_at)
         values ($1, $2, $3, $4, $5, $5, $6)")
        .bind(&device)
        .bind(user)
        .bind(epoch)
        .bind(&client.user_agent)
        .bind(now.at)
        .bind(expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    let token = insert_token(tx, &device, now).await?;
    Ok((device, Remembered { token, expires_at }))
}

async fn insert_token(tx: &mut Tx, device: &str, now: Moment) -> Result<Token, sqlx::Error> {
    let token = Token::random();
    on!(tx, c => sqlx::query(
        "insert into remember_tokens (token_hash, device_id, created_at) values ($1, $2, $3)")
        .bind(token.hash())
        .bind(device)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(token)
}

#[derive(FromRow)]
struct Device {
    id: String,
    epoch: i64,
    created_at: UnixMillis,
    expires_at: UnixMillis,
    ended_at: Option<UnixMillis>,
    end_reason: Option<EndReason>,
    ended_by: Option<String>,
    exchanged_at: Option<UnixMillis>,
}

/// Whether the value was ever given out. Whatever else a browser sends need not wait for the writer.
///
/// # Errors
/// When the database is unavailable.
pub async fn is_known(conn: &mut Conn, token: &Token) -> Result<bool, sqlx::Error> {
    Ok(owner(conn, token).await?.is_some())
}

/// Exchanges a remember-me cookie for a session and the cookie's next value.
///
/// `may_be_a_race` is for a browser's navigation, which several tabs make at once: within
/// [`Limits::exchange_race`] such a one is told to look again. It is never given anything.
///
/// # Errors
/// When the database is unavailable.
pub async fn exchange(
    tx: &mut Tx,
    token: &Token,
    may_be_a_race: bool,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Exchange, sqlx::Error> {
    let Some(user) = owner(tx, token).await? else {
        return Ok(Exchange::Unknown);
    };
    let Some(locked) = users::lock(tx, &user).await? else {
        return Ok(Exchange::Unknown);
    };
    // Read under the lock: a remote logout or another exchange has either committed or not begun.
    let Some(device) = device_of(tx, token).await? else {
        return Ok(Exchange::Unknown);
    };
    let cut = curfew::cut(tx, &user, now).await?;
    if let Some((end_reason, at)) = device.ended(locked.epoch, locked.disabled_at, cut, now) {
        let ended = sessions::how_it_ended(tx, end_reason, at, device.ended_by.as_deref()).await?;
        return Ok(Exchange::Ended(ended));
    }
    if let Some(exchanged_at) = device.exchanged_at {
        if may_be_a_race && now.at < exchanged_at + limits.exchange_race {
            return Ok(Exchange::JustExchanged);
        }
        let account = &locked.account_id;
        let event = Event::of(Action::RememberedDeviceReused, Actor::Anonymous, client)
            .in_account(account)
            .about(&user);
        let ended = end_stolen(tx, &device, event, now).await?;
        let email = Email::new(EmailTemplate::RememberedDeviceReused, client);
        emails::enqueue(tx, &locked.email, &email, now).await?;
        return Ok(ended);
    }

    mark_exchanged(tx, token, &device.id, now).await?;
    let next = insert_token(tx, &device.id, now).await?;
    let from = sessions::NewSession {
        user: &user,
        epoch: locked.epoch,
        how: AuthMethod::Remembered,
        second_factor: None,
        remembered_device: Some(&device.id),
    };
    let started = sessions::start(tx, from, client, limits, now).await?;
    let event = Event::of(Action::Login, Actor::User(&user), client)
        .in_account(&locked.account_id)
        .about(&user)
        .with(json!({ "how": "remembered" }));
    audit::record(tx, event, now).await?;
    Ok(Exchange::Session {
        user,
        started,
        next,
        expires_at: device.expires_at,
    })
}

impl Device {
    fn ended(
        &self,
        epoch: i64,
        disabled_at: Option<UnixMillis>,
        cut: UnixMillis,
        now: Moment,
    ) -> Option<(EndReason, UnixMillis)> {
        if let Some(at) = self.ended_at {
            return Some((self.end_reason.unwrap_or(EndReason::SignedOut), at));
        }
        if let Some(at) = disabled_at {
            return Some((EndReason::Disabled, at));
        }
        if self.epoch != epoch {
            return Some((EndReason::RemoteLogout, now.at));
        }
        if self.created_at < cut {
            return Some((EndReason::Curfew, cut));
        }
        (self.expires_at <= now.at).then_some((EndReason::Expired, self.expires_at))
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

async fn device_of(tx: &mut Tx, token: &Token) -> Result<Option<Device>, sqlx::Error> {
    on!(tx, c => sqlx::query_as(
        "select d.id, d.epoch, d.created_at, d.expires_at, d.ended_at, d.end_reason, d.ended_by, t.exchanged_at
         from remember_tokens t join remembered_devices d on d.id = t.device_id
         where t.token_hash = $1")
        .bind(token.hash())
        .fetch_optional(c)
        .await)
}

async fn mark_exchanged(
    tx: &mut Tx,
    token: &Token,
    device: &str,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update remember_tokens set exchanged_at = $2 where token_hash = $1")
        .bind(token.hash())
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    on!(tx, c => sqlx::query("update remembered_devices set last_used_at = $2 where id = $1")
        .bind(device)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

async fn end_stolen(
    tx: &mut Tx,
    device: &Device,
    event: Event<'_>,
    now: Moment,
) -> Result<Exchange, sqlx::Error> {
    let event = audit::record(tx, event, now).await?;
    on!(tx, c => sqlx::query(
        "update remembered_devices set ended_at = $2, end_reason = $3, ended_by = $4 where id = $1")
        .bind(&device.id)
        .bind(now.at)
        .bind(EndReason::Reused)
        .bind(&event.id)
        .execute(c)
        .await
        .map(|_| ()))?;
    sessions::end_where_device(tx, &device.id, EndReason::Reused, &event.id, now).await?;
    let ended = sessions::how_it_ended(tx, EndReason::Reused, now.at, Some(&event.id)).await?;
    Ok(Exchange::Reused(ended))
}
