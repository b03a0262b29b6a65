//! Measures, again and again, how this node's clock stands to PostgreSQL's, and warns of a difference.

use std::time::Duration;

use accounts::{
    db::{DatabaseError, Db},
    time::ClockDifference,
};
use tokio::time::{MissedTickBehavior, interval};

/// How often to measure.
const EVERY: Duration = Duration::from_secs(5);

/// After how many of these a difference is warned of again.
const AGAIN: u32 = 60;

/// Measures before the first request, so that no verdict is by this node's own clock.
///
/// # Errors
/// When the database is unavailable.
pub async fn measure_first(db: &Db) -> Result<(), DatabaseError> {
    db.measure_clock().await.map(drop)
}

/// Measures for as long as it is polled. While the database is unavailable, the last measurement is carried on.
pub async fn keep_measuring(db: Db) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut bad = 0_u32;
    loop {
        tick.tick().await;
        let Ok(difference) = db.measure_clock().await else {
            continue;
        };
        bad = if difference.is_worth_a_warning() {
            bad.wrapping_add(1)
        } else {
            0
        };
        if bad % AGAIN == 1 {
            warn(difference);
        }
    }
}

fn warn(difference: ClockDifference) {
    let seconds = difference.0 / 1_000;
    if difference.is_too_large() {
        tracing::error!(
            seconds,
            "the clock of this node and the database's disagree: not ready, set the clocks (NTP)"
        );
    } else if difference.is_worth_a_warning() {
        tracing::warn!(
            seconds,
            "the clock of this node and the database's differ: set the clocks (NTP)"
        );
    }
}
