//! `/events`: what ends a stream, what does not, and that nothing depends on it.

mod activity;
mod elsewhere;
mod ends;
mod refused;
mod stays;
mod unsaid;

use std::time::Duration;

use serde_json::Value;

use crate::listening::Listening;

/// What Curfew promises on the node that took the remote logout, for a machine that does nothing else.
/// The measurement is in `docs/MEASUREMENTS.md`; here other tests run beside.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Every stream is looked at when the looking begins. Waits until that is over, so that only a change notification ends
/// it, or the look at every stream every second.
async fn settled(streams: &mut [&mut Listening]) {
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    for stream in streams {
        stream.is_quiet().await;
    }
}

/// The last event: its name and its data.
fn last_word(said: &str) -> (String, Value) {
    let last = said.trim_end().rsplit("\n\n").next().unwrap();
    let field = |name: &str| {
        let line = last.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name:?} in {said:?}"))
            .to_owned()
    };
    (
        field("event: "),
        serde_json::from_str(&field("data: ")).unwrap(),
    )
}
