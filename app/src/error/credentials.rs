//! What changing what you sign in with can refuse.

use accounts::{
    change_email::ChangeEmailError,
    change_password::ChangePasswordError,
    second_factor::{TwoFactorError, WrongCode},
    step_up::StepUpError,
};

use super::{
    AppError, Code,
    from_rules::CHANGED_MEANWHILE,
    way_in::{CLOCKS_DIFFER, LINK_EXPIRED},
};

impl From<StepUpError> for AppError {
    fn from(error: StepUpError) -> Self {
        match error {
            StepUpError::Wrong => Self::step_up("That’s neither your password nor a valid code."),
            StepUpError::Clock => Self::step_up(CLOCKS_DIFFER),
            StepUpError::AuthenticatorOff => Self::step_up(
                "This authenticator app was turned off: after too many wrong codes, or because the operator lost its key. Use your password.",
            ),
            StepUpError::RateLimited(t) => t.into(),
            StepUpError::Conflict => Self::session_ended(),
            StepUpError::Hashing(e) => e.into(),
            StepUpError::Sealed(e) => e.into(),
            StepUpError::Database(e) => e.into(),
        }
    }
}

impl From<TwoFactorError> for AppError {
    fn from(error: TwoFactorError) -> Self {
        match error {
            TwoFactorError::PlanRequired(plans) => Self::plan_required(&plans),
            TwoFactorError::AlreadyOn => {
                Self::new(Code::Conflict, "Two-factor authentication is already on.")
            }
            TwoFactorError::NotOn => {
                Self::new(Code::Conflict, "Two-factor authentication isn’t on.")
            }
            TwoFactorError::NoDraft => Self::new(
                Code::Conflict,
                "This took too long. Start again: these codes aren’t in use.",
            ),
            TwoFactorError::Malformed => Self::field(
                "code",
                "Enter the 6 digits that your authenticator app shows.",
            ),
            TwoFactorError::Wrong(WrongCode::Clock) => Self::field("code", CLOCKS_DIFFER),
            TwoFactorError::Wrong(_) => Self::field(
                "code",
                "That code isn’t right. Check that the app has this key, and try the next code.",
            ),
            TwoFactorError::RateLimited(t) => t.into(),
            TwoFactorError::Conflict => Self::new(Code::Conflict, CHANGED_MEANWHILE),
            TwoFactorError::Sealed(e) => e.into(),
            TwoFactorError::Database(e) => e.into(),
        }
    }
}

impl From<ChangeEmailError> for AppError {
    fn from(error: ChangeEmailError) -> Self {
        match error {
            ChangeEmailError::Email(why) => Self::field("email", why),
            ChangeEmailError::RateLimited(t) => t.into(),
            ChangeEmailError::Expired => Self::new(Code::LinkExpired, LINK_EXPIRED),
            ChangeEmailError::SecondFactorRequired => Self::second_factor_required(),
            ChangeEmailError::Taken => Self::new(
                Code::Conflict,
                "Another user has this address now. Yours hasn’t changed.",
            ),
            ChangeEmailError::Conflict => Self::new(Code::Conflict, CHANGED_MEANWHILE),
            ChangeEmailError::Database(e) => e.into(),
        }
    }
}

impl From<ChangePasswordError> for AppError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WrongCurrent => {
                Self::field("current_password", "That’s not your current password.")
            }
            ChangePasswordError::Unacceptable(why) => Self::field("new_password", why.to_string()),
            ChangePasswordError::Same => Self::field(
                "new_password",
                "That’s already your password. Choose another.",
            ),
            ChangePasswordError::RateLimited(t) => t.into(),
            ChangePasswordError::Conflict => Self::new(
                Code::Conflict,
                "Your sessions changed in the meantime. Your password hasn’t changed.",
            ),
            ChangePasswordError::Hashing(e) => e.into(),
            ChangePasswordError::Database(e) => e.into(),
        }
    }
}
