//! From the rules' errors to what the browser is told: what they share.

use accounts::{
    keys::CannotOpen, passwords::HashingFailed, permissions::Refusal, plans::Plan,
    rate_limits::RateLimited,
};

use super::{AppError, Code, listed};

pub(super) const CHANGED_MEANWHILE: &str =
    "Your sessions changed in the meantime. Nothing was changed.";

/// Logs the cause once; the browser only learns that it was not its fault.
pub(super) fn database(error: &dyn std::error::Error) -> AppError {
    tracing::error!(%error, "the database did not answer");
    AppError::service_unavailable()
}

pub(super) fn hashing(error: &HashingFailed) -> AppError {
    tracing::error!(%error, "hashing failed");
    AppError::new(
        Code::Internal,
        "Something went wrong on our side. Nothing was changed.",
    )
}

impl AppError {
    /// The database is unavailable, and why is logged.
    #[must_use]
    pub fn database(error: &dyn std::error::Error) -> Self {
        database(error)
    }

    /// The plan lacks it; `plans` have it.
    #[must_use]
    pub fn plan_required(plans: &[Plan]) -> Self {
        let names: Vec<String> = plans.iter().map(|p| p.name().to_owned()).collect();
        let list = listed(&names);
        let mut error = Self::new(Code::PlanRequired, format!("This is part of {list}."));
        error.plans = names;
        error
    }

    /// What the table of permissions says.
    #[must_use]
    pub fn refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::PlanRequired(plans) => Self::plan_required(plans),
            Refusal::NotAllowed(roles) => {
                let roles: Vec<String> = roles
                    .iter()
                    .map(|role| format!("{}s", role.name().to_lowercase()))
                    .collect();
                let message = match roles.len() {
                    0 => "This is for nobody.".into(),
                    _ => format!("This is for {}.", listed(&roles)),
                };
                Self::new(Code::Forbidden, message)
            }
        }
    }

    /// Too many attempts; says how long to wait.
    #[must_use]
    pub fn rate_limited(rate_limited: RateLimited) -> Self {
        Self::rate_limited_for("attempts", rate_limited)
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

pub(super) fn sealed(error: &CannotOpen) -> AppError {
    tracing::error!(%error, "a sealed secret stays closed");
    AppError::new(
        Code::Internal,
        "Something went wrong on our side. Nothing was changed.",
    )
}
