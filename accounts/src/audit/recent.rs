//! The newest events, page by page: of an account, or those that tell of one user.

use super::Stored;
use crate::{
    db::Conn,
    ids::{AccountId, UserId},
    on,
    time::UnixMillis,
};

/// Up to `most` events of the account with numbers below `before`, newest first. With `subject` only
/// those about that user, where one line stands for all sessions that ended together. A page is found by its number in the chain, so a growing log moves nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn recent(
    conn: &mut Conn,
    account: &AccountId,
    subject: Option<&UserId>,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<Stored>, sqlx::Error> {
    let before = before.unwrap_or(i64::MAX);
    match subject {
        None => on!(conn, c => sqlx::query_as(
            "select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent,
                    request_id, details, prev_hash, hash
             from audit_events where chain = $1 and seq < $2 order by seq desc limit $3")
            .bind(account)
            .bind(before)
            .bind(most)
            .fetch_all(c)
            .await),
        Some(subject) => on!(conn, c => sqlx::query_as(
            "select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent,
                    request_id, details, prev_hash, hash
             from audit_events where chain = $1 and subject = $4 and seq < $2 and action <> 'user.session_ended'
             order by seq desc limit $3")
            .bind(account)
            .bind(before)
            .bind(most)
            .bind(subject)
            .fetch_all(c)
            .await),
    }
}

/// Up to `most` warnings and alerts since `since`, newest first, of the last hundred events that tell of the user. The others
/// are not read out of the database.
///
/// # Errors
/// When the database is unavailable.
pub async fn recent_alerts(
    conn: &mut Conn,
    account: &AccountId,
    subject: &UserId,
    since: UnixMillis,
    most: i64,
) -> Result<Vec<Stored>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select * from (
             select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent,
                    request_id, details, prev_hash, hash
             from audit_events where chain = $1 and subject = $2 and action <> 'user.session_ended'
             order by seq desc limit 100) last
         where severity in ('warning', 'alert') and at >= $3 order by seq desc limit $4")
        .bind(account)
        .bind(subject)
        .bind(since)
        .bind(most)
        .fetch_all(c)
        .await)
}
