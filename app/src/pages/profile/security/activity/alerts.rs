//! The few events of a user that they should look at, for Home.

use accounts::{audit::Stored, time::UnixMillis};

use super::{read::surface, words};
use crate::alert::Alert;

/// Rows shown on Home.
const SHOWN: usize = 3;

/// The newest warnings and alerts since then, of events that come newest first.
pub(crate) fn alerts(events: &[Stored], since: UnixMillis) -> Vec<Alert> {
    let worth_a_look = |event: &&Stored| matches!(&*event.severity, "warning" | "alert");
    events
        .iter()
        .take_while(|event| event.at.0 >= since.0)
        .filter(worth_a_look)
        .take(SHOWN)
        .map(|event| Alert {
            what: words::of(event),
            from: surface(event),
            at: event.at.into(),
        })
        .collect()
}
