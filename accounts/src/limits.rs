//! Every number that an operator may set, in one place, with its default.

use std::time::Duration;

/// Whose accounts may register applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationsFor {
    /// The first account of this install, which is the operator's own.
    FirstAccount,
    /// Every account.
    AllAccounts,
}

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// How long things live and how often they may be tried.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A session ends when it was not used for this long (ASVS 5.0, 7.3.1).
    pub session_idle: Duration,
    /// A session ends this long after sign-in, however much it is used (ASVS 5.0, 7.3.2).
    pub session_max: Duration,
    /// A remembered device ends this long after the sign-in that created it.
    pub remember_for: Duration,
    /// Live sessions a user may have; one more ends the session that was unused for the longest time.
    pub sessions_per_user: i64,
    /// Fewest characters of a password (NIST SP 800-63B-4, 3.1.1.2 asks for 15 where it is the only factor).
    pub password_min: usize,
    /// Failed attempts one user's email may have in a window.
    pub attempts_per_user: i64,
    /// Failed attempts a known device may make in a window after a remote logout has forgotten it.
    pub attempts_per_forgotten_device: i64,
    /// Failed attempts one address (IPv6: one /64) may make in a window.
    pub attempts_per_address: i64,
    /// Users who may sign up from one address in a window.
    pub sign_ups_per_address: i64,
    /// Remote logouts of one user that one token may make in an hour.
    pub remote_logouts_per_token: i64,
    /// Single sessions that one token may end in an hour.
    pub sessions_ended_per_token: i64,
    /// How long failed attempts, and sign-ups, are counted together.
    pub attempt_window: Duration,
    /// How long a second factor may be owed after the password was right.
    pub pending_sign_in: Duration,
    /// How long after a password or a code was shown a sensitive operation asks for none again (step-up).
    pub confirmed_for: Duration,
    /// How long an emailed link is valid.
    pub email_link: Duration,
    /// How long the link in an email about a new device is valid.
    pub not_me_link: Duration,
    /// How long a set-up of two-factor authentication may take.
    pub two_factor_draft: Duration,
    /// Wrong codes in a row after which an authenticator is off until it is set up again
    /// (NIST SP 800-63B-4, 3.2.2: no more than 100).
    pub codes_in_a_row: i64,
    /// An exchanged remember-me cookie that is presented again within this long may be a second tab that was already
    /// on its way; it is told to look again, and is given nothing.
    pub exchange_race: Duration,
    /// A session's cookie before its last rotation that is presented within this long was already on its way: refused,
    /// but the browser keeps its cookies.
    pub rotation_race: Duration,
    /// Whose accounts may register applications.
    pub applications_for: ApplicationsFor,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            session_idle: 14 * DAY,
            session_max: 30 * DAY,
            remember_for: 60 * DAY,
            sessions_per_user: 100,
            password_min: 8,
            attempts_per_user: 10,
            attempts_per_forgotten_device: 5,
            attempts_per_address: 100,
            sign_ups_per_address: 1_000,
            remote_logouts_per_token: 3,
            sessions_ended_per_token: 30,
            attempt_window: 15 * MINUTE,
            pending_sign_in: 10 * MINUTE,
            confirmed_for: 10 * MINUTE,
            email_link: 30 * MINUTE,
            not_me_link: 7 * DAY,
            two_factor_draft: 60 * MINUTE,
            codes_in_a_row: 100,
            exchange_race: Duration::from_secs(30),
            rotation_race: Duration::from_secs(10),
            applications_for: ApplicationsFor::FirstAccount,
        }
    }
}
