//! Marks compared with what the database holds: raised, contradicted, and followed anew.

use std::collections::HashSet;

use super::{Mark, Marks, Raised, Resumed};
use crate::{
    audit::{
        GENESIS,
        gap::{Broken, gone},
        heads::{Head, heads},
    },
    db::Conn,
    on,
};

impl Marks {
    /// Takes over the marks of another process where they are higher.
    pub fn merge(&mut self, other: Self) {
        for (chain, mark) in other.seen {
            let ours = self.seen.entry(chain).or_insert_with(|| mark.clone());
            if ours.seq < mark.seq {
                *ours = mark;
            }
        }
        for (chain, theirs) in other.resumed {
            let ours = self.resumed.entry(chain).or_insert_with(|| theirs.clone());
            if (ours.times, ours.mark.seq) < (theirs.times, theirs.mark.seq) {
                *ours = theirs;
            }
        }
    }

    /// Raises the marks to where the chains are now. A chain that contradicts its mark keeps it, or what was done to
    /// the chain would be forgotten with its next event.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn raise(&mut self, conn: &mut Conn) -> Result<Raised, sqlx::Error> {
        let heads = heads(conn).await?;
        let mut raised = Raised {
            changed: false,
            contradiction: self.missing(&heads),
        };
        for head in heads {
            let contradiction = self.contradicted(conn, &head).await?;
            if contradiction.is_none() {
                let mark = mark_of(&head);
                let before = self.seen.insert(head.chain.clone(), mark.clone());
                raised.changed |= before != Some(mark);
            }
            raised.contradiction = raised.contradiction.or(contradiction);
            if let Some(resumed) = self.resumed.get_mut(&head.chain)
                && against(conn, &head, &resumed.mark).await?.is_none()
            {
                let mark = mark_of(&head);
                raised.changed |= resumed.mark != mark;
                resumed.mark = mark;
            }
        }
        Ok(raised)
    }

    /// Whether this database is older than the marks, or was altered, and nothing was ended for that yet.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn are_newer(&self, conn: &mut Conn) -> Result<bool, sqlx::Error> {
        let heads = heads(conn).await?;
        Ok(!self.not_followed(conn, &heads).await?.is_empty())
    }

    /// Follows the chains that contradict their marks from where they are now: everything was ended for what they lack. The
    /// contradiction itself stays for `curfew audit verify`.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn follow_anew(&mut self, conn: &mut Conn) -> Result<(), sqlx::Error> {
        let heads = heads(conn).await?;
        for chain in self.not_followed(conn, &heads).await? {
            let head = heads.iter().find(|head| head.chain == chain);
            let mark = head.map_or_else(nothing_seen, mark_of);
            let times = self.resumed.get(&chain).map_or(0, |before| before.times) + 1;
            self.resumed.insert(chain, Resumed { times, mark });
        }
        Ok(())
    }

    /// The chains that contradict the mark by which they are followed.
    async fn not_followed(
        &self,
        conn: &mut Conn,
        heads: &[Head],
    ) -> Result<Vec<String>, sqlx::Error> {
        let mut chains = Vec::new();
        for (chain, seen) in &self.seen {
            let mark = self.resumed.get(chain).map_or(seen, |since| &since.mark);
            let fits = match heads.iter().find(|head| head.chain == *chain) {
                Some(head) => against(conn, head, mark).await?.is_none(),
                None => mark.seq == 0,
            };
            if !fits {
                chains.push(chain.clone());
            }
        }
        Ok(chains)
    }

    /// The first chain that has a mark and is not in the database any more.
    pub(in crate::audit) fn missing(&self, heads: &[Head]) -> Option<Broken> {
        let there: HashSet<&str> = heads.iter().map(|head| head.chain.as_str()).collect();
        let chain = self
            .seen
            .keys()
            .find(|chain| !there.contains(chain.as_str()))?;
        Some(Broken {
            chain: chain.clone(),
            seq: 1,
            why: "the high-water mark has seen it, and the whole chain is missing",
        })
    }

    /// What a chain's head and events say against its mark.
    pub(in crate::audit) async fn contradicted(
        &self,
        conn: &mut Conn,
        head: &Head,
    ) -> Result<Option<Broken>, sqlx::Error> {
        match self.seen.get(&head.chain) {
            Some(mark) => against(conn, head, mark).await,
            None => Ok(None),
        }
    }
}

/// Of a chain that is missing.
fn nothing_seen() -> Mark {
    Mark {
        seq: 0,
        hash: GENESIS.to_owned(),
    }
}

fn mark_of(head: &Head) -> Mark {
    Mark {
        seq: head.seq,
        hash: head.hash.clone(),
    }
}

async fn against(conn: &mut Conn, head: &Head, mark: &Mark) -> Result<Option<Broken>, sqlx::Error> {
    let broken = |seq, why| {
        let chain = head.chain.clone();
        Ok(Some(Broken { chain, seq, why }))
    };
    if head.seq < mark.seq {
        let why = "the high-water mark has seen it, and it is missing, with all after it";
        return broken(head.seq + 1, why);
    }
    let same = if mark.seq == 0 {
        // The whole chain was missing.
        true
    } else if head.seq == mark.seq {
        head.hash == mark.hash
    } else {
        let hash: Option<String> = on!(&mut *conn, c => sqlx::query_scalar(
            "select hash from audit_events where chain = $1 and seq = $2")
            .bind(&head.chain)
            .bind(mark.seq)
            .fetch_optional(c)
            .await)?;
        match hash {
            Some(hash) => hash == mark.hash,
            // As the account's retention says: the deletion is an event that comes later in the chain.
            None => gone(conn, &head.chain)
                .await?
                .is_some_and(|(up_to, _)| mark.seq <= up_to),
        }
    };
    if same {
        return Ok(None);
    }
    broken(
        mark.seq,
        "it is not the event that the high-water mark has seen",
    )
}
