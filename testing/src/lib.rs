//! What the tests of several crates share. No program depends on it.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test stops where something is not as it says"
)]

pub mod databases;
pub mod proxy;
