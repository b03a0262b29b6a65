//! Starting a session, and signing out of it.

use super::{EndReason, SessionId};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    curfew,
    db::{Change, Tx},
    limits::Limits,
    on,
    secret::Token,
    time::{Moment, UnixMillis},
    users::{self, UserId},
};

/// What a session was started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AuthMethod {
    Password,
    Remembered,
}

/// What was shown besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SecondFactor {
    Code,
    RecoveryCode,
}

impl SecondFactor {
    /// As the audit log has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// What a session starts from. The caller holds the user's lock and has compared the epoch its
/// evidence was gathered under with the one the lock showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSession<'a> {
    pub user: &'a UserId,
    pub epoch: i64,
    pub how: AuthMethod,
    pub second_factor: Option<SecondFactor>,
    pub remembered_device: Option<&'a str>,
}

/// A session that has just started: its cookie goes to the browser, and nowhere else.
#[derive(Debug, Clone)]
pub struct Started {
    pub id: SessionId,
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Starts a session.
pub(crate) async fn start(
    tx: &mut Tx,
    new: NewSession<'_>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Started, sqlx::Error> {
    make_room(tx, new.user, limits, now).await?;
    let confirmed_at = (new.how == AuthMethod::Password).then_some(now.at);
    let started = Started {
        id: SessionId(now.id()),
        token: Token::random(),
        expires_at: now.at + limits.session_max,
    };
    on!(tx, c => sqlx::query(
        "insert into sessions (id, user_id, token_hash, epoch, auth_method, remembered_device_id,
                               ip, user_agent, started_at, last_active_at, expires_at, confirmed_at,
                               second_factor)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12)")
        .bind(&started.id)
        .bind(new.user)
        .bind(started.token.hash())
        .bind(new.epoch)
        .bind(new.how)
        .bind(new.remembered_device)
        .bind(client.ip_text())
        .bind(&client.user_agent)
        .bind(now.at)
        .bind(started.expires_at)
        .bind(confirmed_at)
        .bind(new.second_factor)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(started)
}

/// Ends what has run out, then the longest unused until one more fits.
async fn make_room(
    tx: &mut Tx,
    user: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<(), sqlx::Error> {
    end_expired(tx, user, limits, now).await?;
    let ended = on!(tx, c => sqlx::query(
        "update sessions set ended_at = $2, end_reason = $3
         where id in (select id from sessions where user_id = $1 and ended_at is null
                      order by last_active_at desc, id desc limit 100000000 offset $4)")
        .bind(user)
        .bind(now.at)
        .bind(EndReason::Limit)
        .bind((limits.sessions_per_user - 1).max(0))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if ended > 0 {
        tx.changes(Change::User(user.clone())).await?;
    }
    Ok(())
}

/// Marks the user's sessions that have run out, so that what is open is what is live.
pub(crate) async fn end_expired(
    tx: &mut Tx,
    user: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<(), sqlx::Error> {
    curfew::end_cut(tx, user, now).await?;
    on!(tx, c => sqlx::query(
        "update sessions set ended_at = $2, end_reason = $3
         where user_id = $1 and ended_at is null and (expires_at <= $2 or last_active_at <= $4)")
        .bind(user)
        .bind(now.at)
        .bind(EndReason::Expired)
        .bind(now.at - limits.session_idle)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Signs one browser out: its session ends, and so does its remembered device. Harmless when the
/// session has ended already.
///
/// # Errors
/// When the database is unavailable.
pub async fn sign_out(
    tx: &mut Tx,
    user: &UserId,
    session: &SessionId,
    client: &Client,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let Some(locked) = users::lock(tx, user).await? else {
        return Ok(());
    };
    let ended = on!(tx, c => sqlx::query(
        "update sessions set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null")
        .bind(session)
        .bind(now.at)
        .bind(EndReason::SignedOut)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if ended == 0 {
        return Ok(());
    }
    on!(tx, c => sqlx::query(
        "update remembered_devices set ended_at = $2, end_reason = $3
         where ended_at is null and id = (select remembered_device_id from sessions where id = $1)")
        .bind(session)
        .bind(now.at)
        .bind(EndReason::SignedOut)
        .execute(c)
        .await
        .map(|_| ()))?;
    let event = Event::of(Action::Logout, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user);
    audit::record(tx, event, now).await.map(|_| ())
}
