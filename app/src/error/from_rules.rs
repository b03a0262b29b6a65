//! From the rules' errors to what the browser is told: what they share.

use accounts::{
    db::{self, DatabaseError},
    keys::CannotOpen,
    passwords::HashingFailed,
    permissions::Refusal,
    plans::Plan,
    rate_limits::RateLimited,
    sessions::Unavailable,
};

use super::{AppError, Code, listed};

pub(super) const CHANGED_MEANWHILE: &str =
    "Your sessions changed in the meantime. Nothing was changed.";

/// A form that was drawn before sessions ended or started anew.
pub(super) const STALE: &str =
    "Sessions have ended since this page was loaded, so nothing was changed. Here’s how it is now.";

const NOT_YOUR_FAULT: &str = "Something went wrong on our side. Nothing was changed.";

/// Logs the cause once; the browser only learns that it was not the user's fault.
impl From<DatabaseError> for AppError {
    fn from(error: DatabaseError) -> Self {
        let error = db::explain(&error);
        tracing::error!(error, "the database is unavailable");
        Self::service_unavailable()
    }
}

impl From<Unavailable> for AppError {
    fn from(error: Unavailable) -> Self {
        let error = db::explain(&error);
        tracing::error!(error, "the database is unavailable");
        Self::service_unavailable()
    }
}

impl From<HashingFailed> for AppError {
    fn from(error: HashingFailed) -> Self {
        let HashingFailed::Busy(wait) = error else {
            tracing::error!(%error, "a password could not be hashed");
            return Self::new(Code::Internal, NOT_YOUR_FAULT);
        };
        let seconds = wait.as_secs().max(1);
        tracing::warn!(seconds, "a password was not hashed: too many wait");
        let mut busy = Self::new(
            Code::Busy,
            "Very many users are signing in at this moment. Nothing was changed. Try again in a few seconds.",
        );
        busy.retry_after = Some(seconds);
        busy
    }
}

impl From<CannotOpen> for AppError {
    fn from(error: CannotOpen) -> Self {
        tracing::error!(%error, "a sealed secret could not be opened");
        Self::new(Code::Internal, NOT_YOUR_FAULT)
    }
}

impl From<RateLimited> for AppError {
    fn from(limited: RateLimited) -> Self {
        Self::rate_limited_for("attempts", limited)
    }
}

/// What the table of permissions says.
impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SecondFactorRequired => Self::second_factor_required(),
            Refusal::PlanRequired(plans) => Self::plan_required(&plans),
            Refusal::NotAllowed(roles) => {
                let roles: Vec<String> = roles
                    .iter()
                    .map(|role| format!("{}s", role.name().to_lowercase()))
                    .collect();
                Self::new(Code::Forbidden, format!("This is for {}.", listed(&roles)))
            }
        }
    }
}

impl AppError {
    /// The account requires a second factor, and the user has none.
    #[must_use]
    pub fn second_factor_required() -> Self {
        Self::new(
            Code::SecondFactorRequired,
            "Your account requires a second factor. Set up two-factor authentication under Profile → Security, then try again.",
        )
    }

    /// The plan lacks it; `plans` have it.
    #[must_use]
    pub fn plan_required(plans: &[Plan]) -> Self {
        let names: Vec<String> = plans.iter().map(|p| p.name().to_owned()).collect();
        let list = listed(&names);
        let mut error = Self::new(Code::PlanRequired, format!("This is available on {list}."));
        error.plans = names;
        error
    }

    /// Too many of something.
    pub(crate) fn rate_limited_for(what: &str, rate_limited: RateLimited) -> Self {
        let seconds = rate_limited.retry_after.as_secs().max(1);
        let minutes = seconds.div_ceil(60);
        let wait = if minutes == 1 {
            "a minute".into()
        } else {
            format!("{minutes} minutes")
        };
        let message = format!("Too many {what}. Try again in {wait}.");
        let mut error = Self::new(Code::TooManyAttempts, message);
        error.retry_after = Some(seconds);
        error
    }
}
