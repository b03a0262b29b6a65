//! The list of a user's sessions, as Profile → Security shows it.

use sqlx::FromRow;

use super::{AuthMethod, SecondFactor};
use crate::{
    ids::{SessionId, UserId},
    instance::Reader,
    limits::Limits,
    live::{live_device, live_session},
    on,
    time::UnixMillis,
};

impl Listed {
    /// When it ends by itself if it is not used any more: idle, too old or at the curfew, whichever is first.
    #[must_use]
    pub fn ends_at(&self, limits: &Limits) -> UnixMillis {
        let expires_at = self
            .expires_at
            .min(self.last_active_at + limits.session_idle);
        earliest(expires_at, self.curfew_ends_at)
    }
}

fn earliest(expires_at: UnixMillis, curfew_ends_at: Option<UnixMillis>) -> UnixMillis {
    curfew_ends_at.map_or(expires_at, |curfew| curfew.min(expires_at))
}

/// When a device was last used, of those that are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastUse {
    Any,
    /// After this moment. The one that is listed first is among them.
    Since(UnixMillis),
    /// Not after it.
    Before(UnixMillis),
}

impl LastUse {
    /// The moment, and whether those used after it are meant.
    fn used(self) -> (UnixMillis, bool) {
        match self {
            Self::Any => (UnixMillis(-1), true),
            Self::Since(at) => (at, true),
            Self::Before(at) => (at, false),
        }
    }
}

/// A live session in the list.
#[derive(Debug, Clone, FromRow)]
pub struct Listed {
    pub id: SessionId,
    pub user_agent: String,
    /// Empty when unknown.
    pub ip: String,
    pub auth_method: AuthMethod,
    /// What was shown besides the password.
    pub second_factor: Option<SecondFactor>,
    pub started_at: UnixMillis,
    pub last_active_at: UnixMillis,
    pub expires_at: UnixMillis,
    pub curfew_ends_at: Option<UnixMillis>,
    pub remembered: bool,
    /// The name the user has given it.
    pub label: Option<String>,
}

/// The columns of [`Listed`], and where they come from.
macro_rules! listed {
    () => {
        "s.id, s.user_agent, s.ip, s.auth_method, s.second_factor, s.started_at, s.last_active_at, s.expires_at,
         s.curfew_ends_at, (d.id is not null) as remembered, coalesce(d.label, s.label) as label
         from sessions s join users u on u.id = s.user_id
         left join remembered_devices d on d.id = s.remembered_device_id and d.ended_at is null"
    };
}

/// The user's live sessions, `first` before the others, then last active first, `most` at the most.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(
    conn: &mut Reader,
    user: &UserId,
    first: &SessionId,
    last_use: LastUse,
    most: i64,
) -> Result<Vec<Listed>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    let (since, lately) = last_use.used();
    on!(conn, c => sqlx::query_as(concat!("select ", listed!(), " where s.user_id = $3 and ", live_session!("$1", "$2"),
        " and (s.last_active_at > $5 or s.id = $4) = $6
          order by case when s.id = $4 then 0 else 1 end, s.last_active_at desc, s.id desc limit $7"))
        .bind(now)
        .bind(idle)
        .bind(user)
        .bind(first)
        .bind(since)
        .bind(lately)
        .bind(most)
        .fetch_all(c)
        .await)
}

/// Up to `most` live sessions whose ids come before `before`, the latest sign-in first: what programs read page
/// by page. None: from the start. A session that starts meanwhile moves no other to another page.
///
/// # Errors
/// When the database is unavailable.
pub async fn page(
    conn: &mut Reader,
    user: &UserId,
    before: Option<&SessionId>,
    most: i64,
) -> Result<Vec<Listed>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!("select ", listed!(), " where s.user_id = $3 and ", live_session!("$1", "$2"),
        " and s.id < $4 order by s.id desc limit $5"))
        .bind(now)
        .bind(idle)
        .bind(user)
        // Ids are hexadecimal digits and hyphens: every one sorts before "z".
        .bind(before.map_or("z", SessionId::as_str))
        .bind(most)
        .fetch_all(c)
        .await)
}

/// A remembered device without a live session: its browser is not signed in now, and can be at any time.
#[derive(Debug, Clone, FromRow)]
pub struct Dormant {
    pub id: String,
    pub user_agent: String,
    pub label: Option<String>,
    pub created_at: UnixMillis,
    pub last_used_at: UnixMillis,
    expires_at: UnixMillis,
    curfew_ends_at: Option<UnixMillis>,
}

impl Dormant {
    /// When it is forgotten by itself.
    #[must_use]
    pub fn ends_at(&self) -> UnixMillis {
        earliest(self.expires_at, self.curfew_ends_at)
    }
}

/// A condition: the remembered device `d` of user `u` has no live session. `$1` and `$2` are as in [`live_session!`].
macro_rules! dormant {
    () => {
        concat!(
            "not exists (select 1 from sessions s where s.remembered_device_id = d.id and ",
            $crate::live::live_session!("$1", "$2"),
            ")"
        )
    };
}

/// The user's remembered devices that have no live session, last used first, `most` at the most.
///
/// # Errors
/// When the database is unavailable.
pub async fn dormant(
    conn: &mut Reader,
    user: &UserId,
    last_use: LastUse,
    most: i64,
) -> Result<Vec<Dormant>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    let (since, lately) = last_use.used();
    on!(conn, c => sqlx::query_as(concat!(
        "select d.id, d.user_agent, d.label, d.created_at, d.last_used_at, d.expires_at, d.curfew_ends_at
         from remembered_devices d join users u on u.id = d.user_id
         where d.user_id = $3 and ", live_device!("$1"), " and ", dormant!(), " and (d.last_used_at > $4) = $5
         order by d.last_used_at desc, d.id desc limit $6"))
        .bind(now)
        .bind(idle)
        .bind(user)
        .bind(since)
        .bind(lately)
        .bind(most)
        .fetch_all(c)
        .await)
}

/// What [`count_unused`] has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Counted {
    /// Live sessions that are not `first` and were not used since.
    pub unused_sessions: i64,
    pub dormant: i64,
    /// Of those, the ones that were not used since.
    pub unused_dormant: i64,
}

/// Counts what was not used since `since`, and every remembered device without a live session.
///
/// # Errors
/// When the database is unavailable.
pub async fn count_unused(
    conn: &mut Reader,
    user: &UserId,
    first: &SessionId,
    since: UnixMillis,
) -> Result<Counted, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    // None was used before it started: of one that started lately the index says enough.
    on!(conn, c => sqlx::query_as(concat!(
        "select (select count(*) from sessions s where s.user_id = u.id and s.started_at <= $5 and s.last_active_at <= $5
                 and s.id <> $4 and ", live_session!("$1", "$2"), ") as unused_sessions,
                count(d.id) as dormant,
                coalesce(sum(case when d.last_used_at <= $5 then 1 else 0 end), 0) as unused_dormant
         from users u
         left join remembered_devices d on d.user_id = u.id and ", live_device!("$1"), " and ", dormant!(), "
         where u.id = $3 group by u.id"))
        .bind(now)
        .bind(idle)
        .bind(user)
        .bind(first)
        .bind(since)
        .fetch_one(c)
        .await)
}
