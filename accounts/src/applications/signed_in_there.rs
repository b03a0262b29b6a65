//! Who is signed in at an application now, for its page.

use sqlx::FromRow;

use crate::{
    device,
    ids::{ApplicationId, UserId},
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
        "select u.id as user_id, u.name as user_name, u.email, x.created_at, x.last_used_at, x.is_offline, s.user_agent
         from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id
              left join sessions s on s.id = x.session_id
         where a.id = $3 and x.ended_at is null and x.epoch = u.epoch and ", may_use_application!(),
           " and (x.is_offline or ", live_session!("$1", "$2"), ")
         order by x.created_at desc, x.id limit $4"))
        .bind(now)
        .bind(idle)
        .bind(id)
        .bind(most)
        .fetch_all(c)
        .await)
}
