//! How many sign-ins at applications a raised epoch has ended: all of them, where `told` lists some.
//!
//! Counted as `sessions::end_applications` writes it down: a session that time had ended before is not of the raise.

use crate::{
    ids::{AccountId, EventId, UserId},
    instance::Reader,
    on,
};

/// With raised epochs `r`: what they have ended, and a condition. `$3` is how long a session may be unused.
macro_rules! ended_by_raise {
    () => {
        " join application_sessions x on x.user_id = r.user_id
               and (x.ended_by = r.event_id or (x.ended_at is null and x.epoch = r.epoch))
          left join sessions s on s.id = x.session_id
          where (x.ended_at is not null or x.is_offline or s.ended_by = r.event_id
                 or (s.ended_at is null and s.expires_at > r.at and s.last_active_at > r.at - $3
                     and (s.curfew_ends_at is null or s.curfew_ends_at > r.at)))"
    };
}

/// How many sign-ins of that user ended with the operation of that event.
///
/// # Errors
/// When the database is unavailable.
pub async fn count_ended(
    conn: &mut Reader,
    user: &UserId,
    event: &EventId,
) -> Result<u64, sqlx::Error> {
    let idle = idle_ms(conn);
    let count: i64 = on!(conn, c => sqlx::query_scalar(concat!(
        "select count(*) from epoch_raises r", ended_by_raise!(), " and r.event_id = $1 and r.user_id = $2"))
        .bind(event)
        .bind(user)
        .bind(idle)
        .fetch_one(c)
        .await)?;
    Ok(count.unsigned_abs())
}

/// How many of all members of that account ended with a remote logout of everyone. The event is about one of them; one
/// operation has one moment.
///
/// # Errors
/// When the database is unavailable.
pub async fn count_ended_of_everyone(
    conn: &mut Reader,
    account: &AccountId,
    event: &EventId,
) -> Result<u64, sqlx::Error> {
    let idle = idle_ms(conn);
    let count: i64 = on!(conn, c => sqlx::query_scalar(concat!(
        "select count(*) from epoch_raises one join users u on u.account_id = $2
              join epoch_raises r on r.user_id = u.id and r.at = one.at and r.reason = one.reason",
        ended_by_raise!(), " and one.event_id = $1"))
        .bind(event)
        .bind(account)
        .bind(idle)
        .fetch_one(c)
        .await)?;
    Ok(count.unsigned_abs())
}

fn idle_ms(conn: &Reader) -> i64 {
    i64::try_from(conn.limits.session_idle.as_millis()).unwrap_or(i64::MAX)
}
