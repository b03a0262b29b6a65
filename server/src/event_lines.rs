//! Events as lines of a file: JSON, or CSV for a spreadsheet. The page and the command line write the same.

use accounts::audit::Stored;

use crate::csv::record;

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line, hashes included
    Jsonl,
    /// For a spreadsheet; text that it would take for a formula gets an apostrophe before it
    Csv,
}

const COLUMNS: [&str; 16] = [
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
    pub fn line(self, event: &Stored) -> String {
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
        ])
    }
}
