//! What the tests of several crates share. No program depends on it.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test stops where something is not as it says"
)]

pub mod databases;
pub mod proxy;
mod statements;

/// How often a proof is made: `at_night` in `make nightly`, else as often as is enough to find what is broken.
#[must_use]
pub fn rounds<T>(each_time: T, at_night: T) -> T {
    if std::env::var_os("CURFEW_TEST_NIGHTLY").is_some() {
        at_night
    } else {
        each_time
    }
}
