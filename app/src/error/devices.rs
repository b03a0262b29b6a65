//! What operations on devices, the curfew, the webhook and the audit log can refuse.

use accounts::{
    applications::ApplicationError,
    audit_retention::RetentionError,
    curfew::CurfewError,
    curfew_schedule::Misspelt,
    sessions::{EndOneError, RenameError},
    webhook_settings::WebhookError,
};

use super::{AppError, Code};

impl From<EndOneError> for AppError {
    fn from(error: EndOneError) -> Self {
        match error {
            EndOneError::NotThere => Self::new(
                Code::NotFound,
                "This device isn’t signed in any more. Nothing was changed.",
            ),
            EndOneError::ThisOne => Self::new(
                Code::Malformed,
                "This is the device you’re using. Sign out instead.",
            ),
            EndOneError::AlreadyEnded => Self::session_ended(),
            EndOneError::Database(e) => e.into(),
        }
    }
}

impl From<RenameError> for AppError {
    fn from(error: RenameError) -> Self {
        match error {
            RenameError::Name(why) => Self::field("label", why),
            RenameError::Device(e) => e.into(),
        }
    }
}

impl From<Misspelt> for AppError {
    fn from(misspelt: Misspelt) -> Self {
        match misspelt {
            Misspelt::Time(why) => Self::field("time", why),
            Misspelt::Zone(why) => Self::field("zone", why),
        }
    }
}

impl From<CurfewError> for AppError {
    fn from(error: CurfewError) -> Self {
        match error {
            CurfewError::NotAllowed => Self::new(
                Code::Forbidden,
                "Only owners and admins can set the account’s curfew.",
            ),
            CurfewError::AlreadyEnded => Self::session_ended(),
            CurfewError::Database(e) => e.into(),
        }
    }
}

impl From<WebhookError> for AppError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NoSuchFilter => Self::field(
                "severity",
                "Choose a severity and categories from the list.",
            ),
            WebhookError::Url => {
                Self::field("url", "Enter an address of at most 2,000 characters.")
            }
            WebhookError::None => {
                Self::new(Code::NotFound, "There’s no webhook. Nothing was changed.")
            }
            WebhookError::RateLimited(limited) => Self::rate_limited_for("tests", limited),
            WebhookError::Refused(e) => e.into(),
        }
    }
}

impl From<ApplicationError> for AppError {
    fn from(error: ApplicationError) -> Self {
        match error {
            ApplicationError::Fields(fields) => Self::fields(fields),
            ApplicationError::NotForThisAccount => Self::new(
                Code::Forbidden,
                "The operator of this Curfew lets the first account alone register applications.",
            ),
            ApplicationError::LimitReached => Self::new(
                Code::LimitReached,
                "The account has as many applications as it may. Remove one first.",
            ),
            ApplicationError::TwoSecrets => Self::new(
                Code::LimitReached,
                "Two secrets are good already, the limit. Put the new one in place, then revoke the old one.",
            ),
            ApplicationError::RateLimited(limited) => Self::rate_limited_for("tests", limited),
            ApplicationError::NotFound => Self::new(
                Code::NotFound,
                "There’s no such application. It may have been removed.",
            ),
            ApplicationError::Refused(e) => e.into(),
        }
    }
}

impl From<RetentionError> for AppError {
    fn from(error: RetentionError) -> Self {
        match error {
            RetentionError::NoSuchChoice => Self::field("days", "Choose one of the options."),
            RetentionError::Refused(e) => e.into(),
        }
    }
}
