//! Why a session ended, as a page says it.

#[cfg(feature = "ssr")]
mod words;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How a session ended, in words for the user who held it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub end_reason: EndReason,
    pub at: Time,
    /// "Firefox on Linux", or "the command line"; none when no device did it.
    pub by: Option<String>,
    /// The name of the user who did it, when it was not the user themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// What the card says, around the time.
    pub before: String,
    pub after: String,
    /// Whether it may have been a stranger, so that the way to a new password is shown.
    pub ask: bool,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    SignedOut,
    RemoteLogout,
    PasswordChanged,
    Expired,
    Limit,
    Reused,
    Superseded,
    Disabled,
    TwoFactorChanged,
    Removed,
    EndedElsewhere,
    Curfew,
    InstanceEpochRaised,
}

impl EndReason {
    /// Whether the browser may be signed in all the same, by a remembered device that lives on.
    #[must_use]
    pub fn may_come_back(self) -> bool {
        matches!(self, Self::Expired | Self::Limit)
    }
}
