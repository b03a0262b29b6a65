//! What the browser is told when something did not work. Only codes and texts fit for people.

use std::collections::BTreeMap;

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

use crate::flash::Reason;

/// What kind of error it is: programs tell errors apart by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    Malformed,
    NotSignedIn,
    /// There was a session; `reason` says how it ended.
    SessionEnded,
    WrongCredentials,
    PlanRequired,
    SignUpClosed,
    /// The role does not allow it.
    NotAllowed,
    NotFound,
    CrossSite,
    MethodNotAllowed,
    Raced,
    TooLarge,
    UnsupportedMediaType,
    /// `fields` says what is wrong with which.
    Fields,
    TooManyAttempts,
    StoreAway,
    /// As much is going on as this node can carry.
    Busy,
    Internal,
    /// Made by the browser side: the request got no answer.
    Unreachable,
}

impl Code {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::NotSignedIn | Self::SessionEnded | Self::WrongCredentials => 401,
            Self::PlanRequired | Self::SignUpClosed | Self::NotAllowed | Self::CrossSite => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Raced => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Fields => 422,
            Self::TooManyAttempts => 429,
            Self::Internal | Self::Unreachable => 500,
            Self::StoreAway | Self::Busy => 503,
        }
    }
}

/// An error as it travels to the browser, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    pub code: Code,
    /// One or two plain sentences.
    pub message: String,
    /// A sentence for each field that is wrong, by the field's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// The plans that have what was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<String>,
    /// Seconds to wait, with `too_many_attempts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// How the session ended, with `session_ended`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<Reason>>,
}

impl AppError {
    /// An error with a text of its own.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fields: BTreeMap::new(),
            plans: Vec::new(),
            retry_after: None,
            reason: None,
        }
    }

    /// One field is wrong.
    #[must_use]
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = Self::new(Code::Fields, message.clone());
        error.fields.insert(name.to_owned(), message);
        error
    }

    /// The store is away. The text says what did not happen.
    #[must_use]
    pub fn store_away() -> Self {
        Self::new(
            Code::StoreAway,
            "Curfew can’t reach its store right now. Nothing was changed.",
        )
    }

    /// The door: nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(Code::NotSignedIn, "Sign in to go on.")
    }

    /// Whether signing in again is the way on.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        matches!(self.code, Code::NotSignedIn | Code::SessionEnded)
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_) => Self::new(
                Code::Malformed,
                "The request was not understood. Something it needs is missing.",
            ),
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) => Self::new(
                Code::Unreachable,
                "Curfew can’t be reached. As far as this page can tell, nothing was changed.",
            ),
            _ => Self::new(Code::Internal, "Something went wrong on our side."),
        }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(feature = "ssr")]
mod from_rules {
    use accounts::{
        attempts::TooMany, change_password::ChangePasswordError, passwords::HashingFailed,
        plans::Plan, sessions::EndAllError, sign_in::SignInError, users::UserError,
    };

    use super::{AppError, Code};

    /// Logs the cause once; the browser only learns that it was not its fault.
    fn store(error: &dyn std::error::Error) -> AppError {
        tracing::error!(%error, "the store did not answer");
        AppError::store_away()
    }

    fn hashing(error: &HashingFailed) -> AppError {
        tracing::error!(%error, "hashing failed");
        AppError::new(
            Code::Internal,
            "Something went wrong on our side. Nothing was changed.",
        )
    }

    impl AppError {
        /// The store is away, and why is logged.
        #[must_use]
        pub fn store(error: &dyn std::error::Error) -> Self {
            store(error)
        }

        /// The plan lacks it; `plans` have it.
        #[must_use]
        pub fn plan_required(plans: &[Plan]) -> Self {
            let names: Vec<String> = plans.iter().map(|p| p.name().to_owned()).collect();
            let list = super::listed(&names);
            let mut error = Self::new(Code::PlanRequired, format!("This is part of {list}."));
            error.plans = names;
            error
        }

        fn too_many(too_many: TooMany) -> Self {
            let seconds = too_many.retry_after.as_secs().max(1);
            let minutes = seconds.div_ceil(60);
            let wait = if minutes == 1 {
                "a minute".into()
            } else {
                format!("{minutes} minutes")
            };
            let message = format!("Too many attempts. Try again in {wait}.");
            let mut error = Self::new(Code::TooManyAttempts, message);
            error.retry_after = Some(seconds);
            error
        }
    }

    impl From<UserError> for AppError {
        fn from(error: UserError) -> Self {
            match error {
                UserError::Closed => Self::new(
                    Code::SignUpClosed,
                    "Sign-up is closed here. Ask whoever runs this Curfew for an invitation.",
                ),
                UserError::Name(why) => Self::field("name", why),
                UserError::Email(why) => Self::field("email", why),
                UserError::Username(why) => Self::field("username", why),
                UserError::Password(why) => Self::field("password", why.to_string()),
                UserError::Hashing(e) => hashing(&e),
                UserError::Store(e) => store(&e),
            }
        }
    }

    impl From<SignInError> for AppError {
        fn from(error: SignInError) -> Self {
            match error {
                SignInError::Email(why) => Self::field("email", why),
                SignInError::Wrong => Self::new(
                    Code::WrongCredentials,
                    "The email or the password is wrong.",
                ),
                SignInError::TooMany(t) => Self::too_many(t),
                SignInError::Raced => Self::new(
                    Code::Raced,
                    "Everything was signed out while you were signing in. Sign in once more.",
                ),
                SignInError::Hashing(e) => hashing(&e),
                SignInError::Store(e) => store(&e),
            }
        }
    }

    impl From<ChangePasswordError> for AppError {
        fn from(error: ChangePasswordError) -> Self {
            match error {
                ChangePasswordError::WrongCurrent => {
                    Self::field("current_password", "This is not your current password.")
                }
                ChangePasswordError::Unacceptable(why) => {
                    Self::field("new_password", why.to_string())
                }
                ChangePasswordError::Same => {
                    Self::field("new_password", "This is your current password already.")
                }
                ChangePasswordError::TooMany(t) => Self::too_many(t),
                ChangePasswordError::Raced => Self::new(
                    Code::Raced,
                    "Your sessions changed in the meantime. Your password is as it was.",
                ),
                ChangePasswordError::Hashing(e) => hashing(&e),
                ChangePasswordError::Store(e) => store(&e),
            }
        }
    }

    impl From<EndAllError> for AppError {
        fn from(error: EndAllError) -> Self {
            match error {
                EndAllError::PlanRequired(plans) => Self::plan_required(&plans),
                EndAllError::AlreadyEnded | EndAllError::NoSuchUser => Self::not_signed_in(),
                EndAllError::Store(e) => store(&e),
            }
        }
    }
}

/// "Plus, Pro and Enterprise".
#[must_use]
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
