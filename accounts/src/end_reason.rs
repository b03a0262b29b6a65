//! Why a session or a remembered device ended.

use serde::{Deserialize, Serialize};

/// Stored, and sent to the browser, in `snake_case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Signed out in that browser.
    SignedOut,
    /// A remote logout.
    RemoteLogout,
    /// The password was changed in another session.
    PasswordChanged,
    /// Two-factor authentication was turned on or off in another session.
    TwoFactorChanged,
    /// Unused for too long, or too old.
    Expired,
    /// One session more than the limit was started elsewhere.
    Limit,
    /// Its remembered device's cookie was used twice: theft.
    Reused,
    /// The remember-me cookie that it came from was exchanged again before any request had presented it.
    Superseded,
    /// The user was disabled.
    Disabled,
    /// The user was removed from the account.
    Removed,
    /// The user ended it from another session.
    EndedElsewhere,
    /// The daily time that the user or the account has set.
    Curfew,
    /// The instance epoch was raised: a backup was restored, or PostgreSQL is another server than before.
    InstanceEpochRaised,
}

impl EndReason {
    /// Whether nothing but time or a limit ended it, so that there is no operation to name.
    #[must_use]
    pub fn is_by_itself(self) -> bool {
        matches!(self, Self::Expired | Self::Limit | Self::Curfew)
    }

    /// Whether a clock decides it, and no operation.
    #[must_use]
    pub fn is_by_time(self) -> bool {
        matches!(self, Self::Expired | Self::Curfew)
    }
}
