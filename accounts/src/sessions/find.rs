//! From a cookie to the user signed in: the one place where a request becomes a session.

use sqlx::FromRow;

use super::{EndReason, Ended, SessionId, ended::how_it_ended};
use crate::{
    curfew,
    db::{Conn, Tx},
    limits::Limits,
    on,
    secret::Token,
    time::{Moment, UnixMillis},
    users::{self, User, UserId},
};

/// What a session cookie turned out to be.
#[derive(Debug, Clone)]
pub enum Found {
    Live(Box<SignedIn>),
    /// It was a session once: the user can be told how it ended.
    Ended(Ended),
    /// The session has a new cookie since a moment ago, whose answer is on its way. Nothing is
    /// given, and nothing of the browser's should be taken.
    JustRotated,
    Unknown,
}

/// A request's user and session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub user: User,
    pub session: SessionId,
    pub started_at: UnixMillis,
    pub last_active_at: UnixMillis,
    /// When the user last showed a password or a code in this session.
    pub confirmed_at: Option<UnixMillis>,
}

#[derive(FromRow)]
pub(super) struct Row {
    pub id: SessionId,
    user_id: UserId,
    epoch: i64,
    user_epoch: i64,
    pub started_at: UnixMillis,
    last_active_at: UnixMillis,
    expires_at: UnixMillis,
    confirmed_at: Option<UnixMillis>,
    ended_at: Option<UnixMillis>,
    end_reason: Option<EndReason>,
    ended_by: Option<String>,
    disabled_at: Option<UnixMillis>,
    #[sqlx(flatten)]
    curfew: curfew::Held,
}

/// The columns of [`Row`], of sessions `s`, users `u` and accounts `a`.
macro_rules! row {
    () => {
        concat!(
            "s.id, s.user_id, s.epoch, u.epoch as user_epoch, s.started_at, s.last_active_at,
             s.expires_at, s.confirmed_at, s.ended_at, s.end_reason, s.ended_by,
             u.disabled_at, ",
            $crate::curfew::columns!()
        )
    };
}
pub(crate) use row;

impl Row {
    /// The epoch decides, the row's own end gives the reason; either alone is enough to be dead.
    pub(super) fn ended(&self, limits: &Limits, now: Moment) -> Option<(EndReason, UnixMillis)> {
        if let Some(at) = self.ended_at {
            return Some((self.end_reason.unwrap_or(EndReason::SignedOut), at));
        }
        if let Some(at) = self.disabled_at {
            return Some((EndReason::Disabled, at));
        }
        if self.epoch != self.user_epoch {
            return Some((EndReason::RemoteLogout, now.at));
        }
        let (end_reason, end) = self.runs_out(limits);
        (end <= now.at).then_some((end_reason, end))
    }

    /// When it ends by itself, if nobody uses it any more, and by what.
    pub(super) fn runs_out(&self, limits: &Limits) -> (EndReason, UnixMillis) {
        let idle_end = self.last_active_at + limits.session_idle;
        let expires = (EndReason::Expired, self.expires_at.min(idle_end));
        match self.curfew.ends(self.started_at) {
            Some(at) if at < expires.1 => (EndReason::Curfew, at),
            _ => expires,
        }
    }
}

/// Looks a session cookie up. One read, nothing written, nothing remembered: what the database says at
/// this moment is the answer.
///
/// # Errors
/// When the database is unavailable. That is never "not signed in".
pub async fn find(
    conn: &mut Conn,
    token: &Token,
    limits: &Limits,
    now: Moment,
) -> Result<Found, sqlx::Error> {
    let row: Option<Row> = on!(conn, c => sqlx::query_as(
        concat!("select ", row!(),
        " from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id
         where s.token_hash = $1"))
        .bind(token.hash())
        .fetch_optional(c)
        .await)?;
    if row.is_none() && just_rotated(conn, token, limits, now).await? {
        return Ok(Found::JustRotated);
    }
    judge(conn, row, limits, now).await
}

async fn just_rotated(
    conn: &mut Conn,
    token: &Token,
    limits: &Limits,
    now: Moment,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch
         where s.previous_token_hash = $1 and s.rotated_at > $2 and s.ended_at is null")
        .bind(token.hash())
        .bind(now.at - limits.exchange_race)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// As [`find`], for a session whose id is known already.
///
/// # Errors
/// When the database is unavailable.
pub async fn find_by_id(
    conn: &mut Conn,
    session: &SessionId,
    limits: &Limits,
    now: Moment,
) -> Result<Found, sqlx::Error> {
    let row: Option<Row> = on!(conn, c => sqlx::query_as(
        concat!("select ", row!(),
        " from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id
         where s.id = $1"))
        .bind(session)
        .fetch_optional(c)
        .await)?;
    judge(conn, row, limits, now).await
}

async fn judge(
    conn: &mut Conn,
    row: Option<Row>,
    limits: &Limits,
    now: Moment,
) -> Result<Found, sqlx::Error> {
    let Some(row) = row else {
        return Ok(Found::Unknown);
    };
    if let Some((end_reason, at)) = row.ended(limits, now) {
        let ended = how_it_ended(conn, end_reason, at, row.ended_by.as_deref()).await?;
        return Ok(Found::Ended(ended));
    }
    let Some(user) = users::find(conn, &row.user_id).await? else {
        return Ok(Found::Unknown);
    };
    Ok(Found::Live(Box::new(SignedIn {
        user,
        session: row.id,
        started_at: row.started_at,
        last_active_at: row.last_active_at,
        confirmed_at: row.confirmed_at,
    })))
}

/// Whether the session is alive, asked under its user's lock. Between the look-up at the door and
/// the operation a remote logout may have come.
///
/// # Errors
/// When the database is unavailable.
pub async fn is_live(
    tx: &mut Tx,
    session: &SessionId,
    epoch: i64,
    limits: &Limits,
    now: Moment,
) -> Result<bool, sqlx::Error> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(concat!("select ", row!(),
        " from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id
         where s.id = $1 and s.epoch = $2"))
        .bind(session)
        .bind(epoch)
        .fetch_optional(c)
        .await)?;
    Ok(row.is_some_and(|row| row.ended(limits, now).is_none()))
}

/// Writes down when sessions were last active. Times only move forward, and ended rows stay as they are.
///
/// # Errors
/// When the database is unavailable.
pub async fn note_active(tx: &mut Tx, seen: &[(SessionId, UnixMillis)]) -> Result<(), sqlx::Error> {
    let sql = match &**tx {
        Conn::Sqlite(_) => {
            "update sessions set last_active_at = $2
             where id = $1 and last_active_at < $2 and ended_at is null"
        }
        // These rows are many users's, in no order that a remote logout keeps, so waiting for one that a
        // press holds could be a deadlock. It has ended then, or is noted the next time.
        Conn::Postgres(_) => {
            "update sessions set last_active_at = $2
             where id = (select id from sessions
                         where id = $1 and last_active_at < $2 and ended_at is null
                         for update skip locked)"
        }
    };
    for (session, at) in seen {
        on!(tx, c => sqlx::query(sql).bind(session).bind(at).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}
