//! Reading the chain: page by page, and to see whether it was tampered with.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{Action, GENESIS, hash_of};
use crate::{
    db::Conn,
    ids::{AccountId, UserId},
    on,
    time::UnixMillis,
};

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

/// Every chain is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    pub chains: usize,
    pub events: u64,
}

/// The first place where a chain is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} of chain {chain}: {why}")]
pub struct Broken {
    pub chain: String,
    pub seq: i64,
    pub why: &'static str,
}

/// Recomputes every hash of every chain.
///
/// # Errors
/// The outer error when the database is unavailable; the inner one names the first broken event.
pub async fn verify(conn: &mut Conn) -> Result<Result<Whole, Broken>, sqlx::Error> {
    let chains: Vec<(String, i64, String)> = on!(conn, c => sqlx::query_as(
        "select chain, seq, head from audit_chains order by chain")
        .fetch_all(c)
        .await)?;
    let orphan: Option<(String, i64)> = on!(conn, c => sqlx::query_as(
        "select chain, min(seq) from audit_events
         where chain not in (select chain from audit_chains) group by chain order by chain limit 1")
        .fetch_optional(c)
        .await)?;
    if let Some((chain, seq)) = orphan {
        let why = "its chain is not in the list of chains";
        return Ok(Err(Broken { chain, seq, why }));
    }
    let mut whole = Whole {
        chains: chains.len(),
        events: 0,
    };
    for (chain, seq, head) in chains {
        match verify_chain(conn, &chain, seq, &head).await? {
            Ok(events) => whole.events += events,
            Err(broken) => return Ok(Err(broken)),
        }
    }
    Ok(Ok(whole))
}

/// Recomputes every hash of one account's chain.
///
/// # Errors
/// As [`verify`].
pub async fn verify_account(
    conn: &mut Conn,
    account: &AccountId,
) -> Result<Result<Whole, Broken>, sqlx::Error> {
    let (seq, head) = head_of(conn, &account.0).await?;
    let verified = verify_chain(conn, &account.0, seq, &head).await?;
    Ok(verified.map(|events| Whole { chains: 1, events }))
}

/// What the last deletion of old events says is gone: up to which number, and the hash of that event. The deletion
/// is an event of the chain itself, so it is verified with the others.
async fn gone(conn: &mut Conn, chain: &str) -> Result<Option<(i64, String)>, sqlx::Error> {
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

async fn verify_chain(
    conn: &mut Conn,
    chain: &str,
    last_seq: i64,
    head: &str,
) -> Result<Result<u64, Broken>, sqlx::Error> {
    let before = gone(conn, chain).await?;
    let walked = walk(conn, chain, before.clone(), last_seq, head).await?;
    if walked.is_err() {
        // Perhaps old events were being deleted meanwhile: that is no gap.
        let after = gone(conn, chain).await?;
        if after != before {
            return walk(conn, chain, after, last_seq, head).await;
        }
    }
    Ok(walked)
}

/// From what is gone to the head.
async fn walk(
    conn: &mut Conn,
    chain: &str,
    gone: Option<(i64, String)>,
    last_seq: i64,
    head: &str,
) -> Result<Result<u64, Broken>, sqlx::Error> {
    let broken = |seq, why| {
        Ok(Err(Broken {
            chain: chain.to_owned(),
            seq,
            why,
        }))
    };
    // The first event that is left must follow what the account's own setting has deleted.
    let (mut seq, mut prev) = gone.unwrap_or((0, GENESIS.to_owned()));
    let mut events_seen: u64 = 0;
    loop {
        let events = page(conn, chain, if events_seen == 0 { 0 } else { seq }).await?;
        events_seen += u64::try_from(events.len()).unwrap_or(0);
        for event in &events {
            if event.seq != seq + 1 {
                return broken(seq + 1, "it is missing");
            }
            if event.prev_hash != prev {
                return broken(event.seq, "it does not follow the event before it");
            }
            if hash_of(event) != event.hash {
                return broken(event.seq, "it was changed");
            }
            seq = event.seq;
            prev.clone_from(&event.hash);
        }
        if events.is_empty() {
            break;
        }
    }
    // Events written while this ran are newer than the head that was read, but not than the head now.
    if seq < last_seq {
        return broken(seq + 1, "it is missing, and all after it");
    }
    let (last_seq, head) = match seq {
        _ if seq == last_seq => (last_seq, head.to_owned()),
        _ => head_of(conn, chain).await?,
    };
    if seq > last_seq {
        return broken(
            last_seq + 1,
            "it was added behind the event that was written last",
        );
    }
    if seq == last_seq && prev != head {
        return broken(seq, "it is not the event that was written last");
    }
    Ok(Ok(events_seen))
}

/// The number and the hash of the event that was written last; of none, those of the genesis.
async fn head_of(conn: &mut Conn, chain: &str) -> Result<(i64, String), sqlx::Error> {
    let head: Option<(i64, String)> = on!(conn, c => sqlx::query_as(
        "select seq, head from audit_chains where chain = $1")
        .bind(chain)
        .fetch_optional(c)
        .await)?;
    Ok(head.unwrap_or((0, GENESIS.to_owned())))
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
