//! From a cookie to the user signed in: the one place where a request becomes a session.

use sqlx::FromRow;

use super::{
    Ended,
    ended::{Raise, how_it_ended},
    start::SecondFactor,
};
use crate::{
    db::Conn,
    end_reason::EndReason,
    execute,
    ids::SessionId,
    instance::Reader,
    limits::Limits,
    on,
    secret::{Token, TokenHash},
    signed_in::SignedIn,
    time::{Moment, UnixMillis},
    users::User,
};

/// What a session cookie stands for.
#[derive(Debug, Clone)]
pub enum Found {
    Live(Box<SignedIn>),
    /// It was a session once: the user can be told how it ended.
    Ended(Ended),
    /// The session got a new cookie a moment ago, and the answer that carries it is on its way. Nothing is granted,
    /// and no cookie of the browser's should be removed.
    JustRotated,
    Unknown,
}

#[derive(FromRow)]
pub(super) struct Row {
    #[sqlx(rename = "session_id")]
    pub id: SessionId,
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
    curfew_ends_at: Option<UnixMillis>,
    first_use: bool,
    live: bool,
    #[sqlx(flatten)]
    raise: Raise,
}

/// The columns of [`Row`], of sessions `s`, users `u` and [`raised!`]; `$1` is the moment and `$2` the moment before which a
/// session counts as unused.
macro_rules! row {
    () => {
        concat!(
            "s.id as session_id, s.epoch, u.epoch as user_epoch, s.started_at, s.last_active_at,
             s.expires_at, s.confirmed_at, s.ended_at, s.end_reason, s.ended_by, s.curfew_ends_at,
             u.disabled_at, (s.given_with is not null) as first_use, ",
            $crate::sessions::raise!(),
            ", ",
            $crate::live::live_session!("$1", "$2"),
            " as live"
        )
    };
}
pub(crate) use row;

/// Joins the raise that ended the epoch of session `s`, where there was one.
macro_rules! raised {
    () => {
        " left join epoch_raises r on r.user_id = s.user_id and r.epoch = s.epoch "
    };
}
pub(crate) use raised;

impl Row {
    /// Why and when it ended; none while it is live. The database has said whether it is
    /// ([`live_session!`](crate::live)); the columns only give the reason.
    pub(super) fn ended(&self, limits: &Limits, now: Moment) -> Option<(EndReason, UnixMillis)> {
        if self.live {
            return None;
        }
        if let Some(at) = self.ended_at {
            return Some((self.end_reason.unwrap_or(EndReason::SignedOut), at));
        }
        let by_itself = self.expires(limits);
        // Its row is not marked yet: the first raise above its epoch says how it ended.
        if let Some(ended) = self.raise.or_before(by_itself) {
            return Some(ended);
        }
        match self.disabled_at {
            Some(at) => Some((EndReason::Disabled, at)),
            None if self.epoch != self.user_epoch => Some((EndReason::RemoteLogout, now.at)),
            None => Some(by_itself),
        }
    }

    /// The event of the operation that ended it, where there is one.
    fn event(&self) -> Option<&str> {
        self.ended_by.as_deref().or(self.raise.event())
    }

    /// When it ends by itself, if it is not used any more, and by what.
    fn expires(&self, limits: &Limits) -> (EndReason, UnixMillis) {
        let idle_end = self.last_active_at + limits.session_idle;
        let expires = (EndReason::Expired, self.expires_at.min(idle_end));
        match self.curfew_ends_at {
            Some(at) if at < expires.1 => (EndReason::Curfew, at),
            _ => expires,
        }
    }
}

/// A session and its user, as one statement reads them.
#[derive(FromRow)]
struct WithUser {
    #[sqlx(flatten)]
    row: Row,
    #[sqlx(flatten)]
    user: User,
}

/// Selects [`WithUser`] of sessions `s`; `$1` and `$2` are as in [`row!`].
macro_rules! with_user {
    ($where:literal) => {
        concat!(
            "select ",
            $crate::sessions::row!(),
            ", ",
            $crate::users::user!("$1", "$2"),
            " from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id",
            $crate::sessions::raised!(),
            $where
        )
    };
}

impl WithUser {
    /// The user signed in; none when the session is not live.
    fn live(self) -> Result<SignedIn, Box<Self>> {
        if !self.row.live {
            return Err(Box::new(self));
        }
        let Self { row, user } = self;
        Ok(SignedIn {
            user,
            session: row.id,
            epoch: row.epoch,
            started_at: row.started_at,
            last_active_at: row.last_active_at,
            confirmed_at: row.confirmed_at,
            first_use: row.first_use,
        })
    }
}

/// Looks a session cookie up. One read, nothing written, nothing cached: what the database says at this moment is the
/// answer. [`Checks`](super::Checks) does the same for many at once.
///
/// # Errors
/// When the database is unavailable. That is never "not signed in".
pub async fn find(conn: &mut Reader, token: &Token) -> Result<Found, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    let row: Option<WithUser> = on!(conn, c => sqlx::query_as(
        with_user!("where s.token_hash = $3"))
        .bind(now)
        .bind(idle)
        .bind(token.hash())
        .fetch_optional(c)
        .await)?;
    match row {
        Some(row) => judge(conn, row).await,
        None => unknown(conn, &token.hash()).await,
    }
}

/// What a value is that no session has: perhaps one had it a moment ago.
async fn unknown(conn: &mut Reader, hash: &TokenHash) -> Result<Found, sqlx::Error> {
    let (limits, now) = (conn.limits, conn.now);
    let just_rotated = on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch
         where s.previous_token_hash = $1 and s.rotated_at > $2 and s.ended_at is null")
        .bind(hash)
        .bind(now.at - limits.rotation_race)
        .fetch_one(c)
        .await)?;
    Ok(if just_rotated > 0 {
        Found::JustRotated
    } else {
        Found::Unknown
    })
}

/// As [`find`], for a session whose id is known already.
///
/// # Errors
/// When the database is unavailable.
pub async fn find_by_id(conn: &mut Reader, session: &SessionId) -> Result<Found, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    let row: Option<WithUser> = on!(conn, c => sqlx::query_as(
        with_user!("where s.id = $3"))
        .bind(now)
        .bind(idle)
        .bind(session)
        .fetch_optional(c)
        .await)?;
    match row {
        Some(row) => judge(conn, row).await,
        None => Ok(Found::Unknown),
    }
}

/// What a session's user has shown besides the password.
///
/// # Errors
/// When the database is unavailable.
pub async fn second_factor(
    conn: &mut Conn,
    session: &SessionId,
) -> Result<Option<SecondFactor>, sqlx::Error> {
    let found: Option<Option<SecondFactor>> = on!(conn, c => sqlx::query_scalar(
        "select second_factor from sessions where id = $1")
        .bind(session)
        .fetch_optional(c)
        .await)?;
    Ok(found.flatten())
}

/// What a session's row means. Only one that has ended needs a second read, for the operation that ended it.
async fn judge(conn: &mut Reader, row: WithUser) -> Result<Found, sqlx::Error> {
    let (limits, now) = (conn.limits, conn.now);
    let row = match row.live() {
        Ok(signed_in) => return Ok(Found::Live(Box::new(signed_in))),
        Err(ended) => ended.row,
    };
    let Some((end_reason, at)) = row.ended(&limits, now) else {
        return Ok(Found::Unknown);
    };
    let ended = how_it_ended(conn, end_reason, at, row.event()).await?;
    Ok(Found::Ended(ended))
}

/// Stores when sessions were last active. Times only move forward, and ended rows stay as they are.
///
/// # Errors
/// When the database is unavailable.
pub async fn note_active(
    conn: &mut Conn,
    seen: &[(SessionId, UnixMillis)],
) -> Result<(), sqlx::Error> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "update sessions set last_active_at = $2
             where id = $1 and last_active_at < $2 and ended_at is null"
        }
        // These rows are many users', in no order that a remote logout keeps, so waiting for one that it
        // holds could be a deadlock. It has ended then, or is noted the next time.
        Conn::Postgres(_) => {
            "update sessions set last_active_at = $2
             where id = (select id from sessions
                         where id = $1 and last_active_at < $2 and ended_at is null
                         for update skip locked)"
        }
    };
    for (session, at) in seen {
        execute!(conn, sql, session, at)?;
    }
    Ok(())
}
