//! Application sessions: one for each sign-in at an application. It is live while the session that it came from is, with
//! `offline_access` while the epoch is the user's ([`live_application_session!`](crate::live)).

mod end;
mod start;

use sqlx::FromRow;

pub(crate) use end::end;
pub use end::note_use;
pub(crate) use start::{NewApplicationSession, start};

use super::Scope;
use crate::{
    ids::{ApplicationId, ApplicationSessionId, UserId},
    instance::Reader,
    live::live_application_session,
    on,
    sessions::SecondFactor,
    time::UnixMillis,
};

/// One sign-in at an application, while it is live.
#[derive(Debug, Clone, FromRow)]
pub struct ApplicationSession {
    /// The `sid` of its tokens and logout notices.
    pub id: ApplicationSessionId,
    pub application_id: ApplicationId,
    pub user_id: UserId,
    scope: String,
    pub is_offline: bool,
    /// When the user last showed a password or a code before it.
    pub authenticated_at: UnixMillis,
    pub second_factor: Option<SecondFactor>,
    pub created_at: UnixMillis,
}

impl ApplicationSession {
    /// What was granted.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::parse(&self.scope)
    }
}

/// The columns of [`ApplicationSession`], of application sessions `p`.
macro_rules! application_session {
    () => {
        "p.id, p.application_id, p.user_id, p.scope, p.is_offline, p.authenticated_at, p.second_factor, p.created_at"
    };
}
pub(crate) use application_session;

/// What [`live_application_session!`](crate::live) speaks of: application sessions `p` with their users `u`, applications `a`
/// and sessions `s`.
macro_rules! from_application_sessions {
    () => {
        " from application_sessions p join users u on u.id = p.user_id join applications a on a.id = p.application_id
          left join sessions s on s.id = p.session_id "
    };
}
pub(crate) use from_application_sessions;

/// The application session of that id, if it is live.
///
/// # Errors
/// When the database is unavailable. That is never "it has ended".
pub async fn find_live(
    conn: &mut Reader,
    id: &ApplicationSessionId,
) -> Result<Option<ApplicationSession>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select ", application_session!(), from_application_sessions!(),
        "where p.id = $3 and ", live_application_session!("$1", "$2")))
        .bind(now)
        .bind(idle)
        .bind(id)
        .fetch_optional(c)
        .await)
}

/// Whether an application session is the one of that session: a sign-out that names it may end the session unasked.
///
/// # Errors
/// When the database is unavailable.
pub async fn is_of_session(
    conn: &mut Reader,
    id: &ApplicationSessionId,
    session: &crate::ids::SessionId,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from application_sessions where id = $1 and session_id = $2")
        .bind(id)
        .bind(session)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}
