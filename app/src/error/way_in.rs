//! What the way in can refuse: signing up, signing in, joining, the second factor, links from emails.

use accounts::{
    invitations::JoinError,
    not_me::NotMeError,
    reset_password::{RequestError, ResetError},
    sign_in::{CodeError, SignInError},
    sign_up::ConfirmError,
    users::UserError,
};

use super::{
    AppError, Code,
    from_rules::{database, hashing, sealed},
};

const AUTHENTICATOR_OFF: &str =
    "Too many wrong codes: this authenticator app is off. Use a recovery code.";
const WRONG_CODE: &str = "This code is not right, or was used already. Wait for the next one.";

/// A emailed link that opens nothing any more.
pub(super) const LINK_EXPIRED: &str =
    "This link was used already, or is too old. Ask for a new one.";

impl From<UserError> for AppError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Closed => Self::new(
                Code::SignUpClosed,
                "Sign-up is closed here. Ask whoever runs this Curfew for an invitation.",
            ),
            UserError::Fields(wrong) => Self::fields(wrong),
            UserError::Ended => Self::not_signed_in(),
            UserError::RateLimited(t) => Self::rate_limited(t),
            UserError::Hashing(e) => hashing(&e),
            UserError::Database(e) => database(&e),
        }
    }
}

impl From<ConfirmError> for AppError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Expired => Self::new(Code::LinkExpired, LINK_EXPIRED),
            ConfirmError::Wrong => Self::field(
                "password",
                "This is not the password you chose when you signed up.",
            ),
            ConfirmError::RateLimited(t) => Self::rate_limited(t),
            ConfirmError::Closed => UserError::Closed.into(),
            ConfirmError::Hashing(e) => hashing(&e),
            ConfirmError::Database(e) => database(&e),
        }
    }
}

impl From<SignInError> for AppError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Email(why) => Self::field("email", why),
            SignInError::Wrong => Self::new(
                Code::InvalidCredentials,
                "The email or the password is wrong.",
            ),
            SignInError::RateLimited(t) => Self::rate_limited(t),
            SignInError::Conflict => Self::new(
                Code::Conflict,
                "Everything was signed out while you were signing in. Sign in once more.",
            ),
            SignInError::Hashing(e) => hashing(&e),
            SignInError::Database(e) => database(&e),
        }
    }
}

impl From<CodeError> for AppError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Malformed => Self::field(
                "code",
                "Enter the 6 digits of your authenticator app, or a recovery code.",
            ),
            CodeError::Wrong => Self::field("code", WRONG_CODE),
            CodeError::AuthenticatorOff => Self::field("code", AUTHENTICATOR_OFF),
            CodeError::RateLimited(t) => Self::rate_limited(t),
            CodeError::Expired => Self::new(
                Code::SignInExpired,
                "This sign-in took too long, or was ended from another device. Sign in again.",
            ),
            CodeError::Sealed(e) => sealed(&e),
            CodeError::Database(e) => database(&e),
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

impl From<RequestError> for AppError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Email(why) => Self::field("email", why),
            RequestError::RateLimited(t) => Self::rate_limited(t),
            RequestError::Database(e) => database(&e),
        }
    }
}

impl From<ResetError> for AppError {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::Expired => Self::new(Code::LinkExpired, LINK_EXPIRED),
            ResetError::RateLimited(t) => Self::rate_limited(t),
            ResetError::Same => Self::field(
                "new_password",
                "This is the password you have. Choose another: somebody may know this one.",
            ),
            ResetError::Unacceptable(why) => Self::field("new_password", why.to_string()),
            ResetError::Hashing(e) => hashing(&e),
            ResetError::Database(e) => database(&e),
        }
    }
}

impl From<NotMeError> for AppError {
    fn from(error: NotMeError) -> Self {
        match error {
            NotMeError::Expired => Self::new(
                Code::LinkExpired,
                "This link is over. It was used already, or is too old.",
            ),
            NotMeError::RemoteLogout(e) => e.into(),
            NotMeError::Database(e) => database(&e),
        }
    }
}
