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
    /// A program's token is missing, unknown, revoked or has run out.
    InvalidToken,
    /// There was a session; `reason` says how it ended.
    SessionEnded,
    WrongCredentials,
    PlanRequired,
    /// `fields.confirmation` says so: a password or a code has to come along.
    StepUpRequired,
    /// The person's role does not allow it.
    Forbidden,
    /// The token was made without the scope.
    InsufficientScope,
    SignUpClosed,
    /// Sign in from the beginning.
    HalfSignInOver,
    /// A mailed link was used, or is too old.
    LinkOver,
    /// An account has at least one owner.
    LastOwner,
    NotFound,
    CrossSite,
    MethodNotAllowed,
    Raced,
    /// There are as many of them as there may be.
    LimitReached,
    TooLarge,
    UnsupportedMediaType,
    /// `fields` says what is wrong with which.
    Fields,
    TooManyAttempts,
    /// A token's requests came too fast.
    RateLimited,
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
            Self::NotSignedIn
            | Self::InvalidToken
            | Self::SessionEnded
            | Self::WrongCredentials
            | Self::HalfSignInOver => 401,
            Self::PlanRequired
            | Self::Forbidden
            | Self::InsufficientScope
            | Self::StepUpRequired
            | Self::SignUpClosed
            | Self::CrossSite => 403,
            Self::NotFound => 404,
            Self::LinkOver => 410,
            Self::MethodNotAllowed => 405,
            Self::Raced | Self::LimitReached | Self::LastOwner => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Fields => 422,
            Self::TooManyAttempts | Self::RateLimited => 429,
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

    /// A sensitive deed asks first; `why` stands beside the field for the password or the code.
    #[must_use]
    pub fn step_up(why: &str) -> Self {
        let mut error = Self::new(Code::StepUpRequired, "Confirm it’s you.");
        error.fields.insert("confirmation".into(), why.into());
        error
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
        account::AccountError,
        attempts::TooMany,
        change_email::ChangeEmailError,
        change_password::ChangePasswordError,
        invites::{InviteError, JoinError},
        keys::CannotOpen,
        members::MemberError,
        passwords::HashingFailed,
        permissions::Refusal,
        plans::Plan,
        reset_password::{RequestError, ResetError},
        second_factor::TwoFactorError,
        sessions::EndAllError,
        sign_in::{CodeError, SignInError},
        step_up::StepUpError,
        tokens::{CreateError, MOST, RevokeError},
        users::UserError,
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
                        _ => format!("This is for {}.", super::listed(&roles)),
                    };
                    Self::new(Code::Forbidden, message)
                }
            }
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
                UserError::TooMany(t) => Self::too_many(t),
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

    fn sealed(error: &CannotOpen) -> AppError {
        tracing::error!(%error, "a sealed secret stays closed");
        AppError::new(
            Code::Internal,
            "Something went wrong on our side. Nothing was changed.",
        )
    }

    const AUTHENTICATOR_OFF: &str =
        "Too many wrong codes: this authenticator app is off. Use a recovery code.";
    const WRONG_CODE: &str = "This code is not right, or was used already. Wait for the next one.";
    const OVER: &str = "This link was used already, or is too old. Ask for a new one.";
    const CHANGED_MEANWHILE: &str = "Your sessions changed in the meantime. Nothing was changed.";

    impl From<CodeError> for AppError {
        fn from(error: CodeError) -> Self {
            match error {
                CodeError::Malformed => Self::field(
                    "code",
                    "Enter the 6 digits of your authenticator app, or a recovery code.",
                ),
                CodeError::Wrong => Self::field("code", WRONG_CODE),
                CodeError::AuthenticatorOff => Self::field("code", AUTHENTICATOR_OFF),
                CodeError::TooMany(t) => Self::too_many(t),
                CodeError::Over => Self::new(
                    Code::HalfSignInOver,
                    "This sign-in took too long, or was ended from another device. Sign in again.",
                ),
                CodeError::Sealed(e) => sealed(&e),
                CodeError::Store(e) => store(&e),
            }
        }
    }

    impl From<StepUpError> for AppError {
        fn from(error: StepUpError) -> Self {
            match error {
                StepUpError::Wrong => Self::step_up("This is neither your password nor a code."),
                StepUpError::AuthenticatorOff => Self::step_up(
                    "Too many wrong codes: this authenticator app is off. Use your password.",
                ),
                StepUpError::TooMany(t) => Self::too_many(t),
                StepUpError::Raced => Self::new(Code::Raced, CHANGED_MEANWHILE),
                StepUpError::Hashing(e) => hashing(&e),
                StepUpError::Sealed(e) => sealed(&e),
                StepUpError::Store(e) => store(&e),
            }
        }
    }

    impl From<TwoFactorError> for AppError {
        fn from(error: TwoFactorError) -> Self {
            match error {
                TwoFactorError::PlanRequired(plans) => Self::plan_required(&plans),
                TwoFactorError::AlreadyOn => {
                    Self::new(Code::Raced, "Two-factor authentication is on already.")
                }
                TwoFactorError::NotOn => {
                    Self::new(Code::Raced, "Two-factor authentication is not on.")
                }
                TwoFactorError::NoDraft => Self::new(
                    Code::Raced,
                    "This took too long. Begin again: these codes are not in force.",
                ),
                TwoFactorError::Malformed => Self::field(
                    "code",
                    "Enter the 6 digits that your authenticator app shows.",
                ),
                TwoFactorError::Wrong => Self::field(
                    "code",
                    "This code is not right. Check the clock of your phone, and take the next code.",
                ),
                TwoFactorError::TooMany(t) => Self::too_many(t),
                TwoFactorError::Raced => Self::new(Code::Raced, CHANGED_MEANWHILE),
                TwoFactorError::Sealed(e) => sealed(&e),
                TwoFactorError::Store(e) => store(&e),
            }
        }
    }

    impl From<RequestError> for AppError {
        fn from(error: RequestError) -> Self {
            match error {
                RequestError::Email(why) => Self::field("email", why),
                RequestError::TooMany(t) => Self::too_many(t),
                RequestError::Store(e) => store(&e),
            }
        }
    }

    impl From<ResetError> for AppError {
        fn from(error: ResetError) -> Self {
            match error {
                ResetError::Over => Self::new(Code::LinkOver, OVER),
                ResetError::TooMany(t) => Self::too_many(t),
                ResetError::Same => Self::field(
                    "new_password",
                    "This is the password you have. Choose another: somebody may know this one.",
                ),
                ResetError::Unacceptable(why) => Self::field("new_password", why.to_string()),
                ResetError::Hashing(e) => hashing(&e),
                ResetError::Store(e) => store(&e),
            }
        }
    }

    impl From<ChangeEmailError> for AppError {
        fn from(error: ChangeEmailError) -> Self {
            match error {
                ChangeEmailError::Email(why) => Self::field("email", why),
                ChangeEmailError::TooMany(t) => Self::too_many(t),
                ChangeEmailError::Over => Self::new(Code::LinkOver, OVER),
                ChangeEmailError::Taken => Self::new(
                    Code::Raced,
                    "Somebody else uses this address now. Yours is as it was.",
                ),
                ChangeEmailError::Raced => Self::new(Code::Raced, CHANGED_MEANWHILE),
                ChangeEmailError::Store(e) => store(&e),
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

    impl From<MemberError> for AppError {
        fn from(error: MemberError) -> Self {
            match error {
                MemberError::Ended => Self::not_signed_in(),
                MemberError::NotFound => Self::new(
                    Code::NotFound,
                    "There is no such thing here. Perhaps somebody else was faster.",
                ),
                MemberError::NotAllowed(why) => Self::new(Code::Forbidden, why),
                MemberError::PlanRequired(plans) => Self::plan_required(&plans),
                MemberError::LastOwner => Self::new(
                    Code::LastOwner,
                    "An account has at least one owner. Make somebody else an owner first.",
                ),
                MemberError::NotConfirmed => {
                    Self::field("confirmation", "Type your email address as it is shown.")
                }
                MemberError::Store(e) => store(&e),
            }
        }
    }

    impl From<CreateError> for AppError {
        fn from(error: CreateError) -> Self {
            match error {
                CreateError::Name(why) => Self::field("name", why),
                CreateError::Lasts => Self::field("expires", "Choose one of the times."),
                CreateError::PlanRequired(plans) => Self::plan_required(&plans),
                CreateError::WatchOnly => {
                    Self::new(Code::Forbidden, "Watch-only members have no tokens.")
                }
                CreateError::TooMany => Self::new(
                    Code::LimitReached,
                    format!("You have {MOST} of them, which is the most. Revoke one first."),
                ),
                CreateError::AlreadyEnded => Self::not_signed_in(),
                CreateError::Store(e) => store(&e),
            }
        }
    }

    impl From<InviteError> for AppError {
        fn from(error: InviteError) -> Self {
            match error {
                InviteError::Email(why) => Self::field("email", why),
                InviteError::TooMany(too_many) => Self::too_many(too_many),
                InviteError::Refused(why) => why.into(),
            }
        }
    }

    impl From<AccountError> for AppError {
        fn from(error: AccountError) -> Self {
            match error {
                AccountError::Name(why) => Self::field("name", why),
                AccountError::Refused(why) => why.into(),
            }
        }
    }

    impl From<JoinError> for AppError {
        fn from(error: JoinError) -> Self {
            match error {
                JoinError::NoSuchInvitation => Self::new(
                    Code::NotFound,
                    "This invitation is not good any more. Ask for a new one.",
                ),
                JoinError::NoSuchRole => Self::new(
                    Code::PlanRequired,
                    "The account’s plan has no such role any more. Ask for another invitation.",
                ),
                JoinError::User(e) => e.into(),
            }
        }
    }

    impl From<RevokeError> for AppError {
        fn from(error: RevokeError) -> Self {
            match error {
                RevokeError::NotFound => Self::new(
                    Code::NotFound,
                    "There is no such token. Perhaps it has been revoked already.",
                ),
                RevokeError::AlreadyEnded => Self::not_signed_in(),
                RevokeError::Store(e) => store(&e),
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
