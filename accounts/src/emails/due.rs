//! Emails that are due: one node takes each, sends it, and says how that went.

use std::time::Duration;

use sqlx::FromRow;

use super::template::Email;
use crate::{
    db::Tx,
    execute,
    ids::UserId,
    keys::{CannotOpen, Keys, Purpose, Sealed},
    on,
    retry::next_try,
    secret::Token,
    time::{Moment, UnixMillis},
};

/// How long one node has an email to itself while it sends it.
const LEASE: Duration = Duration::from_mins(2);

/// An email that is due, for the node that has claimed it.
#[derive(Debug)]
pub struct Due {
    pub id: String,
    pub to: String,
    /// The user it is about; none for a stranger.
    pub user: Option<UserId>,
    pub email: Email,
    /// The token of its link.
    pub token: Option<Token>,
    /// When the operation was.
    pub at: UnixMillis,
    /// The time zone of its reader, where it is known: that of their curfew, or of their account's.
    pub zone: Option<String>,
    tries: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    recipient: String,
    user_id: Option<UserId>,
    details: String,
    key_id: Option<String>,
    sealed: Option<String>,
    created_at: UnixMillis,
    tries: i64,
}

/// Why an email that is due cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Takes the email that has been due the longest; no other node gets it for two minutes. Commit before
/// sending.
///
/// # Errors
/// When the database is unavailable, or the key that its link was sealed with is missing; the email is
/// tried again then.
pub async fn lease(tx: &mut Tx, keys: &Keys, now: Moment) -> Result<Option<Due>, EmailError> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "update emails set next_try_at = $2, tries = tries + 1
         where id = (select id from emails
                     where sent_at is null and given_up_at is null and next_try_at <= $1
                       and (good_until is null or good_until > $1)
                     order by next_try_at, id limit 1)
           and next_try_at <= $1
         returning id, recipient, user_id, details, key_id, sealed, created_at, tries")
        .bind(now.at)
        .bind(now.at + LEASE)
        .fetch_optional(c)
        .await)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let token = match (row.key_id, row.sealed) {
        (Some(key_id), Some(text)) => {
            let sealed = Sealed { key_id, text };
            let opened = keys.open(Purpose::Email, &row.id, &sealed)?;
            Token::presented(&String::from_utf8_lossy(&opened))
        }
        _ => None,
    };
    let zone = match &row.user_id {
        Some(user) => zone_of(tx, user).await?,
        None => None,
    };
    let email = serde_json::from_str(&row.details).map_err(|e| sqlx::Error::Decode(e.into()))?;
    Ok(Some(Due {
        id: row.id,
        to: row.recipient,
        user: row.user_id,
        email,
        token,
        at: row.created_at,
        zone,
        tries: row.tries,
    }))
}

async fn zone_of(tx: &mut Tx, user: &UserId) -> Result<Option<String>, sqlx::Error> {
    let zone: Option<Option<String>> = on!(tx, c => sqlx::query_scalar(
        "select coalesce(u.curfew_zone, a.curfew_zone) from users u join accounts a on a.id = u.account_id
         where u.id = $1")
        .bind(user)
        .fetch_optional(c)
        .await)?;
    Ok(zone.flatten())
}

/// Marks it as sent, and forgets the token of its link.
///
/// # Errors
/// When the database is unavailable; it may be sent a second time then.
pub async fn sent(tx: &mut Tx, due: &Due, now: Moment) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "update emails set sent_at = $2, sealed = null, key_id = null where id = $1",
        &due.id,
        now.at
    )?;
    Ok(())
}

/// Marks a try as failed: the email is tried again later, or given up. Returns when the next try is.
///
/// # Errors
/// When the database is unavailable; it is tried again in two minutes then.
pub async fn failed(
    tx: &mut Tx,
    due: &Due,
    now: Moment,
) -> Result<Option<UnixMillis>, sqlx::Error> {
    let next = next_try(due.tries, now.at);
    execute!(
        tx,
        "update emails set next_try_at = coalesce($2, next_try_at),
                given_up_at = case when $2 is null then $3 else given_up_at end
         where id = $1",
        &due.id,
        next,
        now.at
    )?;
    Ok(next)
}
