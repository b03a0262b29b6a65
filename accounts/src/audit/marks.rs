//! High-water marks: how far each chain has come, kept outside the database and signed under the instance's key. So
//! newest events that are cut, head and all, and chains that are removed are missed.
//!
//! The rules know no files: the server and the commands keep the text.

mod compare;

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use super::gap::Broken;
use crate::keys::{
    CannotOpen, Keys,
    signatures::{Signature, Signs},
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

/// Where a chain that contradicts its mark went on, once everything had been ended for that.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Resumed {
    /// How many times that was.
    times: i64,
    /// Followed as a mark is, or another older copy would not be noticed. 0 where the whole chain was missing.
    mark: Mark,
}

/// See the module. The default has seen nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    seen: BTreeMap<String, Mark>,
    resumed: BTreeMap<String, Resumed>,
}

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
        let mut marks = Self::default();
        for line in lines {
            marks.take_line(line).ok_or(malformed.clone())?;
        }
        Ok(marks)
    }

    fn take_line(&mut self, line: &str) -> Option<()> {
        let mut parts = line.split(' ');
        let (chain, seq, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let (seq, hash) = (seq.parse().ok()?, hash.to_owned());
        let (chain, mark) = (chain.to_owned(), Mark { seq, hash });
        match parts.next() {
            None => drop(self.seen.insert(chain, mark)),
            Some(times) => {
                let times = times.parse().ok()?;
                self.resumed.insert(chain, Resumed { times, mark });
            }
        }
        Some(())
    }

    /// The text to keep: a line for each chain, another for each that has resumed, and a signature.
    #[must_use]
    pub fn as_text(&self, keys: &Keys) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for (chain, Mark { seq, hash }) in &self.seen {
            let _ = writeln!(text, "{chain} {seq} {hash}");
        }
        for (chain, Resumed { times, mark }) in &self.resumed {
            let Mark { seq, hash } = mark;
            let _ = writeln!(text, "{chain} {seq} {hash} {times}");
        }
        let Signature { key_id, mac } = keys.sign(Signs::AuditMarks, text.as_bytes());
        let _ = writeln!(text, "{SIGNATURE} {key_id} {mac}");
        text
    }

    /// How many chains have a mark.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing was seen yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
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
        let seen = [one, ("instance".to_owned(), Mark { seq: 7, hash })].into();
        let resumed = BTreeMap::new();
        Marks { seen, resumed }
    }

    #[test]
    fn what_was_written_is_read_and_nothing_that_was_altered() {
        let keys = Keys::parse(&Keys::new_line()).unwrap();
        let mut resumed = marks(3);
        for (chain, seq) in [("an-account", 2), ("gone", 0)] {
            let hash = "0".repeat(64);
            let mark = Mark { seq, hash };
            let times = 1;
            resumed
                .resumed
                .insert(chain.to_owned(), Resumed { times, mark });
        }
        for written in [Marks::default(), marks(3), resumed] {
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
        assert_eq!(ours.seen["an-account"].seq, 9);
    }
}
