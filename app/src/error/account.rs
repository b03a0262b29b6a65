//! What operations in an account, with its members and with tokens can refuse.

use accounts::{
    account::AccountError,
    invitations::InviteError,
    members::MemberError,
    sessions::EndAllError,
    tokens::{CreateError, MOST, RevokeError},
};

use super::{AppError, Code, from_rules::database};

impl From<EndAllError> for AppError {
    fn from(error: EndAllError) -> Self {
        match error {
            EndAllError::PlanRequired(plans) => Self::plan_required(&plans),
            EndAllError::AlreadyEnded | EndAllError::NoSuchUser => Self::not_signed_in(),
            EndAllError::Database(e) => database(&e),
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
            MemberError::Database(e) => database(&e),
        }
    }
}

impl From<InviteError> for AppError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Email(why) => Self::field("email", why),
            InviteError::RateLimited(rate_limited) => Self::rate_limited(rate_limited),
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

impl From<CreateError> for AppError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Name(why) => Self::field("name", why),
            CreateError::Lasts => Self::field("expires", "Choose one of the times."),
            CreateError::PlanRequired(plans) => Self::plan_required(&plans),
            CreateError::WatchOnly => {
                Self::new(Code::Forbidden, "Watch-only members have no tokens.")
            }
            CreateError::RateLimited => Self::new(
                Code::LimitReached,
                format!("You have {MOST} of them, which is the most. Revoke one first."),
            ),
            CreateError::AlreadyEnded => Self::not_signed_in(),
            CreateError::Database(e) => database(&e),
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
            RevokeError::Database(e) => database(&e),
        }
    }
}
