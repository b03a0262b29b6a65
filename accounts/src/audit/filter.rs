//! Which events of an account are looked for, and on which side of a number.

use super::word::Word;
use crate::{ids::UserId, time::UnixMillis};

/// Which events. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// An action's name.
    pub action: Option<String>,
    pub severity: Option<String>,
    /// The user who did it or to whom it was done.
    pub user: Option<UserId>,
    /// Not before.
    pub from: Option<UnixMillis>,
    /// Before.
    pub until: Option<UnixMillis>,
    /// An event holds each of them, wherever.
    pub words: Vec<Word>,
}

impl Filter {
    /// Whether every event has to be looked at, because no index leads to what is asked for.
    pub(super) fn looks_at_each(&self) -> bool {
        !self.words.is_empty() || self.user.is_some() || self.from.is_some() || self.until.is_some()
    }
}

/// Where a page begins: it does not contain the number itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Older ones, newest first. `i64::MAX` for the newest page.
    Before(i64),
    /// Newer ones, oldest first. 0 for the oldest.
    After(i64),
}

impl Cut {
    /// The number that it does not contain.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Before(number) | Self::After(number) => number,
        }
    }
}
