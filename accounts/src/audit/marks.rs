//! High-water marks: how far each chain has come, kept outside the database and signed under the instance's key. So
//! newest events that are cut, head and all, and chains that are removed are missed.
//!
//! The rules know no files: the server and the commands keep the text.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    gap::{Broken, gone},
    heads::{Head, heads},
};
use crate::{
    db::Conn,
    keys::{
        CannotOpen, Keys,
        signatures::{Signature, Signs},
    },
    on,
};

const FIRST_LINE: &str = "curfew audit marks 1";
const SIGNATURE: &str = "signature";

static APPENDED: AtomicU64 = AtomicU64::new(0);

/// How many events this process has committed: tells whether marks may have to be raised.
#[must_use]
pub fn appended() -> u64 {
    APPENDED.load(Ordering::Relaxed)
}

pub(crate) fn note_appended(events: u64) {
    APPENDED.fetch_add(events, Ordering::Relaxed);
}

/// The newest event that was seen of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    seq: i64,
    hash: String,
}

/// See the module. The default has seen nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<String, Mark>);

/// Why a text holds no marks of this instance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMarks {
    #[error("it holds no high-water marks of the audit log")]
    Malformed,
    #[error("its signature does not fit: it was altered, or another instance has written it")]
    Altered,
    #[error(
        "it was signed with the key {0}, which is not in the key file (CURFEW_SECRET_KEY_FILE)"
    )]
    NoSuchKey(String),
}

/// What [`Marks::raise`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// Whether any mark is another than before.
    pub changed: bool,
    /// The first chain that contradicts its mark, which stays where it is.
    pub contradiction: Option<Broken>,
}

impl Marks {
    /// Reads what [`Marks::as_text`] has written.
    ///
    /// # Errors
    /// See [`BadMarks`].
    pub fn parse(text: &str, keys: &Keys) -> Result<Self, BadMarks> {
        let malformed = BadMarks::Malformed;
        let at = text.rfind(SIGNATURE).ok_or(malformed.clone())?;
        let (signed, last) = text.split_at(at);
        let mut last = last.split_whitespace().skip(1);
        let (Some(key_id), Some(mac)) = (last.next(), last.next()) else {
            return Err(malformed);
        };
        let signature = Signature {
            key_id: key_id.to_owned(),
            mac: mac.to_owned(),
        };
        match keys.check(Signs::AuditMarks, signed.as_bytes(), &signature) {
            Ok(()) => {}
            Err(CannotOpen::NoSuchKey(key)) => return Err(BadMarks::NoSuchKey(key)),
            Err(CannotOpen::Foreign) => return Err(BadMarks::Altered),
        }
        let mut lines = signed.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed);
        }
        let marks = lines.map(|line| {
            let mut parts = line.split(' ');
            let (chain, seq, hash) = (parts.next()?, parts.next()?, parts.next()?);
            let (seq, hash) = (seq.parse().ok()?, hash.to_owned());
            Some((chain.to_owned(), Mark { seq, hash }))
        });
        marks.collect::<Option<_>>().map(Self).ok_or(malformed)
    }

    /// The text to keep: a line for each chain, and a signature.
    #[must_use]
    pub fn as_text(&self, keys: &Keys) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for (chain, Mark { seq, hash }) in &self.0 {
            let _ = writeln!(text, "{chain} {seq} {hash}");
        }
        let Signature { key_id, mac } = keys.sign(Signs::AuditMarks, text.as_bytes());
        let _ = writeln!(text, "{SIGNATURE} {key_id} {mac}");
        text
    }

    /// How many chains have a mark.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was seen yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over the marks of another process where they are higher.
    pub fn merge(&mut self, other: Self) {
        for (chain, mark) in other.0 {
            let ours = self.0.entry(chain).or_insert_with(|| mark.clone());
            if ours.seq < mark.seq {
                *ours = mark;
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
            if let Some(contradiction) = self.contradicted(conn, &head).await? {
                raised.contradiction.get_or_insert(contradiction);
                continue;
            }
            let mark = Mark {
                seq: head.seq,
                hash: head.hash,
            };
            let before = self.0.insert(head.chain, mark.clone());
            raised.changed |= before != Some(mark);
        }
        Ok(raised)
    }

    /// The marks that this database contradicts, a text for each: it is older than they are, or was altered.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn contradictions(&self, conn: &mut Conn) -> Result<Vec<String>, sqlx::Error> {
        let heads = heads(conn).await?;
        let there: HashSet<&str> = heads.iter().map(|head| head.chain.as_str()).collect();
        let line = |chain: &str| {
            let mark = self.0.get(chain)?;
            Some(format!("{chain} {} {}", mark.seq, mark.hash))
        };
        let missing = self
            .0
            .keys()
            .filter(|chain| !there.contains(chain.as_str()));
        let mut found: Vec<String> = missing.filter_map(|chain| line(chain)).collect();
        for head in &heads {
            if self.contradicted(conn, head).await?.is_some() {
                found.extend(line(&head.chain));
            }
        }
        Ok(found)
    }

    /// The first chain that has a mark and is not in the database any more.
    pub(super) fn missing(&self, heads: &[Head]) -> Option<Broken> {
        let there: HashSet<&str> = heads.iter().map(|head| head.chain.as_str()).collect();
        let chain = self
            .0
            .keys()
            .find(|chain| !there.contains(chain.as_str()))?;
        Some(Broken {
            chain: chain.clone(),
            seq: 1,
            why: "the high-water mark has seen it, and the whole chain is missing",
        })
    }

    /// What a chain's head and events say against its mark.
    pub(super) async fn contradicted(
        &self,
        conn: &mut Conn,
        head: &Head,
    ) -> Result<Option<Broken>, sqlx::Error> {
        let Some(mark) = self.0.get(&head.chain) else {
            return Ok(None);
        };
        let broken = |seq, why| {
            let chain = head.chain.clone();
            Ok(Some(Broken { chain, seq, why }))
        };
        if head.seq < mark.seq {
            let why = "the high-water mark has seen it, and it is missing, with all after it";
            return broken(head.seq + 1, why);
        }
        let same = if head.seq == mark.seq {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(seq: i64) -> Marks {
        let hash = format!("{seq:064}");
        let one = (
            "an-account".to_owned(),
            Mark {
                seq,
                hash: hash.clone(),
            },
        );
        Marks([one, ("instance".to_owned(), Mark { seq: 7, hash })].into())
    }

    #[test]
    fn what_was_written_is_read_and_nothing_that_was_altered() {
        let keys = Keys::parse(&Keys::new_line()).unwrap();
        for written in [Marks::default(), marks(3)] {
            assert_eq!(Marks::parse(&written.as_text(&keys), &keys), Ok(written));
        }
        let text = marks(3).as_text(&keys);
        let lower = text.replace("an-account 3", "an-account 2");
        let fewer: String = text
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("an-account"))
            .collect();
        for altered in [lower, fewer] {
            assert_eq!(Marks::parse(&altered, &keys), Err(BadMarks::Altered));
        }
        for nonsense in ["", "signature", "signature x", FIRST_LINE] {
            assert_eq!(Marks::parse(nonsense, &keys), Err(BadMarks::Malformed));
        }
        let other = Keys::parse(&Keys::new_line()).unwrap();
        assert!(matches!(
            Marks::parse(&text, &other),
            Err(BadMarks::NoSuchKey(_))
        ));
    }

    #[test]
    fn merging_keeps_the_higher_mark_of_each() {
        let mut ours = marks(3);
        ours.merge(marks(2));
        assert_eq!(ours, marks(3));
        ours.merge(marks(9));
        assert_eq!(ours.0["an-account"].seq, 9);
    }
}
