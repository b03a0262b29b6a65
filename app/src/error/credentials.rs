//! What changing what one signs in with can refuse.

use accounts::{
    change_email::ChangeEmailError, change_password::ChangePasswordError,
    second_factor::TwoFactorError, step_up::StepUpError,
};

use super::{
    AppError, Code,
    from_rules::{CHANGED_MEANWHILE, database, hashing, sealed},
    way_in::LINK_EXPIRED,
};

impl From<StepUpError> for AppError {
    fn from(error: StepUpError) -> Self {
        match error {
            StepUpError::Wrong => Self::step_up("This is neither your password nor a code."),
            StepUpError::AuthenticatorOff => Self::step_up(
                "Too many wrong codes: this authenticator app is off. Use your password.",
            ),
            StepUpError::RateLimited(t) => Self::rate_limited(t),
            StepUpError::Conflict => Self::new(Code::Conflict, CHANGED_MEANWHILE),
            StepUpError::Hashing(e) => hashing(&e),
            StepUpError::Sealed(e) => sealed(&e),
            StepUpError::Database(e) => database(&e),
        }
    }
}

impl From<TwoFactorError> for AppError {
    fn from(error: TwoFactorError) -> Self {
        match error {
            TwoFactorError::PlanRequired(plans) => Self::plan_required(&plans),
            TwoFactorError::AlreadyOn => {
                Self::new(Code::Conflict, "Two-factor authentication is on already.")
            }
            TwoFactorError::NotOn => {
                Self::new(Code::Conflict, "Two-factor authentication is not on.")
            }
            TwoFactorError::NoDraft => Self::new(
                Code::Conflict,
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
            TwoFactorError::RateLimited(t) => Self::rate_limited(t),
            TwoFactorError::Conflict => Self::new(Code::Conflict, CHANGED_MEANWHILE),
            TwoFactorError::Sealed(e) => sealed(&e),
            TwoFactorError::Database(e) => database(&e),
        }
    }
}

impl From<ChangeEmailError> for AppError {
    fn from(error: ChangeEmailError) -> Self {
        match error {
            ChangeEmailError::Email(why) => Self::field("email", why),
            ChangeEmailError::RateLimited(t) => Self::rate_limited(t),
            ChangeEmailError::Expired => Self::new(Code::LinkExpired, LINK_EXPIRED),
            ChangeEmailError::Taken => Self::new(
                Code::Conflict,
                "Somebody else uses this address now. Yours is as it was.",
            ),
            ChangeEmailError::Conflict => Self::new(Code::Conflict, CHANGED_MEANWHILE),
            ChangeEmailError::Database(e) => database(&e),
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
            ChangePasswordError::RateLimited(t) => Self::rate_limited(t),
            ChangePasswordError::Conflict => Self::new(
                Code::Conflict,
                "Your sessions changed in the meantime. Your password is as it was.",
            ),
            ChangePasswordError::Hashing(e) => hashing(&e),
            ChangePasswordError::Database(e) => database(&e),
        }
    }
}
