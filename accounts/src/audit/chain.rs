//! Reading a chain page by page.

use serde::Serialize;
use sqlx::FromRow;

use crate::{db::Conn, ids::UserId, on, time::UnixMillis};

/// Events read at a time, so that a long chain needs no more memory than a short one.
const PAGE: i64 = 1_000;

/// An event as stored, and as exported.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Stored {
    pub id: String,
    /// The event that this one follows from.
    pub parent: Option<String>,
    /// The account's id, or `instance`.
    pub chain: String,
    /// Its number in the chain, from 1, without gaps.
    pub seq: i64,
    pub at: UnixMillis,
    pub action: String,
    pub category: String,
    pub severity: String,
    /// `user:ID`, `operator`, `anonymous` or `curfew`.
    pub actor: String,
    pub subject: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// Of the request that asked for it.
    pub request_id: Option<String>,
    /// A JSON object, as text: the very text that was hashed.
    pub details: String,
    pub prev_hash: String,
    pub hash: String,
}

impl Stored {
    /// The event as a line of JSON without its end: what is exported, and what a webhook sends.
    #[must_use]
    pub fn as_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// One event.
pub(crate) async fn with_id(conn: &mut Conn, id: &str) -> Result<Option<Stored>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent,
                request_id, details, prev_hash, hash
         from audit_events where id = $1")
        .bind(id)
        .fetch_optional(c)
        .await)
}

/// Up to 1,000 events of a chain that come after number `after`, oldest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn page(conn: &mut Conn, chain: &str, after: i64) -> Result<Vec<Stored>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent,
                request_id, details, prev_hash, hash
         from audit_events where chain = $1 and seq > $2 order by seq limit $3")
        .bind(chain)
        .bind(after)
        .bind(PAGE)
        .fetch_all(c)
        .await)
}

/// How many events of that action tell of that user.
///
/// # Errors
/// When the database is unavailable.
pub async fn recorded(conn: &mut Conn, subject: &UserId, action: &str) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from audit_events where subject = $1 and action = $2")
        .bind(subject)
        .bind(action)
        .fetch_one(c)
        .await)
}

/// The names of all chains.
///
/// # Errors
/// When the database is unavailable.
pub async fn chains(conn: &mut Conn) -> Result<Vec<String>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select chain from audit_chains order by chain")
        .fetch_all(c)
        .await)
}

/// The event with that hash: from a receipt, an email or an export.
///
/// # Errors
/// When the database is unavailable.
pub async fn with_hash(conn: &mut Conn, hash: &str) -> Result<Option<Stored>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent,
                request_id, details, prev_hash, hash
         from audit_events where hash = $1")
        .bind(hash)
        .fetch_optional(c)
        .await)
}
