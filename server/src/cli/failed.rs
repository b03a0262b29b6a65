//! Why a command failed, in one plain line.

use std::{error::Error, fmt::Display, io};

/// Why a command ended early.
pub(super) enum Failed {
    /// One plain sentence for the user at the terminal.
    Message(String),
    /// Whoever read our output has seen enough, as `head` does: no failure.
    PipeClosed,
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::PipeClosed,
            _ => Self::Message(format!("the output could not be written: {error}")),
        }
    }
}

/// A failure of the database, whose type only `accounts` may name.
pub(super) fn away(cause: impl Display) -> Failed {
    Failed::Message(format!("the database is unavailable: {cause}"))
}

/// An operation that was refused or failed, with its cause where there is one.
pub(super) fn failed(error: impl Error) -> Failed {
    Failed::Message(match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })
}
