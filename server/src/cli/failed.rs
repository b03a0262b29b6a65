//! Why a command failed, in one plain line.

use std::{error::Error, io};

use accounts::db::{self, DatabaseError};

/// Why a command ended early.
#[derive(Debug)]
pub(super) enum Failed {
    /// One plain sentence for the user at the terminal.
    Message(String),
    /// The reader of our output has seen enough, as `head` does: no failure.
    PipeClosed,
}

/// An operation that was refused or failed, with its cause where there is one.
impl<E: Error + 'static> From<E> for Failed {
    fn from(error: E) -> Self {
        let any: &(dyn Error + 'static) = &error;
        if let Some(error) = any.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::BrokenPipe => Self::PipeClosed,
                _ => Self::Message(format!("the output could not be written: {error}")),
            };
        }
        if let Some(error) = any.downcast_ref::<DatabaseError>() {
            let error = db::explain(error);
            return Self::Message(format!("the database is unavailable: {error}"));
        }
        Self::Message(match error.source() {
            Some(cause) => match cause.downcast_ref::<DatabaseError>() {
                Some(cause) => format!("{error}: {}", db::explain(cause)),
                None => format!("{error}: {cause}"),
            },
            None => error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(error: impl Error + 'static) -> String {
        match Failed::from(error) {
            Failed::Message(why) => why,
            Failed::PipeClosed => "(nothing)".into(),
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_an_unavailable_database_is_named() {
        assert_eq!(
            said(io::Error::from(io::ErrorKind::BrokenPipe)),
            "(nothing)"
        );
        assert!(said(io::Error::other("full")).starts_with("the output could not be written"));
        let unavailable = said(DatabaseError::PoolTimedOut);
        assert!(unavailable.starts_with("the database is unavailable: "));
    }
}
