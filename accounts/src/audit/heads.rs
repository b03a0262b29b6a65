//! The newest event of each chain, signed under the instance's key: who can write to the database, and has no key,
//! can neither add an event nor cut the newest ones without it showing.

use sqlx::FromRow;

use super::GENESIS;
use crate::{
    db::{Conn, Db},
    execute,
    instance::Reader,
    keys::{
        CannotOpen, Keys,
        signatures::{Signature, Signs},
    },
    on,
};

/// The newest event of a chain.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Head {
    pub chain: String,
    pub seq: i64,
    #[sqlx(rename = "head")]
    pub hash: String,
    key_id: String,
    signature: String,
    /// The last head that this one was signed after though nothing could say whether it was genuine, because its key
    /// was missing: after `key rotate` on another node, for one.
    pub unverified_seq: Option<i64>,
}

/// What a head's signature says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    ByUs,
    /// By a key that is not in the key file.
    ByUnknownKey,
    /// It does not fit, so the head was not written by this instance.
    Not,
}

impl Head {
    /// Before the first event.
    fn genesis(chain: &str) -> Self {
        Self {
            chain: chain.to_owned(),
            seq: 0,
            hash: GENESIS.to_owned(),
            key_id: String::new(),
            signature: String::new(),
            unverified_seq: None,
        }
    }

    /// JSON keeps the fields apart, so no character can pass from one field to the next.
    fn message(&self) -> Vec<u8> {
        let fields = serde_json::json!([self.chain, self.seq, self.hash, self.unverified_seq]);
        fields.to_string().into_bytes()
    }

    pub(super) fn signed(&self, keys: &Keys) -> Signed {
        let signature = Signature {
            key_id: self.key_id.clone(),
            mac: self.signature.clone(),
        };
        match keys.check(Signs::AuditHead, &self.message(), &signature) {
            Ok(()) => Signed::ByUs,
            Err(CannotOpen::NoSuchKey(_)) => Signed::ByUnknownKey,
            Err(CannotOpen::Foreign) => Signed::Not,
        }
    }

    fn sign(mut self, keys: &Keys) -> Self {
        let signature = keys.sign(Signs::AuditHead, &self.message());
        self.key_id = signature.key_id;
        self.signature = signature.mac;
        self
    }

    /// The head after one more event. A head that was not signed by us is followed by one that is not signed either:
    /// a signature would make what was added to the chain genuine. The event itself is written all the same, because
    /// an altered log must keep no user from a remote logout.
    pub(super) fn followed_by(&self, seq: i64, hash: &str, keys: &Keys) -> Self {
        let next = Self {
            chain: self.chain.clone(),
            seq,
            hash: hash.to_owned(),
            key_id: keys.newest(),
            signature: String::new(),
            unverified_seq: self.unverified_seq,
        };
        match self.signed(keys) {
            Signed::ByUs => next.sign(keys),
            Signed::ByUnknownKey => Self {
                unverified_seq: Some(self.seq),
                ..next
            }
            .sign(keys),
            Signed::Not => next,
        }
    }

    pub(super) async fn write(&self, conn: &mut Conn) -> Result<(), sqlx::Error> {
        execute!(
            conn,
            "update audit_chains set seq = $2, head = $3, key_id = $4, signature = $5, unverified_seq = $6
             where chain = $1",
            &self.chain,
            self.seq,
            &self.hash,
            &self.key_id,
            &self.signature,
            self.unverified_seq
        )?;
        Ok(())
    }
}

/// An update locks the row on PostgreSQL until the commit; two events never get one number.
pub(crate) async fn lock_chain(reader: &mut Reader, chain: &str) -> Result<Head, sqlx::Error> {
    let first = Head::genesis(chain).sign(reader.keys());
    on!(reader, c => sqlx::query_as(
        "insert into audit_chains (chain, seq, head, key_id, signature) values ($1, 0, $2, $3, $4)
         on conflict (chain) do update set seq = audit_chains.seq
         returning chain, seq, head, key_id, signature, unverified_seq")
        .bind(chain)
        .bind(GENESIS)
        .bind(&first.key_id)
        .bind(&first.signature)
        .fetch_one(c)
        .await)
}

/// The heads of all chains.
pub(super) async fn heads(conn: &mut Conn) -> Result<Vec<Head>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select chain, seq, head, key_id, signature, unverified_seq from audit_chains order by chain")
        .fetch_all(c)
        .await)
}

/// The head of one chain; of none, that before the first event.
pub(super) async fn head_of(conn: &mut Conn, chain: &str) -> Result<Head, sqlx::Error> {
    let head: Option<Head> = on!(conn, c => sqlx::query_as(
        "select chain, seq, head, key_id, signature, unverified_seq from audit_chains where chain = $1")
        .bind(chain)
        .fetch_optional(c)
        .await)?;
    Ok(head.unwrap_or_else(|| Head::genesis(chain)))
}

/// Signs with the newest key the heads that an older key has signed. One that is not signed by us stays so, and one
/// whose key is missing says so for ever. Returns how many were written.
///
/// # Errors
/// When the database is unavailable; each head is signed anew or as it was.
pub async fn sign_heads_anew(db: &Db, keys: &Keys) -> Result<u64, sqlx::Error> {
    let newest = keys.newest();
    let mut conn = db.read().await?;
    let old = heads(&mut conn).await?.into_iter();
    let old: Vec<Head> = old.filter(|head| head.key_id != newest).collect();
    drop(conn);
    let mut signed = 0;
    for found in old {
        let mut tx = db.write().await?;
        // Locks it: the instance may be writing its next event.
        execute!(
            &mut tx,
            "update audit_chains set seq = seq where chain = $1",
            &found.chain
        )?;
        let head = head_of(&mut tx, &found.chain).await?;
        let anew = match head.signed(keys) {
            _ if head.key_id == newest => continue,
            // Under the newest key it stays what it is when the old key is forgotten.
            Signed::Not => Head {
                key_id: newest.clone(),
                signature: String::new(),
                ..head
            },
            Signed::ByUs => head.sign(keys),
            Signed::ByUnknownKey => Head {
                unverified_seq: Some(head.seq),
                ..head
            }
            .sign(keys),
        };
        anew.write(&mut tx).await?;
        tx.commit().await?;
        signed += 1;
    }
    Ok(signed)
}
