//! The users of an account, and what its owners and admins do to them.
//!
//! Every operation locks the account first, then the users in the order of their ids, and checks the role, the plan
//! and the session of the user who asks under those locks: they may have changed since the request was authenticated.

mod act;
mod disable;
pub mod invitations;
mod leave;
mod list;
mod operator;
mod remote_logout;
mod remove;
mod reset_two_factor;
mod role;
mod second_factor;

pub(crate) use act::begin;
pub use disable::{Disabled, disable, enable};
pub use leave::{Left, leave};
pub use list::{
    Listed, StoredAccount, Uses, accounts, count, everyone, find, list, page, users, uses,
};
pub use operator::{
    change_role_by_operator, disable_by_operator, disable_two_factor_by_operator,
    enable_by_operator, reset_link_by_operator, unlock_by_operator,
};
pub use remote_logout::{
    Everyone, count_everyone, remote_logout_everyone, remote_logout_everyone_by_operator,
    remote_logout_member,
};
pub use remove::remove;
pub use reset_two_factor::reset_two_factor;
pub use role::change_role;
pub use second_factor::{
    RequireError, SecondFactorRule, require_second_factor, second_factor_rule,
};

use crate::{permissions::Refusal, plans::Plan, sessions::EndAllError};

/// Why nothing was done to a member.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// The session of the user who asked has ended.
    #[error("this session has ended already")]
    Ended,
    /// It does not exist, or is of another account: the same answer.
    #[error("there is no such member")]
    NotFound,
    /// One plain sentence.
    #[error("{0}")]
    NotAllowed(&'static str),
    #[error("this needs the plan {}", .0.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "))]
    PlanRequired(Vec<Plan>),
    /// The account requires a second factor, and the user who asked has none.
    #[error("the account requires a second factor")]
    SecondFactorRequired,
    #[error("an account has at least one owner")]
    LastOwner,
    /// The member's sessions changed after the form was drawn.
    #[error("what the form was drawn with is no longer so")]
    Stale,
    /// What the user typed to confirm is not what they were asked for.
    #[error("not confirmed")]
    NotConfirmed,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

impl From<Refusal> for MemberError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SecondFactorRequired => Self::SecondFactorRequired,
            Refusal::NotAllowed(_) => Self::NotAllowed("Your role does not allow this."),
            Refusal::PlanRequired(plans) => Self::PlanRequired(plans),
        }
    }
}

impl From<EndAllError> for MemberError {
    fn from(error: EndAllError) -> Self {
        match error {
            EndAllError::PlanRequired(plans) => Self::PlanRequired(plans),
            EndAllError::AlreadyEnded => Self::Ended,
            EndAllError::NoSuchUser => Self::NotFound,
            EndAllError::Database(e) => Self::Database(e),
        }
    }
}
