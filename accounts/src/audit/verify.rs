//! Whether the log is as it was written: every hash, the signature of each newest event, the high-water marks.

use super::{
    GENESIS,
    chain::page,
    gap::{Broken, gone},
    hash_of,
    heads::{Head, Signed, head_of, heads},
    marks::Marks,
};
use crate::{db::Conn, ids::AccountId, instance::Reader, keys::Keys, on};

/// Every chain is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    pub chains: usize,
    pub events: u64,
}

/// Recomputes every hash of every chain.
///
/// # Errors
/// The outer error when the database is unavailable; the inner one names the first broken event.
pub async fn verify(conn: &mut Conn) -> Result<Result<Whole, Broken>, sqlx::Error> {
    let heads = heads(conn).await?;
    walk_all(conn, &heads).await
}

async fn walk_all(conn: &mut Conn, heads: &[Head]) -> Result<Result<Whole, Broken>, sqlx::Error> {
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
        chains: heads.len(),
        events: 0,
    };
    for head in heads {
        match verify_chain(conn, &head.chain, head.seq, &head.hash).await? {
            Ok(events) => whole.events += events,
            Err(broken) => return Ok(Err(broken)),
        }
    }
    Ok(Ok(whole))
}

/// What [`verify_all`] found where nothing is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub whole: Whole,
    /// Chains, and the number of an event that each goes on from though its signature could not be checked at the
    /// time, because its key was missing where the next event was written.
    pub unverified: Vec<(String, i64)>,
}

/// As [`verify`]. Also checks that the newest event of each chain is signed under the instance's key, that no account
/// is without a chain, and, where there are marks, that nothing they have seen is missing. Read the marks before.
///
/// # Errors
/// As [`verify`].
pub async fn verify_all(
    reader: &mut Reader,
    marks: Option<&Marks>,
) -> Result<Result<Verified, Broken>, sqlx::Error> {
    let heads = heads(reader).await?;
    let whole = match walk_all(reader, &heads).await? {
        Ok(whole) => whole,
        Err(broken) => return Ok(Err(broken)),
    };
    let unsigned = heads.iter().find_map(|head| unsigned(head, reader.keys()));
    let broken = match (unsigned, marks) {
        (Some(broken), _) => Some(broken),
        (None, Some(marks)) => against_marks(reader, &heads, marks).await?,
        (None, None) => None,
    };
    let broken = match broken {
        None => without_a_chain(reader).await?,
        broken => broken,
    };
    let unverified = heads
        .into_iter()
        .filter_map(|head| Some((head.chain, head.unverified_seq?)))
        .collect();
    Ok(broken.map_or(Ok(Verified { whole, unverified }), Err))
}

/// What is wrong with a head's signature.
fn unsigned(head: &Head, keys: &Keys) -> Option<Broken> {
    let why = match head.signed(keys) {
        Signed::ByUs => return None,
        Signed::ByUnknownKey => "it was signed with a key that is not in the key file",
        Signed::Not => {
            "its signature does not fit, so this instance has not written it as the newest"
        }
    };
    let (chain, seq) = (head.chain.clone(), head.seq);
    Some(Broken { chain, seq, why })
}

async fn against_marks(
    conn: &mut Conn,
    heads: &[Head],
    marks: &Marks,
) -> Result<Option<Broken>, sqlx::Error> {
    for head in heads {
        if let Some(broken) = marks.contradicted(conn, head).await? {
            return Ok(Some(broken));
        }
    }
    Ok(marks.missing(heads))
}

/// Every account begins with an event.
async fn without_a_chain(conn: &mut Conn) -> Result<Option<Broken>, sqlx::Error> {
    let account: Option<String> = on!(conn, c => sqlx::query_scalar(
        "select id from accounts where id not in (select chain from audit_chains) order by id limit 1")
        .fetch_optional(c)
        .await)?;
    Ok(account.map(|chain| Broken {
        chain,
        seq: 1,
        why: "the account has no chain",
    }))
}

/// Recomputes every hash of one account's chain, and checks that its newest event is signed.
///
/// # Errors
/// As [`verify`].
pub async fn verify_account(
    reader: &mut Reader,
    account: &AccountId,
) -> Result<Result<Whole, Broken>, sqlx::Error> {
    let head = head_of(reader, &account.0).await?;
    let verified = verify_chain(reader, &account.0, head.seq, &head.hash).await?;
    let verified = verified.map(|events| Whole { chains: 1, events });
    // A chain without events has no head in the database.
    if verified.is_ok()
        && head.seq > 0
        && let Some(broken) = unsigned(&head, reader.keys())
    {
        return Ok(Err(broken));
    }
    Ok(verified)
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
        _ => {
            let now = head_of(conn, chain).await?;
            (now.seq, now.hash)
        }
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
