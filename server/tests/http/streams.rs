//! `/events`: what ends a stream, what does not, and that nothing depends on it.

mod elsewhere;
mod ends;
mod refused;
mod stays;

use std::time::Duration;

/// What SPEC.md promises on the node that took the press, for a machine that does nothing else.
/// The measurement is in `docs/MEASUREMENTS.md`; here other tests run beside.
const AT_ONCE: Duration = Duration::from_secs(2);
