//! What a user was signed in with lately, for the picture above the list of devices.

use sqlx::FromRow;

use super::find::{Row, raised, row};
use crate::{db::Conn, end_reason::EndReason, ids::UserId, instance::Reader, on, time::UnixMillis};

/// A session of the last weeks.
#[derive(Debug, Clone)]
pub struct Past {
    pub user_agent: String,
    pub label: Option<String>,
    pub from: UnixMillis,
    /// When and why it ended; none while it is live.
    pub ended: Option<(EndReason, UnixMillis)>,
}

#[derive(FromRow)]
struct Seen {
    #[sqlx(flatten)]
    row: Row,
    user_agent: String,
    label: Option<String>,
}

/// The user's sessions that were live at some time since `since`, latest first, `most` at the most.
///
/// # Errors
/// When the database is unavailable.
pub async fn history(
    conn: &mut Reader,
    user: &UserId,
    since: UnixMillis,
    most: i64,
) -> Result<Vec<Past>, sqlx::Error> {
    let (limits, now, idle) = (conn.limits, conn.now, conn.idle_since());
    let seen: Vec<Seen> = on!(conn, c => sqlx::query_as(concat!(
        "select ", row!(), ", s.user_agent, coalesce(d.label, s.label) as label
         from sessions s join users u on u.id = s.user_id", raised!(), "
         left join remembered_devices d on d.id = s.remembered_device_id
         where s.user_id = $3 and (s.ended_at is null or s.ended_at > $4)
         order by s.started_at desc, s.id desc limit $5"))
        .bind(now.at)
        .bind(idle)
        .bind(user)
        .bind(since)
        .bind(most)
        .fetch_all(c)
        .await)?;
    let past = seen.into_iter().map(|seen| Past {
        ended: seen.row.ended(&limits, now),
        from: seen.row.started_at,
        user_agent: seen.user_agent,
        label: seen.label,
    });
    // Rows that are not marked yet may have expired before.
    Ok(past
        .filter(|past| past.ended.is_none_or(|(_, at)| at > since))
        .collect())
}

/// When the user was logged out remotely since `since`, latest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn remote_logouts(
    conn: &mut Conn,
    user: &UserId,
    since: UnixMillis,
) -> Result<Vec<UnixMillis>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select at from epoch_raises where user_id = $1 and at > $2 and reason = $3
         order by at desc limit 100")
        .bind(user)
        .bind(since)
        .bind(EndReason::RemoteLogout)
        .fetch_all(c)
        .await)
}
