//! The receipt of a remote logout: who may look at it, and for how long.

use std::time::Duration;

use sqlx::FromRow;

use crate::{
    db::Conn,
    execute,
    ids::{EventId, UserId, is_id},
    instance::Reader,
    on,
    operation::Operation,
    secret::Token,
    time::UnixMillis,
};

/// How long a browser may look at its receipt without being signed in.
pub const RECEIPT_LASTS: Duration = Duration::from_hours(1);

/// A remote logout, as its receipt says it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Receipt {
    /// Of whom it is.
    #[sqlx(rename = "user_id")]
    pub user: UserId,
    #[sqlx(rename = "event_id")]
    pub event: EventId,
    pub sessions: i64,
    pub remembered_devices: i64,
    pub invitations: i64,
    pub at: UnixMillis,
    /// Of the event in the audit log; none when it was deleted.
    pub hash: Option<String>,
}

/// The columns of [`Receipt`], of `epoch_raises r` and `audit_events e`.
macro_rules! receipt {
    () => {
        "r.user_id, r.event_id, r.sessions, r.remembered_devices, r.invitations, r.at, e.hash
         from epoch_raises r left join audit_events e on e.id = r.event_id "
    };
}

/// Lets the browser that gets this token look at the receipt of that remote logout for an hour. The token opens nothing
/// else.
///
/// # Errors
/// When the database is unavailable.
pub async fn leave_receipt(op: &mut Operation, event: &EventId) -> Result<Token, sqlx::Error> {
    let (token, until) = (Token::random(), op.now.at + RECEIPT_LASTS);
    execute!(
        op,
        "insert into receipts (token_hash, event_id, expires_at) values ($1, $2, $3)",
        token.hash(),
        event,
        until
    )?;
    Ok(token)
}

/// The receipt that a token lets a browser look at.
///
/// # Errors
/// When the database is unavailable.
pub async fn receipt_of(conn: &mut Reader, token: &Token) -> Result<Option<Receipt>, sqlx::Error> {
    let now = conn.now.at;
    on!(conn, c => sqlx::query_as(concat!(
        "select ", receipt!(), "join receipts k on k.event_id = r.event_id
         where k.token_hash = $1 and k.expires_at > $2"))
        .bind(token.hash())
        .bind(now)
        .fetch_optional(c)
        .await)
}

/// The receipt of a remote logout of that user.
///
/// # Errors
/// When the database is unavailable.
pub async fn receipt_of_event(
    conn: &mut Conn,
    user: &UserId,
    event: &EventId,
) -> Result<Option<Receipt>, sqlx::Error> {
    if !is_id(&event.0) {
        return Ok(None);
    }
    on!(conn, c => sqlx::query_as(concat!(
        "select ", receipt!(), "where r.event_id = $1 and r.user_id = $2"))
        .bind(event)
        .bind(user)
        .fetch_optional(c)
        .await)
}

/// The events of the user's raised epochs of which there is still a receipt, the newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn receipts_of(conn: &mut Conn, user: &UserId) -> Result<Vec<EventId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select event_id from epoch_raises where user_id = $1 order by epoch desc limit 200")
        .bind(user)
        .fetch_all(c)
        .await)
}
