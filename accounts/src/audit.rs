//! What happened: events in chains, one chain for each account. Each event carries the hash of the event before it.
//!
//! An event is written in the transaction of the operation it tells of, so neither exists without the
//! other. It never holds a session id, a token or the hash of one.

mod action;
mod chain;
mod event;
mod filter;
mod gap;
mod heads;
mod marks;
mod recent;
mod search;
mod verify;
mod window;
mod word;

pub(crate) use action::severity_rank;
pub use action::{Action, CATEGORIES, SEVERITIES};
pub(crate) use chain::with_id;
pub use chain::{Stored, chains, page, recorded, with_hash};
pub(crate) use event::Unchained;
pub use event::{Actor, Event};
pub use filter::{Cut, Filter};
pub use gap::Broken;
pub(crate) use heads::lock_chain;
pub use heads::sign_heads_anew;
pub(crate) use marks::note_appended;
pub use marks::{BadMarks, Marks, Raised, appended};
pub use recent::{recent, recent_alerts};
pub use search::{Found, Shown, search};
pub use verify::{Verified, Whole, verify, verify_account, verify_all};
pub use window::{LOOKED_THROUGH, Stopped};
pub use word::Word;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{db::Conn, execute, instance::Reader};

/// The hash before the first event of a chain.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Appends an event to its chain and returns it as stored. The chain stays locked until the transaction ends,
/// so an operation appends its events when it commits, after every other lock.
pub(crate) async fn append(reader: &mut Reader, event: Unchained) -> Result<Stored, sqlx::Error> {
    let last = lock_chain(reader, &event.chain).await?;
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
        prev_hash: last.hash.clone(),
        hash: String::new(),
    };
    stored.hash = hash_of(&stored);
    insert(reader, &stored).await?;
    let head = last.followed_by(stored.seq, &stored.hash, reader.keys());
    head.write(reader).await?;
    Ok(stored)
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
