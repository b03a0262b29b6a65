//! "Is it live?", written once: the SQL that every count, list and look-up of sessions and remembered devices
//! uses. Sessions are `s`, remembered devices `d`, users `u`,
//! applications `a`, application sessions `p`; `$now` and `$idle` are the numbers of the
//! parameters that hold the moment and the moment before which a session counts as unused.
//!
//! The epoch decides; the times only say what has expired by itself. No session was last active before it started, so
//! that one started lately is live without a look at when it was last active, which no index holds because it changes all the
//! time: the sessions of a user are counted in `sessions_open` alone.

/// A condition: the session `s` of user `u` is live.
macro_rules! live_session {
    ($now:literal, $idle:literal) => {
        concat!(
            "(s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > ",
            $now,
            " and (s.started_at > ",
            $idle,
            " or s.last_active_at > ",
            $idle,
            ") and (s.curfew_ends_at is null or s.curfew_ends_at > ",
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

/// A condition: the account of that alias requires a second factor of its members. On a plan without two-factor
/// authentication the requirement rests, because members could not set one up.
macro_rules! requires_second_factor {
    ($account:literal) => {
        concat!(
            "(",
            $account,
            ".second_factor_required_since is not null and ",
            $account,
            ".plan <> 'free')"
        )
    };
}

/// A condition: the user `u` has no second factor, and their account requires one.
macro_rules! owes_second_factor {
    () => {
        concat!(
            "(u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and ",
            $crate::live::requires_second_factor!("own"),
            "))"
        )
    };
}

/// A condition: the user `u` may use the application `a`. Not without the second factor that their account requires.
macro_rules! may_use_application {
    () => {
        concat!(
            "(a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null
              and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id
                   and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id))))
              and not ",
            $crate::live::owes_second_factor!(),
            ")"
        )
    };
}

/// A condition: the session `s` has shown the second factor that the application `a` requires. The one rule of the OpenID
/// provider and the gate. The session counts, and not whether its user has a second factor set up: a remembered device
/// starts a session without one.
macro_rules! second_factor_shown {
    () => {
        "(not a.requires_second_factor or s.second_factor is not null)"
    };
}

/// A condition: the application session `p` of user `u` at application `a`, which came from session `s`, is live.
/// With `offline_access` it outlives the session, and ends with the epoch like everything else.
macro_rules! live_application_session {
    ($now:literal, $idle:literal) => {
        concat!(
            "(p.epoch = u.epoch and p.ended_at is null and ",
            $crate::live::may_use_application!(),
            " and (p.is_offline or ",
            $crate::live::live_session!($now, $idle),
            "))"
        )
    };
}

/// A column: whether something that user `u` of account `a` signed in with before a downgrade took remote logout from
/// the plan is live. Nearly always the first line answers.
macro_rules! keeps_remote_logout {
    ($now:literal, $idle:literal) => {
        concat!(
            "case when a.remote_logout_lost_at is null then false else
                exists (select 1 from sessions s where s.user_id = u.id
                        and s.started_at <= a.remote_logout_lost_at and ",
            $crate::live::live_session!($now, $idle),
            ") or exists (select 1 from remembered_devices d where d.user_id = u.id
                        and d.created_at <= a.remote_logout_lost_at and ",
            $crate::live::live_device!($now),
            ") end as keeps_remote_logout"
        )
    };
}

pub(crate) use {
    keeps_remote_logout, live_application_session, live_device, live_session, may_use_application,
    owes_second_factor, requires_second_factor, second_factor_shown,
};

use crate::{instance::Reader, time::UnixMillis};

impl Reader {
    /// A session that was not used since this moment has expired.
    pub(crate) fn idle_since(&self) -> UnixMillis {
        self.now.at - self.limits.session_idle
    }
}

#[cfg(test)]
mod tests {
    use crate::plans::{Feature, Plan};

    /// The condition in SQL names the plan that lacks two-factor authentication.
    #[test]
    fn the_requirement_rests_on_the_plans_that_lack_two_factor_authentication() {
        let lack: Vec<&str> = Plan::ALL
            .into_iter()
            .filter(|plan| !plan.has(Feature::TwoFactor))
            .map(Plan::key)
            .collect();
        assert_eq!(lack, ["free"]);
        assert!(requires_second_factor!("a").contains("a.plan <> 'free'"));
    }
}
