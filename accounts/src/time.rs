//! The clock and the randomness of one operation. They are parameters, so that a test can choose them.

mod clock;

use std::{
    ops::{Add, Sub},
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};
use uuid::Builder;

use clock::CLOCK;
pub use clock::ClockDifference;

/// Milliseconds since 1970-01-01T00:00:00Z: how every time is stored and compared.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl Add<Duration> for UnixMillis {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(millis(later)))
    }
}

impl Sub<Duration> for UnixMillis {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(millis(earlier)))
    }
}

impl UnixMillis {
    /// How long until `later`; zero when it has passed.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// When an operation happens, and where its random bytes come from.
///
/// Times only order what users read. The epoch, a number, decides what a remote logout has ended, because the clocks
/// of two nodes differ.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time of the operation.
    pub at: UnixMillis,
}

impl Moment {
    /// This moment: by the database's clock once that was measured ([`follow`]), else by the system's.
    #[must_use]
    pub fn now() -> Self {
        Self {
            at: CLOCK.time(Instant::now()).unwrap_or_else(system),
        }
    }

    /// A chosen moment, for tests and sample data.
    #[must_use]
    pub fn at(at: UnixMillis) -> Self {
        Self { at }
    }

    /// A new id: UUID version 7 (RFC 9562), so ids of later operations sort later. Never a secret.
    #[must_use]
    pub fn id(&self) -> String {
        let mut random = [0; 10];
        fill_random(&mut random);
        let millis = u64::try_from(self.at.0).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .to_string()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
fn system() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(millis(since))
}

/// Lets the database's time count from now on: this is what its clock says at this instant.
pub(crate) fn follow(database: UnixMillis) {
    CLOCK.set(database, Instant::now(), system());
}

/// How far this node's clock was ahead of the database's when it was last measured; zero where it never was.
#[must_use]
pub fn clock_difference() -> ClockDifference {
    CLOCK.ahead()
}

/// Fills `bytes` from the operating system's random source.
///
/// # Panics
/// When the operating system has no randomness to give, because nothing safe can be done then.
#[expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the one place that draws randomness; without it nothing may go on"
)]
pub(crate) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system's random source answers");
}
