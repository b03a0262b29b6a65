//! An account's webhook: where its events are sent as they happen, signed.
//!
//! What is to be sent is written in the transaction of the event itself (`outbox`), so that neither
//! exists without the other; the server sends it afterwards, and again when that failed. The rules know no network.

mod outbox;
mod payload;
mod remove;

pub(crate) use outbox::enqueue;
pub use outbox::{Delivery, Due, Failure, delivered, failed, lease, recent};
pub use payload::{Payload, signature};
pub(crate) use remove::{delete, drop_pending, forget};

use sqlx::FromRow;

use crate::{
    audit::{Action, SEVERITIES, severity_rank},
    db::Conn,
    ids::AccountId,
    keys::{CannotOpen, Keys, Purpose, Sealed},
    on,
    secret::Secret,
    time::UnixMillis,
};

/// Which events are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Some of [`crate::audit::CATEGORIES`]; empty for all of them.
    pub categories: Vec<String>,
    /// One of [`SEVERITIES`]: events of it and more severe ones are sent.
    pub severity: String,
}

impl Wanted {
    /// Whether an event of that action is sent.
    pub(crate) fn takes(&self, action: Action) -> bool {
        let category = action.category();
        (self.categories.is_empty() || self.categories.iter().any(|c| c == category))
            && severity_rank(action.severity()) >= severity_rank(&self.severity)
    }
}

/// Where an account's events are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    pub wanted: Wanted,
    pub created_at: UnixMillis,
    sealed: Sealed,
}

#[derive(FromRow)]
struct Row {
    url: String,
    categories: String,
    min_severity: i64,
    key_id: String,
    secret: String,
    created_at: UnixMillis,
}

impl Webhook {
    /// What its deliveries are signed with.
    ///
    /// # Errors
    /// When the key that it was sealed with is missing.
    pub fn secret(&self, account: &AccountId, keys: &Keys) -> Result<Secret, CannotOpen> {
        let plain = keys.open(Purpose::Webhook, &account.0, &self.sealed)?;
        Ok(Secret::new(String::from_utf8_lossy(&plain).into_owned()))
    }
}

/// The account's webhook.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(conn: &mut Conn, account: &AccountId) -> Result<Option<Webhook>, sqlx::Error> {
    let row: Option<Row> = on!(conn, c => sqlx::query_as(
        "select url, categories, min_severity, key_id, secret, created_at from webhooks
         where account_id = $1 and removed_at is null")
        .bind(account)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Webhook::from))
}

/// The account's webhook, or the removed one whose receiver has yet to be told.
async fn find_to_send(
    conn: &mut Conn,
    account: &AccountId,
) -> Result<Option<Webhook>, sqlx::Error> {
    let row: Option<Row> = on!(conn, c => sqlx::query_as(
        "select url, categories, min_severity, key_id, secret, created_at from webhooks where account_id = $1")
        .bind(account)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Webhook::from))
}

impl From<Row> for Webhook {
    fn from(row: Row) -> Self {
        let categories = row.categories.split(',').filter(|c| !c.is_empty());
        let severity = usize::try_from(row.min_severity).unwrap_or_default();
        Self {
            wanted: Wanted {
                categories: categories.map(str::to_owned).collect(),
                severity: SEVERITIES.get(severity).map_or("info", |s| s).to_owned(),
            },
            url: row.url,
            created_at: row.created_at,
            sealed: Sealed {
                key_id: row.key_id,
                text: row.secret,
            },
        }
    }
}
