//! The list of a user's sessions, as Profile → Security shows it.

use sqlx::FromRow;

use super::{AuthMethod, SecondFactor, SessionId};
use crate::{
    curfew,
    db::Conn,
    limits::Limits,
    on,
    time::{Moment, UnixMillis},
    users::UserId,
};

impl Listed {
    /// When it ends if it is not used any more.
    #[must_use]
    pub fn ends_at(&self, limits: &Limits) -> UnixMillis {
        self.expires_at
            .min(self.last_active_at + limits.session_idle)
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
    pub remembered: bool,
    /// The name the user has given it.
    pub label: Option<String>,
}

/// The user's live sessions, `first` before the others, then last active first, `most` at the most.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(
    conn: &mut Conn,
    user: &UserId,
    first: &SessionId,
    most: i64,
    limits: &Limits,
    now: Moment,
) -> Result<Vec<Listed>, sqlx::Error> {
    let cut = curfew::cut(conn, user, now).await?;
    on!(conn, c => sqlx::query_as(
        "select s.id, s.user_agent, s.ip, s.auth_method, s.second_factor, s.started_at, s.last_active_at, s.expires_at,
                (d.id is not null) as remembered, coalesce(d.label, s.label) as label
         from sessions s
         join users u on u.id = s.user_id and u.epoch = s.epoch
         left join remembered_devices d on d.id = s.remembered_device_id and d.ended_at is null
         where s.user_id = $1 and s.ended_at is null and s.expires_at > $2 and s.last_active_at > $3
           and s.started_at >= $6
         order by case when s.id = $5 then 0 else 1 end, s.last_active_at desc, s.id desc limit $4")
        .bind(user)
        .bind(now.at)
        .bind(now.at - limits.session_idle)
        .bind(most)
        .bind(first)
        .bind(cut)
        .fetch_all(c)
        .await)
}

/// A remembered device without a session: it is signed in nowhere now, and can be at any time.
#[derive(Debug, Clone, FromRow)]
pub struct Dormant {
    pub id: String,
    pub user_agent: String,
    pub label: Option<String>,
    pub created_at: UnixMillis,
    pub last_used_at: UnixMillis,
    pub expires_at: UnixMillis,
}

/// The user's remembered devices that no session lives of, last used first, `most` at the most.
///
/// # Errors
/// When the database is unavailable.
pub async fn dormant(
    conn: &mut Conn,
    user: &UserId,
    most: i64,
    limits: &Limits,
    now: Moment,
) -> Result<Vec<Dormant>, sqlx::Error> {
    let cut = curfew::cut(conn, user, now).await?;
    on!(conn, c => sqlx::query_as(
        "select d.id, d.user_agent, d.label, d.created_at, d.last_used_at, d.expires_at
         from remembered_devices d join users u on u.id = d.user_id and u.epoch = d.epoch
         where d.user_id = $1 and d.ended_at is null and d.expires_at > $2 and d.created_at >= $5
           and not exists (select 1 from sessions s
                           where s.remembered_device_id = d.id and s.epoch = u.epoch
                             and s.ended_at is null and s.expires_at > $2
                             and s.last_active_at > $3 and s.started_at >= $5)
         order by d.last_used_at desc, d.id desc limit $4")
        .bind(user)
        .bind(now.at)
        .bind(now.at - limits.session_idle)
        .bind(most)
        .bind(cut)
        .fetch_all(c)
        .await)
}
