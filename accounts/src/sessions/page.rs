//! A user's sessions for programs: page by page.

use super::{Listed, SessionId};
use crate::{curfew, db::Conn, limits::Limits, on, time::Moment, users::UserId};

/// Up to `most` live sessions whose ids come before `before`, the latest sign-in first. None: from
/// the start. One that starts meanwhile moves none of the others.
///
/// # Errors
/// When the database is unavailable.
pub async fn page(
    conn: &mut Conn,
    user: &UserId,
    before: Option<&SessionId>,
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
           and s.id < $4 and s.started_at >= $6
         order by s.id desc limit $5")
        .bind(user)
        .bind(now.at)
        .bind(now.at - limits.session_idle)
        // Ids are hexadecimal digits and hyphens: every one comes before an email beyond them.
        .bind(before.map_or("z", |id| id.0.as_str()))
        .bind(most)
        .bind(cut)
        .fetch_all(c)
        .await)
}
