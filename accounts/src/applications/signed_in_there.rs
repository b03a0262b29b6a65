//! Who is signed in at an application now, for its page and before it is removed; and where an account's members are, before
//! everyone is logged out.

use std::time::Duration;

use sqlx::FromRow;

use super::{Class, Kind, mine::class};
use crate::{
    device,
    ids::{AccountId, ApplicationId, UserId},
    instance::Reader,
    live::{live_session, may_use_application},
    on,
    time::UnixMillis,
};

/// A sign-in at an application that is live.
#[derive(Debug, Clone, FromRow)]
pub struct SignedInThere {
    pub user_id: UserId,
    pub user_name: String,
    pub email: String,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
    pub is_offline: bool,
    user_agent: Option<String>,
}

impl SignedInThere {
    /// The device it came from; none when that is known no longer.
    #[must_use]
    pub fn device(&self) -> Option<String> {
        Some(device::of(self.user_agent.as_deref()?).label())
    }
}

/// From application sessions `x` that are live, of applications `a` and users `u`, with their sessions `s`. `$1` is now and
/// `$2` since when a session must have been used.
macro_rules! from_live {
    () => {
        concat!(
            " from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id
                   left join sessions s on s.id = x.session_id
              where x.ended_at is null and x.epoch = u.epoch and ",
            may_use_application!(),
            " and (x.is_offline or ",
            live_session!("$1", "$2"),
            ")"
        )
    };
}

/// The sign-ins at an application that are live, the latest first, `most` at the most.
///
/// # Errors
/// When the database is unavailable.
pub async fn signed_in_there(
    conn: &mut Reader,
    id: &ApplicationId,
    most: i64,
) -> Result<Vec<SignedInThere>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select u.id as user_id, u.name as user_name, u.email, x.created_at, x.last_used_at, x.is_offline, s.user_agent",
        from_live!(), " and a.id = $3 order by x.created_at desc, x.id limit $4"))
        .bind(now)
        .bind(idle)
        .bind(id)
        .bind(most)
        .fetch_all(c)
        .await)
}

/// How many sign-ins at an application are live, and of how many members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct CountThere {
    pub sessions: i64,
    pub members: i64,
}

/// Counts the sign-ins at an application that are live.
///
/// # Errors
/// When the database is unavailable.
pub async fn count_there(conn: &mut Reader, id: &ApplicationId) -> Result<CountThere, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select count(*) as sessions, count(distinct u.id) as members", from_live!(), " and a.id = $3"))
        .bind(now)
        .bind(idle)
        .bind(id)
        .fetch_one(c)
        .await)
}

/// The sign-ins of an account's members at one application that learns of their end in one way.
#[derive(Debug, Clone, FromRow)]
pub struct OfEveryone {
    pub name: String,
    kind: Kind,
    logout_address: Option<String>,
    has_refreshed: bool,
    own_session_lives: i64,
    pub sessions: i64,
}

impl OfEveryone {
    /// How the application learns of an end.
    #[must_use]
    pub fn class(&self) -> Class {
        class(self.kind, self.logout_address.is_some(), self.has_refreshed)
    }

    /// How long its own session may live.
    #[must_use]
    pub fn own_session(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.own_session_lives).unwrap_or(0))
    }
}

/// Where the members of an account are signed in now, by the applications' names.
///
/// # Errors
/// When the database is unavailable.
pub async fn of_everyone(
    conn: &mut Reader,
    account: &AccountId,
) -> Result<Vec<OfEveryone>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives, count(*) as sessions",
        from_live!(), " and u.account_id = $3
         group by a.id, a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives
         order by lower(a.name), a.id"))
        .bind(now)
        .bind(idle)
        .bind(account)
        .fetch_all(c)
        .await)
}
