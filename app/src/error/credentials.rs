//! What changing what one signs in with can refuse.

use accounts::{
    change_email::ChangeEmailError, change_password::ChangePasswordError,
    second_factor::TwoFactorError, step_up::StepUpError,
};

use super::{
    AppError, Code,
    from_rules::{CHANGED_MEANWHILE, hashing, sealed, store},
    way_in::OVER,
};

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
            TwoFactorError::NotOn => Self::new(Code::Raced, "Two-factor authentication is not on."),
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
            ChangePasswordError::Unacceptable(why) => Self::field("new_password", why.to_string()),
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
