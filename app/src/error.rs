//! What the browser is told when something did not work. Only codes and texts fit for users.

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod credentials;
#[cfg(feature = "ssr")]
mod devices;
#[cfg(feature = "ssr")]
mod from_rules;
#[cfg(feature = "ssr")]
mod way_in;

use std::collections::BTreeMap;

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

use crate::reason::Reason;

/// What kind of error it is: programs tell errors apart by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    Malformed,
    NotSignedIn,
    /// A program's token is missing, unknown, revoked or expired.
    InvalidToken,
    /// There was a session; `reason` says how it ended.
    SessionEnded,
    InvalidCredentials,
    PlanRequired,
    /// The account requires a second factor, and the user has none yet.
    SecondFactorRequired,
    /// `fields.confirmation` says so: a password or a code is needed.
    StepUpRequired,
    /// The user's role does not allow it.
    Forbidden,
    /// The token was created without the scope.
    InsufficientScope,
    SignUpClosed,
    /// Sign in from the beginning.
    SignInExpired,
    /// An emailed link has expired or was used.
    LinkExpired,
    /// An account has at least one owner.
    LastOwner,
    NotFound,
    CrossSite,
    /// The request names a host that is not answered here.
    Misdirected,
    MethodNotAllowed,
    Conflict,
    /// No more of them may be created.
    LimitReached,
    TooLarge,
    UnsupportedMediaType,
    /// `validation_failed` says what is wrong with which.
    ValidationFailed,
    TooManyAttempts,
    /// A token's requests came too fast.
    RateLimited,
    ServiceUnavailable,
    /// This node cannot take more work now.
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
            Self::NotSignedIn
            | Self::InvalidToken
            | Self::SessionEnded
            | Self::InvalidCredentials
            | Self::SignInExpired => 401,
            Self::PlanRequired
            | Self::SecondFactorRequired
            | Self::Forbidden
            | Self::InsufficientScope
            | Self::StepUpRequired
            | Self::SignUpClosed
            | Self::CrossSite => 403,
            Self::NotFound => 404,
            Self::LinkExpired => 410,
            Self::MethodNotAllowed => 405,
            Self::Conflict | Self::LimitReached | Self::LastOwner => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Misdirected => 421,
            Self::ValidationFailed => 422,
            Self::TooManyAttempts | Self::RateLimited => 429,
            Self::Internal | Self::Unreachable => 500,
            Self::ServiceUnavailable | Self::Busy => 503,
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
        let mut error = Self::new(Code::ValidationFailed, message.clone());
        error.fields.insert(name.to_owned(), message);
        error
    }

    /// Some fields are wrong. With several the message says so; each has its own sentences beside it.
    #[must_use]
    pub fn fields(wrong: Vec<(&str, String)>) -> Self {
        let message = match &wrong[..] {
            [(_, why)] => why.clone(),
            _ => "Some fields need your attention.".into(),
        };
        let mut error = Self::new(Code::ValidationFailed, message);
        for (name, why) in wrong {
            let said = error.fields.entry(name.to_owned()).or_default();
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(&why);
        }
        error
    }

    /// The database is unavailable. The text says what did not happen.
    #[must_use]
    pub fn service_unavailable() -> Self {
        Self::new(
            Code::ServiceUnavailable,
            "Curfew can’t reach its database right now. Nothing was changed.",
        )
    }

    /// A sensitive operation asks first; `why` is shown beside the field for the password or the code.
    #[must_use]
    pub fn step_up(why: &str) -> Self {
        let mut error = Self::new(Code::StepUpRequired, "Confirm it’s you.");
        error.fields.insert("confirmation".into(), why.into());
        error
    }

    /// The session that asked ended before the operation began. The answer to the request says how.
    #[must_use]
    pub fn session_ended() -> Self {
        Self::new(
            Code::SessionEnded,
            "You were signed out. Sign in to continue.",
        )
    }

    /// No user is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(Code::NotSignedIn, "Sign in to continue.")
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
                "Curfew couldn’t understand this request. Something is missing from it.",
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

/// "Plus, Pro and Enterprise".
#[must_use]
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
