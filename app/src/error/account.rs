//! What operations in an account, with its members and with tokens can refuse.

use accounts::{
    account::AccountError,
    invitations::InviteError,
    members::{MemberError, RequireError},
    sessions::{EndAllError, ShownError},
    tokens::{CreateError, MOST, RevokeError},
};

use super::{AppError, Code, from_rules::STALE};

impl From<EndAllError> for AppError {
    fn from(error: EndAllError) -> Self {
        match error {
            EndAllError::PlanRequired(plans) => Self::plan_required(&plans),
            EndAllError::AlreadyEnded | EndAllError::NoSuchUser => Self::session_ended(),
            EndAllError::Database(e) => e.into(),
        }
    }
}

impl From<ShownError> for AppError {
    fn from(error: ShownError) -> Self {
        match error {
            ShownError::Stale => Self::new(Code::Conflict, STALE),
            ShownError::Database(e) => e.into(),
        }
    }
}

impl From<MemberError> for AppError {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Ended => Self::session_ended(),
            MemberError::Stale => Self::new(Code::Conflict, STALE),
            MemberError::NotFound => Self::new(
                Code::NotFound,
                "This doesn’t exist any more. Another user may have changed it first.",
            ),
            MemberError::NotAllowed(why) => Self::new(Code::Forbidden, why),
            MemberError::PlanRequired(plans) => Self::plan_required(&plans),
            MemberError::SecondFactorRequired => Self::second_factor_required(),
            MemberError::LastOwner => Self::new(
                Code::LastOwner,
                "An account needs at least one owner. Make another member an owner first.",
            ),
            MemberError::NotConfirmed => {
                Self::field("confirmation", "Type your email address exactly as shown.")
            }
            MemberError::Database(e) => e.into(),
        }
    }
}

impl From<InviteError> for AppError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Email(why) => Self::field("email", why),
            InviteError::RateLimited(rate_limited) => rate_limited.into(),
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

impl From<RequireError> for AppError {
    fn from(error: RequireError) -> Self {
        match error {
            RequireError::YoursFirst => Self::field(
                "required",
                "Set up two-factor authentication for yourself first: without it you’d lock yourself out.",
            ),
            RequireError::Refused(why) => why.into(),
        }
    }
}

impl From<CreateError> for AppError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Name(why) => Self::field("name", why),
            CreateError::Lasts => Self::field("expires", "Choose one of the options."),
            CreateError::PlanRequired(plans) => Self::plan_required(&plans),
            CreateError::WatchOnly => {
                Self::new(Code::Forbidden, "Watch-only members can’t have tokens.")
            }
            CreateError::LimitReached => Self::new(
                Code::LimitReached,
                format!("You already have {MOST}, which is the limit. Revoke one first."),
            ),
            CreateError::AlreadyEnded => Self::session_ended(),
            CreateError::Database(e) => e.into(),
        }
    }
}

impl From<RevokeError> for AppError {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::NotFound => Self::new(
                Code::NotFound,
                "There’s no such token. It may have been revoked already.",
            ),
            RevokeError::AlreadyEnded => Self::session_ended(),
            RevokeError::Database(e) => e.into(),
        }
    }
}
