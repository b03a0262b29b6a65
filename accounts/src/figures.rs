//! What an operator watches of the database: how many are signed in, and what waits to be sent.

use sqlx::FromRow;

use crate::{instance::Reader, live::live_session, on, time::UnixMillis};

/// What waits in an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Waiting {
    pub count: i64,
    /// When the one that waits the longest was written.
    pub oldest: Option<UnixMillis>,
}

/// The figures of one moment, of all nodes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub users: i64,
    /// Sessions that are live.
    pub sessions: i64,
    pub emails: Waiting,
    pub webhook_deliveries: Waiting,
    pub logout_notices: Waiting,
}

/// Counts them: each is one statement, and none takes a lock.
///
/// # Errors
/// When the database is unavailable.
pub async fn figures(reader: &mut Reader) -> Result<Figures, sqlx::Error> {
    Ok(Figures {
        users: users(reader).await?,
        sessions: sessions(reader).await?,
        emails: emails(reader).await?,
        webhook_deliveries: webhook_deliveries(reader).await?,
        logout_notices: logout_notices(reader).await?,
    })
}

async fn users(reader: &mut Reader) -> Result<i64, sqlx::Error> {
    on!(reader, c => sqlx::query_scalar("select count(*) from users where removed_at is null")
        .fetch_one(c)
        .await)
}

async fn sessions(reader: &mut Reader) -> Result<i64, sqlx::Error> {
    const SQL: &str = concat!(
        "select count(*) from sessions s join users u on u.id = s.user_id where ",
        live_session!("$1", "$2")
    );
    let (now, idle) = (reader.now.at, reader.idle_since());
    on!(reader, c => sqlx::query_scalar(SQL).bind(now).bind(idle).fetch_one(c).await)
}

async fn emails(reader: &mut Reader) -> Result<Waiting, sqlx::Error> {
    let now = reader.now.at;
    on!(reader, c => sqlx::query_as(
        "select count(*) as count, min(created_at) as oldest from emails
         where sent_at is null and given_up_at is null and (good_until is null or good_until > $1)")
        .bind(now)
        .fetch_one(c)
        .await)
}

async fn webhook_deliveries(reader: &mut Reader) -> Result<Waiting, sqlx::Error> {
    on!(reader, c => sqlx::query_as(
        "select count(*) as count, min(created_at) as oldest from webhook_deliveries where delivered_at is null and given_up_at is null")
        .fetch_one(c)
        .await)
}

async fn logout_notices(reader: &mut Reader) -> Result<Waiting, sqlx::Error> {
    on!(reader, c => sqlx::query_as(
        "select count(*) as count, min(created_at) as oldest from logout_notices where outcome is null")
        .fetch_one(c)
        .await)
}
