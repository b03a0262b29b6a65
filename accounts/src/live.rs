//! "Is it live?", written once: the SQL that every count, list and look-up of sessions and remembered devices
//! uses. Sessions are `s`, remembered devices `d`, users `u`; `$now` and `$idle` are the numbers of the
//! parameters that hold the moment and the moment before which a session counts as unused.
//!
//! The epoch decides; the times only say what has expired by itself.

/// A condition: the session `s` of user `u` is live.
macro_rules! live_session {
    ($now:literal, $idle:literal) => {
        concat!(
            "(s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > ",
            $now,
            " and s.last_active_at > ",
            $idle,
            " and (s.curfew_ends_at is null or s.curfew_ends_at > ",
            $now,
            "))"
        )
    };
}

/// A condition: the remembered device `d` of user `u` is live.
macro_rules! live_device {
    ($now:literal) => {
        concat!(
            "(d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > ",
            $now,
            " and (d.curfew_ends_at is null or d.curfew_ends_at > ",
            $now,
            "))"
        )
    };
}

pub(crate) use {live_device, live_session};

use crate::{instance::Reader, time::UnixMillis};

impl Reader {
    /// A session that was not used since this moment has expired.
    pub(crate) fn idle_since(&self) -> UnixMillis {
        self.now.at - self.limits.session_idle
    }
}
