//! When something that could not be sent is tried again: emails and webhooks alike.

use std::time::Duration;

use crate::time::UnixMillis;

/// How long after each failure the next try comes; after the last of them there is none.
const LADDER: [Duration; 6] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
];

/// When to try again after so many failures, the last of them now; none when it is given up.
pub(crate) fn next_try(failures: i64, now: UnixMillis) -> Option<UnixMillis> {
    let wait = LADDER.get(usize::try_from(failures - 1).unwrap_or(0))?;
    Some(now + *wait)
}

/// How often a logout notice is tried after the ladder.
const NOTICES_LATER: Duration = Duration::from_hours(6);

/// As [`next_try`] for a logout notice, which is tried every six hours after that, for as long as it is good.
pub(crate) fn next_notice(
    failures: i64,
    now: UnixMillis,
    good_until: UnixMillis,
) -> Option<UnixMillis> {
    let next = next_try(failures, now).unwrap_or(now + NOTICES_LATER);
    (next < good_until).then_some(next)
}
