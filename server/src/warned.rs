//! Warnings that any request may bring about, and that a log needs once.

use std::sync::Once;

/// Which were given since the start.
#[derive(Debug)]
pub struct Warned {
    /// `X-Forwarded-For` came from a peer that is not trusted.
    pub(crate) forwarded_for: Once,
    /// A request named a host that is not answered.
    pub(crate) host: Once,
    /// The gate was asked by a peer that is not trusted.
    pub(crate) gate: Once,
}

impl Default for Warned {
    fn default() -> Self {
        Self {
            forwarded_for: Once::new(),
            host: Once::new(),
            gate: Once::new(),
        }
    }
}
