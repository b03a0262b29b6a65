//! Events as lines of a file: JSON, or CSV for a spreadsheet. The page and the command line write the same.

use accounts::{audit::Shown, time::UnixMillis};
use jiff::Timestamp;

use crate::csv::record;

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line, hashes included
    Jsonl,
    /// For a spreadsheet; text that it would take for a formula gets an apostrophe before it
    Csv,
}

/// Programs read them by their position: a new one comes last.
const COLUMNS: [&str; 19] = [
    "id",
    "parent",
    "chain",
    "seq",
    "at",
    "action",
    "category",
    "severity",
    "actor",
    "subject",
    "ip",
    "user_agent",
    "request_id",
    "details",
    "prev_hash",
    "hash",
    "time",
    "actor_name",
    "subject_name",
];

impl Format {
    /// The line above the events: the names of the columns in CSV, nothing in JSON.
    #[must_use]
    pub fn head(self) -> String {
        match self {
            Self::Jsonl => String::new(),
            Self::Csv => record(&COLUMNS),
        }
    }

    /// One event, with its line end.
    #[must_use]
    pub fn line(self, shown: &Shown) -> String {
        let event = &shown.event;
        if self == Self::Jsonl {
            return event.as_json() + "\n";
        }
        let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
        let e = event.clone();
        record(&[
            e.id,
            maybe(&event.parent),
            e.chain,
            e.seq.to_string(),
            e.at.0.to_string(),
            e.action,
            e.category,
            e.severity,
            e.actor,
            maybe(&event.subject),
            maybe(&event.ip),
            maybe(&event.user_agent),
            maybe(&event.request_id),
            e.details,
            e.prev_hash,
            e.hash,
            iso(e.at),
            maybe(&shown.actor_name),
            maybe(&shown.subject_name),
        ])
    }
}

/// `2026-11-22T14:02:00.000Z`: ISO 8601 in UTC, always as long, so that it sorts as text.
fn iso(at: UnixMillis) -> String {
    let stamp = Timestamp::from_millisecond(at.0).unwrap_or_default();
    stamp.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_long_whatever_it_is() {
        for (at, said) in [
            (1_795_356_120_000, "2026-11-22T14:02:00.000Z"),
            (1_795_356_120_007, "2026-11-22T14:02:00.007Z"),
            (0, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(iso(UnixMillis(at)), said);
        }
    }
}
