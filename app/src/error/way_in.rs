//! What can be refused before you are signed in: signing up, signing in, joining, the second factor, links from emails.

use accounts::{
    invitations::JoinError,
    not_me::NotMeError,
    reset_password::{RequestError, ResetError},
    second_factor::WrongCode,
    sign_in::{CodeError, SignInError},
    sign_up::ConfirmError,
    users::UserError,
};

use super::{AppError, Code};

const AUTHENTICATOR_OFF: &str = "This authenticator app was turned off: after too many wrong codes, or because the operator lost its key. Use a recovery code.";
const WRONG_CODE: &str = "That code isn’t right or was already used. Wait for the next one.";
const WRONG_RECOVERY_CODE: &str =
    "That recovery code isn’t right. Check it, or use another one of the newest set.";
const USED_RECOVERY_CODE: &str =
    "This recovery code has been used. Each works once: use another one.";

/// A code of the authenticator that is minutes off.
pub(super) const CLOCKS_DIFFER: &str = "That code is some minutes off, so a clock is wrong. Set the clock of the device that shows the codes \
     to automatic, then enter the next code.";

/// An emailed link that no longer works.
pub(super) const LINK_EXPIRED: &str = "This link has expired or was used. Get a new one.";

impl From<UserError> for AppError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Closed => Self::new(
                Code::SignUpClosed,
                "Sign-up is closed. Ask the operator of this Curfew for an invitation.",
            ),
            UserError::Fields(wrong) => Self::fields(wrong),
            UserError::Ended => Self::session_ended(),
            UserError::RateLimited(t) => t.into(),
            UserError::Hashing(e) => e.into(),
            UserError::Database(e) => e.into(),
        }
    }
}

impl From<ConfirmError> for AppError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Expired => Self::new(Code::LinkExpired, LINK_EXPIRED),
            ConfirmError::Wrong => Self::field(
                "password",
                "That’s not the password you chose when you signed up.",
            ),
            ConfirmError::RateLimited(t) => t.into(),
            ConfirmError::Closed => UserError::Closed.into(),
            ConfirmError::SetupCode => Self::new(
                Code::Conflict,
                "Every user of this Curfew was deleted since you signed up. Sign up again: you’ll be asked for the setup code.",
            ),
            ConfirmError::Hashing(e) => e.into(),
            ConfirmError::Database(e) => e.into(),
        }
    }
}

impl From<SignInError> for AppError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Email(why) => Self::field("email", why),
            SignInError::Wrong => {
                Self::new(Code::InvalidCredentials, "The email or password is wrong.")
            }
            SignInError::RateLimited(t) => t.into(),
            SignInError::Conflict => Self::new(
                Code::Conflict,
                "You were signed out everywhere while signing in. Sign in again.",
            ),
            SignInError::Hashing(e) => e.into(),
            SignInError::Database(e) => e.into(),
        }
    }
}

impl From<CodeError> for AppError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Malformed => Self::field(
                "code",
                "Enter the 6 digits from your authenticator app, or a recovery code.",
            ),
            CodeError::Wrong(what) => Self::field(
                "code",
                match what {
                    WrongCode::Code => WRONG_CODE,
                    WrongCode::Clock => CLOCKS_DIFFER,
                    WrongCode::RecoveryCode => WRONG_RECOVERY_CODE,
                    WrongCode::UsedRecoveryCode => USED_RECOVERY_CODE,
                },
            ),
            CodeError::AuthenticatorOff => Self::field("code", AUTHENTICATOR_OFF),
            CodeError::RateLimited(t) => t.into(),
            CodeError::Expired => Self::new(
                Code::SignInExpired,
                "This sign-in took too long or was ended from another device. Sign in again.",
            ),
            CodeError::Sealed(e) => e.into(),
            CodeError::Database(e) => e.into(),
        }
    }
}

impl From<JoinError> for AppError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::NoSuchInvitation => Self::new(
                Code::NotFound,
                "This invitation is no longer valid. Ask for a new one.",
            ),
            JoinError::Waits => Self::new(
                Code::Conflict,
                "This invitation has to be confirmed first. Ask the member who sent it.",
            ),
            JoinError::InviterOwesSecondFactor => Self::new(
                Code::Conflict,
                "This invitation doesn’t work now: the member who sent it has to set up two-factor authentication first. Ask them.",
            ),
            JoinError::NoSuchRole => Self::new(
                Code::PlanRequired,
                "The account’s plan no longer has this role. Ask for another invitation.",
            ),
            JoinError::User(e) => e.into(),
        }
    }
}

impl From<RequestError> for AppError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Email(why) => Self::field("email", why),
            RequestError::RateLimited(t) => t.into(),
            RequestError::Database(e) => e.into(),
        }
    }
}

impl From<ResetError> for AppError {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::Expired => Self::new(Code::LinkExpired, LINK_EXPIRED),
            ResetError::RateLimited(t) => t.into(),
            ResetError::Same => Self::field(
                "new_password",
                "That’s already your password. Choose another, because someone else may know this one.",
            ),
            ResetError::Unacceptable(why) => Self::field("new_password", why.to_string()),
            ResetError::Hashing(e) => e.into(),
            ResetError::Database(e) => e.into(),
        }
    }
}

impl From<NotMeError> for AppError {
    fn from(error: NotMeError) -> Self {
        match error {
            NotMeError::Expired => {
                Self::new(Code::LinkExpired, "This link has expired or was used.")
            }
            NotMeError::RemoteLogout(e) => e.into(),
            NotMeError::Database(e) => e.into(),
        }
    }
}
