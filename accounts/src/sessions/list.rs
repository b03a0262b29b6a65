//! The list of a person's sessions, as Profile → Security shows it.

use sqlx::FromRow;

use super::{How, SessionId};
use crate::{
    db::Conn,
    limits::Limits,
    on,
    time::{Moment, UnixMillis},
    users::UserId,
};

/// A live session in the list.
#[derive(Debug, Clone, FromRow)]
pub struct Listed {
    pub id: SessionId,
    pub user_agent: String,
    /// Empty when unknown.
    pub ip: String,
    pub started_how: How,
    pub started_at: UnixMillis,
    pub last_active_at: UnixMillis,
    pub expires_at: UnixMillis,
    pub remembered: bool,
}

/// The person's live sessions, `first` before the others, then last active first, `most` at the most.
///
/// # Errors
/// When the store is away.
pub async fn list(
    conn: &mut Conn,
    user: &UserId,
    first: &SessionId,
    most: i64,
    limits: &Limits,
    now: Moment,
) -> Result<Vec<Listed>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select s.id, s.user_agent, s.ip, s.started_how, s.started_at, s.last_active_at, s.expires_at,
                (d.id is not null) as remembered
         from sessions s
         join users u on u.id = s.user_id and u.epoch = s.epoch
         left join remembered_devices d on d.id = s.remembered_device_id and d.ended_at is null
         where s.user_id = $1 and s.ended_at is null and s.expires_at > $2 and s.last_active_at > $3
         order by case when s.id = $5 then 0 else 1 end, s.last_active_at desc, s.id desc limit $4")
        .bind(user)
        .bind(now.at)
        .bind(now.at - limits.session_idle)
        .bind(most)
        .bind(first)
        .fetch_all(c)
        .await)
}
