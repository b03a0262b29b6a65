//! What happened lately that a user should look at.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// An event that its user should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub what: String,
    /// "Firefox on Linux, 203.0.113.7".
    pub from: String,
    pub at: Time,
}
