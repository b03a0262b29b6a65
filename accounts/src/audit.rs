//! What happened: events in chains, one chain for each account. Each event carries the hash of the event before it.
//!
//! An event is written in the transaction of the operation it tells of, so neither exists without the
//! other. It never holds a session id, a token or the hash of one.

mod chain;
mod event;
mod recent;
mod search;

pub(crate) use chain::with_id;
pub use chain::{Broken, Stored, Whole, chains, page, recorded, verify, verify_account};
pub(crate) use event::Unchained;
pub(crate) use event::severity_rank;
pub use event::{Action, Actor, CATEGORIES, Event, SEVERITIES};
pub use recent::recent;
pub use search::{Cut, Filter, Shown, search};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::{db::Conn, execute, on};

/// The hash before the first event of a chain.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The newest event of a chain.
#[derive(FromRow)]
pub(crate) struct Head {
    pub seq: i64,
    pub head: String,
}

/// Appends an event to its chain and returns it as stored. The chain stays locked until the transaction ends,
/// so an operation appends its events when it commits, after every other lock.
pub(crate) async fn append(conn: &mut Conn, event: Unchained) -> Result<Stored, sqlx::Error> {
    let last = lock_chain(conn, &event.chain).await?;
    let mut stored = Stored {
        id: event.id.0,
        parent: event.parent,
        chain: event.chain,
        seq: last.seq + 1,
        at: event.at,
        action: event.action.name().to_owned(),
        category: event.action.category().to_owned(),
        severity: event.action.severity().to_owned(),
        actor: event.actor,
        subject: event.subject,
        ip: event.ip,
        user_agent: Some(event.user_agent),
        request_id: event.request_id,
        details: event.details,
        prev_hash: last.head,
        hash: String::new(),
    };
    stored.hash = hash_of(&stored);
    insert(conn, &stored).await?;
    execute!(
        conn,
        "update audit_chains set seq = $2, head = $3 where chain = $1",
        &stored.chain,
        stored.seq,
        &stored.hash
    )?;
    Ok(stored)
}

/// An update locks the row on PostgreSQL until the commit; two events never get one number.
pub(crate) async fn lock_chain(conn: &mut Conn, chain: &str) -> Result<Head, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "insert into audit_chains (chain, seq, head) values ($1, 0, $2)
         on conflict (chain) do update set seq = audit_chains.seq
         returning seq, head")
        .bind(chain)
        .bind(GENESIS)
        .fetch_one(c)
        .await)
}

async fn insert(conn: &mut Conn, event: &Stored) -> Result<(), sqlx::Error> {
    execute!(
        conn,
        "insert into audit_events (id, parent, chain, seq, at, action, category, severity, actor, subject,
                                   ip, user_agent, request_id, details, prev_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &event.id,
        &event.parent,
        &event.chain,
        event.seq,
        event.at,
        &event.action,
        &event.category,
        &event.severity,
        &event.actor,
        &event.subject,
        &event.ip,
        &event.user_agent,
        &event.request_id,
        &event.details,
        &event.prev_hash,
        &event.hash
    )?;
    Ok(())
}

/// SHA-256 over the event's fields as a JSON array, in the order of the columns, the previous hash
/// last. JSON keeps the fields apart, so no character can pass from one field to the next.
fn hash_of(e: &Stored) -> String {
    let fields = serde_json::json!([
        e.id,
        e.parent,
        e.chain,
        e.seq,
        e.at,
        e.action,
        e.category,
        e.severity,
        e.actor,
        e.subject,
        e.ip,
        e.user_agent,
        e.request_id,
        e.details,
        e.prev_hash
    ]);
    HEXLOWER.encode(&Sha256::digest(fields.to_string().as_bytes()))
}
