//! What is deleted, and when. Rows end first, so that a user can be told how; they are deleted later.
//!
//! | what | deleted |
//! |---|---|
//! | sessions | 30 days after they ended or expired |
//! | remembered devices and their cookie values | 30 days after they ended or expired |
//! | what raised an epoch, and when | 30 days after every row that ended with it was marked |
//! | API and MCP tokens | 30 days after they were revoked or expired |
//! | counts of rate limits | a day after their window |
//! | pending sign-ins, drafts of two-factor authentication, emailed links, sign-ups that were not confirmed | a day after they expired |
//! | emails | a week after they were written |
//! | deliveries of a webhook | a week after their event |
//! | a removed webhook | when its receiver has been told so, a week later at the latest |
//! | invitations | 30 days after they expired |
//! | known devices | a year after they were last used |
//! | authorization codes, access tokens | a day after they expired |
//! | receipts of remote logouts | an hour after it |
//! | logout notices | 30 days after they were answered or given up |
//! | application sessions with their refresh tokens | 30 days after they ended, when every notice of it is done |
//! | signing keys | 30 days after they signed for the last time |
//! | counts of refusals | when they were recorded (`denials::record_counted`) |
//! | audit events | never, or when their account has said so (`audit_retention::delete_old`) |

use std::time::Duration;

use crate::{
    db::Tx,
    execute,
    time::{Moment, UnixMillis},
};

const DAY: Duration = Duration::from_hours(24);

/// Deletes what is due. Safe to run on several nodes at once.
///
/// # Errors
/// When the database is unavailable.
pub async fn cleanup(tx: &mut Tx, now: Moment) -> Result<u64, sqlx::Error> {
    let month_ago = now.at - 30 * DAY;
    let mut deleted = 0;
    // Children before parents: foreign keys are on.
    for (sql, before) in [
        // Nothing that ended with an epoch goes before its job is done.
        (
            "delete from sessions where (ended_at < $1 or expires_at < $1)
                 and not exists (select 1 from epoch_raises r where r.expanded_at is null
                                 and r.user_id = sessions.user_id and r.epoch = sessions.epoch)",
            month_ago,
        ),
        (
            "delete from remember_tokens where device_id in
                 (select id from remembered_devices where ended_at < $1 or expires_at < $1)",
            month_ago,
        ),
        (
            "delete from remembered_devices where (ended_at < $1 or expires_at < $1)
                 and not exists (select 1 from sessions s where s.remembered_device_id = remembered_devices.id)",
            month_ago,
        ),
        ("delete from receipts where expires_at < $1", now.at),
        ("delete from logout_notices where answered_at < $1", month_ago),
        ("delete from authorization_codes where expires_at < $1", now.at - DAY),
        ("delete from access_tokens where expires_at < $1", now.at - DAY),
        ("delete from signing_keys where signs_until < $1", month_ago),
        (
            "delete from refresh_tokens where application_session_id in
                 (select id from application_sessions where ended_at < $1)",
            month_ago,
        ),
        (
            "delete from gate_cookies where application_session_id in
                 (select id from application_sessions where ended_at < $1)",
            month_ago,
        ),
        ("delete from gate_hand_overs where expires_at < $1", now.at - DAY),
        (
            "delete from application_sessions where ended_at < $1
                 and not exists (select 1 from logout_notices n where n.application_session_id = application_sessions.id)
                 and not exists (select 1 from access_tokens t where t.application_session_id = application_sessions.id)",
            month_ago,
        ),
        ("delete from epoch_raises where expanded_at < $1", month_ago),
        ("delete from invitations where expires_at < $1", month_ago),
        ("delete from tokens where revoked_at < $1 or expires_at < $1", month_ago),
        ("delete from rate_limits where window_ends_at < $1", now.at - DAY),
        ("delete from pending_sign_ins where expires_at < $1", now.at - DAY),
        ("delete from two_factor_drafts where expires_at < $1", now.at - DAY),
        ("delete from email_links where expires_at < $1", now.at - DAY),
        ("delete from sign_ups where expires_at < $1", now.at - DAY),
        ("delete from emails where created_at < $1", now.at - 7 * DAY),
        ("delete from webhook_deliveries where created_at < $1", now.at - 7 * DAY),
        ("delete from webhooks where removed_at < $1", now.at - 7 * DAY),
        ("delete from known_devices where last_used_at < $1", now.at - 365 * DAY),
    ] {
        deleted += delete(tx, sql, before).await?;
    }
    Ok(deleted)
}

async fn delete(tx: &mut Tx, sql: &'static str, before: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(tx, sql, before)
}
