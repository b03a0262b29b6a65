//! Starting a session, and signing out of it.

use crate::{
    audit::{Action, Actor, Event},
    curfew_schedule::Schedule,
    db::Change,
    end_reason::EndReason,
    execute,
    ids::{SessionId, UserId},
    operation::{LockedUser, Operation},
    secret::{Token, TokenHash},
    time::UnixMillis,
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

/// What a session starts from. The caller has compared the epoch its evidence was gathered under with the one
/// that the lock shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSession<'a> {
    pub user: &'a LockedUser,
    pub auth_method: AuthMethod,
    pub second_factor: Option<SecondFactor>,
    pub remembered_device: Option<&'a str>,
    /// The remember-me value that the same exchange gives: until a request presents either, both may be void again.
    pub given_with: Option<&'a TokenHash>,
}

/// A session that has just started: its cookie goes to the browser, and nowhere else.
#[derive(Debug, Clone)]
pub struct Started {
    pub id: SessionId,
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Starts a session.
pub(crate) async fn start(op: &mut Operation, new: NewSession<'_>) -> Result<Started, sqlx::Error> {
    let (limits, now) = (op.limits, op.now);
    op.holds(new.user)?;
    make_room(op, new.user).await?;
    let confirmed_at = (new.auth_method == AuthMethod::Password).then_some(now.at);
    let curfew_ends_at = Schedule::of(op, &new.user.id).await?.ends_after(now.at);
    let (ip, user_agent) = (op.client().ip_text(), op.client().user_agent.clone());
    let started = Started {
        id: SessionId(now.id()),
        token: Token::random(),
        expires_at: now.at + limits.session_max,
    };
    execute!(
        op,
        "insert into sessions (id, user_id, token_hash, epoch, auth_method, remembered_device_id,
                               ip, user_agent, started_at, last_active_at, expires_at, confirmed_at,
                               second_factor, curfew_ends_at, given_with)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14)",
        &started.id,
        &new.user.id,
        started.token.hash(),
        new.user.epoch,
        new.auth_method,
        new.remembered_device,
        ip,
        user_agent,
        now.at,
        started.expires_at,
        confirmed_at,
        new.second_factor,
        curfew_ends_at,
        new.given_with
    )?;
    Ok(started)
}

/// Ends what has expired, then the sessions unused for the longest time until one more fits.
async fn make_room(op: &mut Operation, user: &LockedUser) -> Result<(), sqlx::Error> {
    let (limits, now) = (op.limits, op.now);
    let (epoch, idle) = (user.epoch, op.idle_since());
    end_expired(
        op,
        &user.id,
        Until {
            epoch,
            now: now.at,
            idle,
        },
    )
    .await?;
    let ended = execute!(
        op,
        "update sessions set ended_at = $2, end_reason = $3
         where id in (select id from sessions where user_id = $1 and ended_at is null and epoch = $5
                      order by last_active_at desc, id desc limit 100000000 offset $4)",
        &user.id,
        now.at,
        EndReason::Limit,
        (limits.sessions_per_user - 1).max(0),
        user.epoch
    )?;
    if ended > 0 {
        op.notify(Change::User(user.id.clone()));
    }
    Ok(())
}

/// Up to when rows of an epoch are marked as expired.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    pub epoch: i64,
    pub now: UnixMillis,
    /// A session that was not used since has expired.
    pub idle: UnixMillis,
}

/// Marks the user's sessions and remembered devices of an epoch that have expired by themselves, so that those that
/// stay unmarked were live then.
pub(super) async fn end_expired(
    op: &mut Operation,
    user: &UserId,
    until: Until,
) -> Result<(), sqlx::Error> {
    let Until { epoch, now, idle } = until;
    for sql in [
        "update sessions set ended_at = curfew_ends_at, end_reason = $3
         where user_id = $1 and ended_at is null and epoch = $4 and curfew_ends_at <= $2",
        "update remembered_devices set ended_at = curfew_ends_at, end_reason = $3
         where user_id = $1 and ended_at is null and epoch = $4 and curfew_ends_at <= $2",
    ] {
        execute!(op, sql, user, now, EndReason::Curfew, epoch)?;
    }
    execute!(
        op,
        "update sessions set ended_at = $2, end_reason = $3
         where user_id = $1 and ended_at is null and epoch = $5 and (expires_at <= $2 or last_active_at <= $4)",
        user,
        now,
        EndReason::Expired,
        idle,
        epoch
    )?;
    execute!(
        op,
        "update remembered_devices set ended_at = expires_at, end_reason = $3
         where user_id = $1 and ended_at is null and epoch = $4 and expires_at <= $2",
        user,
        now,
        EndReason::Expired,
        epoch
    )?;
    Ok(())
}

/// Signs one browser out: its session ends, and so does its remembered device. Changes nothing when the session has
/// ended already.
///
/// # Errors
/// When the database is unavailable.
pub async fn sign_out(
    op: &mut Operation,
    user: &UserId,
    session: &SessionId,
) -> Result<(), sqlx::Error> {
    let now = op.now;
    let Some(locked) = op.lock_user(user).await? else {
        return Ok(());
    };
    let ended = execute!(
        op,
        "update sessions set ended_at = $2, end_reason = $3
         where id = $1 and ended_at is null and epoch = $4",
        session,
        now.at,
        EndReason::SignedOut,
        locked.epoch
    )?;
    if ended == 0 {
        return Ok(());
    }
    execute!(
        op,
        "update remembered_devices set ended_at = $2, end_reason = $3
         where ended_at is null and id = (select remembered_device_id from sessions where id = $1)",
        session,
        now.at,
        EndReason::SignedOut
    )?;
    let event = Event::of(Action::Logout, Actor::User(user))
        .in_account(&locked.account_id)
        .about(user);
    op.record(event);
    Ok(())
}
