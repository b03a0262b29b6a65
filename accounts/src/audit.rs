//! What happened: events in a chain, one an account, each carrying the hash of the one before it.
//!
//! An event is written in the transaction of the operation it tells of, so there is never one without
//! the other. It never holds a session id, a token or the hash of one.

mod chain;
mod event;
mod recent;
mod retention;
mod search;

pub(crate) use chain::with_id;
pub use chain::{Broken, Stored, Whole, chains, page, recorded, verify, verify_account};
pub(crate) use event::severity_rank;
pub use event::{Action, Actor, CATEGORIES, Client, Event, SEVERITIES};
pub use recent::recent;
pub use retention::{CHOICES, RetentionError, delete_before, delete_old, retention, set_retention};
pub use search::{Cut, Filter, Shown, search};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::{
    db::{Change, Tx},
    on,
    time::Moment,
    users::{AccountId, UserId},
    webhook,
};

/// The hash before the first event of a chain.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The chain of what belongs to no account.
const INSTANCE: &str = "instance";

/// An event that was written: its id and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub id: String,
    pub hash: String,
}

#[derive(FromRow)]
struct Head {
    seq: i64,
    head: String,
}

/// Appends an event to its account's chain. Call it last in a transaction: it holds the chain until
/// the commit, and users are locked before chains everywhere.
///
/// # Errors
/// When the database is unavailable.
pub async fn record(tx: &mut Tx, event: Event<'_>, now: Moment) -> Result<Recorded, sqlx::Error> {
    let chain = event.account.map_or(INSTANCE, |a| a.0.as_str());
    let last = lock_chain(tx, chain).await?;
    let stored = Stored {
        id: now.id(),
        chain: chain.to_owned(),
        seq: last.seq + 1,
        at: now.at,
        action: event.action.name().to_owned(),
        category: event.action.category().to_owned(),
        severity: event.action.severity().to_owned(),
        actor: event.actor.stored(),
        subject: event.subject.map(|u| u.0.clone()),
        ip: event.client.ip.map(|ip| ip.to_string()),
        user_agent: Some(event.client.user_agent.clone()),
        details: event.details.to_string(),
        prev_hash: last.head,
        hash: String::new(),
    };
    let hash = hash_of(&stored);
    // A sign-in that ends another session says so itself: NOTIFY makes commits wait in one line.
    if event.action != Action::Login
        && let Some(change) = may_have_changed(&stored.action, stored.subject.as_deref(), chain)
    {
        tx.changes(change).await?;
    }
    insert(tx, &stored, &hash).await?;
    // Written here, so that what an account is sent is what it has recorded, whatever dies in between.
    webhook::write(tx, &stored).await?;
    on!(tx, c => sqlx::query("update audit_chains set seq = $2, head = $3 where chain = $1")
        .bind(chain)
        .bind(stored.seq)
        .bind(&hash)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(Recorded {
        id: stored.id,
        hash,
    })
}

/// Whose sessions an operation may have changed, by its event. An operation that nobody has thought of here
/// counts as one that may: looking once too often costs one read.
pub(crate) fn may_have_changed(action: &str, subject: Option<&str>, chain: &str) -> Option<Change> {
    match (action, subject) {
        ("user.created" | "user.login_failed" | "user.device_renamed" | "access.denied", _) => None,
        (_, Some(user)) => Some(Change::User(UserId(user.to_owned()))),
        (_, None) if chain == INSTANCE => Some(Change::Anyone),
        (_, None) => Some(Change::Account(AccountId(chain.to_owned()))),
    }
}

/// An update locks the row on PostgreSQL until the commit; two events never get one number.
async fn lock_chain(tx: &mut Tx, chain: &str) -> Result<Head, sqlx::Error> {
    on!(tx, c => sqlx::query_as(
        "insert into audit_chains (chain, seq, head) values ($1, 0, $2)
         on conflict (chain) do update set seq = audit_chains.seq
         returning seq, head")
        .bind(chain)
        .bind(GENESIS)
        .fetch_one(c)
        .await)
}

async fn insert(tx: &mut Tx, event: &Stored, hash: &str) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "insert into audit_events (id, chain, seq, at, action, category, severity, actor, subject,
                                   ip, user_agent, details, prev_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
        .bind(&event.id)
        .bind(&event.chain)
        .bind(event.seq)
        .bind(event.at)
        .bind(&event.action)
        .bind(&event.category)
        .bind(&event.severity)
        .bind(&event.actor)
        .bind(&event.subject)
        .bind(&event.ip)
        .bind(&event.user_agent)
        .bind(&event.details)
        .bind(&event.prev_hash)
        .bind(hash)
        .execute(c)
        .await
        .map(|_| ()))
}

/// SHA-256 over the event's fields as a JSON array, in the order of the columns, the previous hash
/// last. JSON keeps the fields apart, so none can borrow a letter from its neighbour.
fn hash_of(e: &Stored) -> String {
    let fields = serde_json::json!([
        e.id,
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
        e.details,
        e.prev_hash
    ]);
    HEXLOWER.encode(&Sha256::digest(fields.to_string().as_bytes()))
}
