//! Remote logout: everything a user is signed in with ends, in one transaction.

use serde_json::json;
use sqlx::FromRow;

use super::{EndReason, SessionId, find::is_live, start::end_expired};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    curfew,
    db::{Conn, Tx},
    emails::{self, Email, EmailTemplate},
    limits::Limits,
    on,
    plans::{Feature, Plan},
    time::{Moment, UnixMillis},
    tokens,
    users::{self, UserId},
};

/// Who pressed.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// The user, from this session. It must still be alive.
    Session(&'a SessionId),
    /// Somebody whom the caller has found to be allowed: the holder of a token, an owner or admin.
    Member(&'a UserId),
    /// Whoever runs `curfew remote-logout` on the machine.
    Operator,
}

/// Where the remote logout was made, for the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    Security,
    Password,
    Page,
    /// Account Settings, for one member.
    Members,
    /// Account Settings, for everyone.
    Everyone,
    /// The link of an email about a new device.
    Email,
    Rest,
    Mcp,
    Cli,
}

impl Surface {
    fn name(self) -> &'static str {
        match self {
            Self::Security => "profile/security",
            Self::Password => "profile/password",
            Self::Page => "remote-logout",
            Self::Members | Self::Everyone => "settings/members",
            Self::Email => "not-me",
            Self::Rest => "api/v1",
            Self::Mcp => "mcp",
            Self::Cli => "cli",
        }
    }
}

/// What a remote logout ended: the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutReceipt {
    pub sessions: u64,
    pub remembered_devices: u64,
    pub at: UnixMillis,
    /// The `user.session_invalidated` event.
    pub event: String,
    /// The hash that the audit log's chain holds of it.
    pub hash: String,
}

/// Why a remote logout did nothing.
#[derive(Debug, thiserror::Error)]
pub enum EndAllError {
    #[error("this needs the plan {}", .0.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "))]
    PlanRequired(Vec<Plan>),
    /// Somebody was faster: the session that pressed is dead already, by another remote logout as a rule.
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("there is no such person")]
    NoSuchUser,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Ends every session and remembered device of `user`: raises the epoch, ends the rows, records one
/// event, all in the caller's transaction. Nothing has happened until that commits.
///
/// Half sign-ins, step-up grants and emailed links carry the epoch they were made under, so raising
/// it ends them too. API tokens, MCP tokens and two-factor settings are not touched.
///
/// # Errors
/// See [`EndAllError`]; whatever it is, nothing has changed.
pub async fn end_all(
    tx: &mut Tx,
    user: &UserId,
    by: By<'_>,
    from: Surface,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<LogoutReceipt, EndAllError> {
    end_all_but(tx, user, by, from, None, client, limits, now).await
}

/// As [`end_all`], but for one session of the user's that goes on under the new epoch.
pub(crate) async fn end_all_but(
    tx: &mut Tx,
    user: &UserId,
    by: By<'_>,
    from: Surface,
    keep: Option<&SessionId>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<LogoutReceipt, EndAllError> {
    let Some(locked) = users::lock(tx, user).await? else {
        return Err(EndAllError::NoSuchUser);
    };
    if let By::Session(session) = by
        && !is_live(tx, session, locked.epoch, limits, now).await?
    {
        return Err(EndAllError::AlreadyEnded);
    }
    if !locked.plan.has(Feature::RemoteLogout) {
        return Err(EndAllError::PlanRequired(Plan::with(Feature::RemoteLogout)));
    }
    end_expired(tx, user, limits, now).await?;
    // Counted before the epoch rises, for after that nothing is alive.
    let mut facts = count_open(tx, user, limits, now).await?;
    raise_epoch(tx, user).await?;
    if let Some(session) = keep {
        facts.sessions -= carry_over(tx, user, session).await?;
    }
    let actor = match by {
        By::Session(_) => Actor::User(user),
        By::Member(holder) => Actor::User(holder),
        By::Operator => Actor::Operator,
    };
    let event = Event::of(Action::SessionInvalidated, actor, client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({
            "scope": if from == Surface::Everyone { "everyone" } else { "all" },
            "sessions": facts.sessions,
            "remembered_devices": facts.remembered_devices,
            "path": from.name(),
        }));
    let event = audit::record(tx, event, now).await?;
    end_rows(tx, user, EndReason::RemoteLogout, &event.id, keep, now).await?;
    let template = EmailTemplate::RemoteLogout {
        sessions: facts.sessions,
        remembered_devices: facts.remembered_devices,
        proof: event.hash.clone(),
    };
    emails::enqueue(tx, &locked.email, &Email::new(template, client), now).await?;
    Ok(LogoutReceipt {
        sessions: facts.sessions.unsigned_abs(),
        remembered_devices: facts.remembered_devices.unsigned_abs(),
        at: now.at,
        event: event.id,
        hash: event.hash,
    })
}

/// What was made under an older epoch is dead from the commit on, on every node.
pub(crate) async fn raise_epoch(tx: &mut Tx, user: &UserId) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update users set epoch = epoch + 1 where id = $1")
        .bind(user)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Puts an open session under its user's new epoch. Its remembered device ends with the others. Returns
/// how many it was: one, or none.
async fn carry_over(tx: &mut Tx, user: &UserId, session: &SessionId) -> Result<i64, sqlx::Error> {
    let carried = on!(tx, c => sqlx::query(
        "update sessions set epoch = (select epoch from users where id = $1), remembered_device_id = null
         where id = $2 and user_id = $1 and ended_at is null")
        .bind(user)
        .bind(session)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(i64::try_from(carried).unwrap_or(0))
}

/// Ends the open rows of a user's sessions, but for one that may stay, and remembered devices.
pub(crate) async fn end_rows(
    tx: &mut Tx,
    user: &UserId,
    end_reason: EndReason,
    event: &str,
    but: Option<&SessionId>,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "update sessions set ended_at = $2, end_reason = $3, ended_by = $4
         where user_id = $1 and ended_at is null and id <> $5")
        .bind(user)
        .bind(now.at)
        .bind(end_reason)
        .bind(event)
        .bind(but.map_or("", |s| s.0.as_str()))
        .execute(c)
        .await
        .map(|_| ()))?;
    on!(tx, c => sqlx::query(
        "update remembered_devices set ended_at = $2, end_reason = $3, ended_by = $4
         where user_id = $1 and ended_at is null")
        .bind(user)
        .bind(now.at)
        .bind(end_reason)
        .bind(event)
        .execute(c)
        .await
        .map(|_| ()))
}

/// What the dialog says will end and will stay.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Facts {
    pub sessions: i64,
    pub remembered_devices: i64,
    #[sqlx(skip)]
    pub api_tokens: i64,
    #[sqlx(skip)]
    pub mcp_tokens: i64,
}

/// Counts what a remote logout would end now, and the tokens it would leave alone.
///
/// # Errors
/// When the database is unavailable.
pub async fn facts(
    conn: &mut Conn,
    user: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<Facts, sqlx::Error> {
    let open = count_open(conn, user, limits, now).await?;
    Ok(Facts {
        api_tokens: tokens::count(conn, user, tokens::Kind::Api, now).await?,
        mcp_tokens: tokens::count(conn, user, tokens::Kind::Mcp, now).await?,
        ..open
    })
}

pub(crate) async fn count_open(
    conn: &mut Conn,
    user: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<Facts, sqlx::Error> {
    let cut = curfew::cut(conn, user, now).await?;
    on!(conn, c => sqlx::query_as(
        "select (select count(*) from sessions s where s.user_id = u.id and s.epoch = u.epoch
                 and s.ended_at is null and s.expires_at > $2 and s.last_active_at > $3
                 and s.started_at >= $4) as sessions,
                (select count(*) from remembered_devices d where d.user_id = u.id and d.epoch = u.epoch
                 and d.ended_at is null and d.expires_at > $2 and d.created_at >= $4) as remembered_devices
         from users u where u.id = $1")
        .bind(user)
        .bind(now.at)
        .bind(now.at - limits.session_idle)
        .bind(cut)
        .fetch_one(c)
        .await)
}
