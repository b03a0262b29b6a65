//! Gaps in a chain: one that is wrong, and the one that its account's setting has made.

use serde::Deserialize;

use super::Action;
use crate::{db::Conn, on};

/// The first place where a chain is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} of chain {chain}: {why}")]
pub struct Broken {
    pub chain: String,
    pub seq: i64,
    pub why: &'static str,
}

/// What the last deletion of old events says is gone: up to which number, and the hash of that event. The deletion
/// is an event of the chain itself, so it is verified with the others.
pub(super) async fn gone(
    conn: &mut Conn,
    chain: &str,
) -> Result<Option<(i64, String)>, sqlx::Error> {
    let details: Option<String> = on!(conn, c => sqlx::query_scalar(
        "select details from audit_events where chain = $1 and action = $2 order by seq desc limit 1")
        .bind(chain)
        .bind(Action::EventsDeleted.name())
        .fetch_optional(c)
        .await)?;
    let details: Option<Gone> = details.and_then(|text| serde_json::from_str(&text).ok());
    Ok(details.map(|gone| (gone.up_to, gone.hash)))
}

#[derive(Deserialize)]
struct Gone {
    up_to: i64,
    hash: String,
}
