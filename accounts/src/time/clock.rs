//! The clock that counts. With PostgreSQL it is the database's, because the nodes' own clocks differ: each node
//! measures how the database's clock stands and carries that on by its monotonic clock. So a system clock that is
//! wrong, or jumps, changes no verdict.
//!
//! It is the process's, because a process serves one database. Without a measurement, as with SQLite, the system's
//! clock counts.

use std::{
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use super::UnixMillis;

/// From here on the difference is warned of.
const WORTH_A_WARNING: Duration = Duration::from_secs(5);

/// Beyond it one of the two clocks is wrong, and it is not known which.
const DISAGREE: Duration = Duration::from_secs(30);

/// A new measurement that differs less is the noise of the way to the database.
const NOISE: Duration = Duration::from_millis(500);

pub(super) static CLOCK: Clock = Clock(RwLock::new(None));

#[derive(Debug)]
pub(super) struct Clock(RwLock<Option<Measured>>);

#[derive(Debug, Clone, Copy)]
struct Measured {
    /// What the database's clock said.
    database: UnixMillis,
    /// When it was.
    at: Instant,
    /// How far the system's clock was ahead of it, in milliseconds.
    ahead: i64,
}

impl Measured {
    fn carried_on(&self, to: Instant) -> UnixMillis {
        self.database + to.saturating_duration_since(self.at)
    }
}

impl Clock {
    /// The database's time. None when it was never measured.
    pub fn time(&self, now: Instant) -> Option<UnixMillis> {
        let measured = self.get()?;
        Some(measured.carried_on(now))
    }

    /// The database's clock said `database` at `at`, when the system's said `system`.
    pub fn set(&self, database: UnixMillis, at: Instant, system: UnixMillis) {
        let ahead = system.0.saturating_sub(database.0);
        let kept = self.get().filter(|before| {
            let noise = before.carried_on(at).0.abs_diff(database.0);
            u128::from(noise) < NOISE.as_millis()
        });
        let measured = match kept {
            Some(before) => Measured { ahead, ..before },
            None => Measured {
                database,
                at,
                ahead,
            },
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(measured);
    }

    pub fn ahead(&self) -> ClockDifference {
        ClockDifference(self.get().map_or(0, |measured| measured.ahead))
    }

    fn get(&self) -> Option<Measured> {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far this node's clock is ahead of the database's, in milliseconds; below zero when it is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockDifference(pub i64);

impl ClockDifference {
    /// Whether an operator should set a clock.
    #[must_use]
    pub fn is_worth_a_warning(self) -> bool {
        self.at_least(WORTH_A_WARNING)
    }

    /// Whether one of the two clocks is so wrong that what ends by time is in doubt.
    #[must_use]
    pub fn is_too_large(self) -> bool {
        self.at_least(DISAGREE + Duration::from_millis(1))
    }

    fn at_least(self, limit: Duration) -> bool {
        u128::from(self.0.unsigned_abs()) >= limit.as_millis()
    }

    /// Ahead of the database's, in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        // A difference of years is no more exact than that.
        i32::try_from(self.0).map_or(f64::INFINITY, f64::from) / 1_000.0
    }

    /// "40 seconds ahead of".
    #[must_use]
    pub fn in_words(self) -> String {
        let seconds = self.0.unsigned_abs() / 1_000;
        let side = if self.0 < 0 { "behind" } else { "ahead of" };
        format!("{seconds} seconds {side}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_900_000_000_000);
    const TEN_YEARS: Duration = Duration::from_hours(24 * 3_652);

    #[test]
    fn the_database_s_time_goes_on_whatever_the_system_s_clock_says() {
        let clock = Clock(RwLock::new(None));
        let start = Instant::now();
        assert_eq!(clock.time(start), None);
        clock.set(NOON, start, NOON + TEN_YEARS);
        let later = Duration::from_secs(90);
        assert_eq!(clock.time(start + later), Some(NOON + later));
        assert!(clock.ahead().is_too_large());
        // Its clock was set right, and nothing jumps.
        clock.set(NOON + later, start + later, NOON + later);
        assert!(!clock.ahead().is_worth_a_warning());
        assert_eq!(clock.time(start + later * 2), Some(NOON + later * 2));
    }

    #[test]
    fn noise_moves_nothing_and_a_database_whose_clock_was_set_is_followed() {
        let clock = Clock(RwLock::new(None));
        let start = Instant::now();
        clock.set(NOON, start, NOON);
        clock.set(NOON + Duration::from_millis(499), start, NOON);
        assert_eq!(clock.time(start), Some(NOON));
        let set = NOON - Duration::from_hours(1);
        clock.set(set, start, NOON);
        assert_eq!(clock.time(start), Some(set));
    }

    #[test]
    fn five_seconds_are_worth_a_warning_and_more_than_thirty_are_too_many() {
        for (millis, warned, too_large) in [
            (0, false, false),
            (4_999, false, false),
            (-5_000, true, false),
            (30_000, true, false),
            (30_001, true, true),
            (-30_001, true, true),
        ] {
            let difference = ClockDifference(millis);
            assert_eq!(difference.is_worth_a_warning(), warned, "{millis}");
            assert_eq!(difference.is_too_large(), too_large, "{millis}");
        }
        assert_eq!(ClockDifference(40_900).in_words(), "40 seconds ahead of");
        assert_eq!(ClockDifference(-40_900).in_words(), "40 seconds behind");
    }
}
