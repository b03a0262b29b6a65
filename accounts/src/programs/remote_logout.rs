//! A program asks for a remote logout: of its user, or of another member of the account when its user manages
//! that.

use crate::{
    ids::{UserId, is_id},
    members,
    operation::{LockedUser, Operation},
    plans::Plan,
    rate_limits::{self, RateLimited},
    roles::Role,
    sessions::{By, EndAllError, LogoutReceipt, Surface, end_all_but},
    tokens::{Bearer, still_good},
};

/// Why a program's request did nothing.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    #[error("the token does not work any more")]
    Unknown,
    #[error("the token lacks the scope")]
    Scope,
    #[error("only owners and admins may")]
    Role,
    /// The account requires a second factor, and the holder has none: until then they end only what is their own.
    #[error("the account requires a second factor")]
    SecondFactorRequired,
    #[error("only an owner may do this to an owner")]
    OnOwner,
    /// The user does not exist, or is in another account.
    #[error("there is no such user")]
    NotFound,
    /// This token has asked too often.
    #[error("too many remote logouts, or too many sessions ended one by one")]
    RateLimited(RateLimited),
    #[error("this needs another plan")]
    PlanRequired(Vec<Plan>),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Ends every session and remembered device of `user`, as [`end_all`](crate::sessions::end_all) does. Of their own user
/// also for a holder who owes a second factor, because it is what gets an intruder out.
///
/// # Errors
/// See [`BearerError`]; nothing has changed then.
pub async fn remote_logout(
    op: &mut Operation,
    bearer: &Bearer,
    user: &UserId,
    surface: Surface,
) -> Result<LogoutReceipt, BearerError> {
    if !bearer.may(bearer.kind.ending_scope()) {
        return Err(BearerError::Scope);
    }
    if !is_id(&user.0) {
        return Err(BearerError::NotFound);
    }
    let target = lock_both(op, bearer, user).await?;
    let holder = still_good(op, bearer).await?;
    let holder = holder.ok_or(BearerError::Unknown)?;
    rate_limits::permit_remote_logout(op, &bearer.token, user)
        .await?
        .map_err(BearerError::RateLimited)?;
    if holder.id != *user {
        if holder.owes_second_factor() {
            return Err(BearerError::SecondFactorRequired);
        }
        if !holder.role.manages() {
            return Err(BearerError::Role);
        }
        let member = members::find(op, &holder.account_id, user).await?;
        let member = member.ok_or(BearerError::NotFound)?;
        if member.role == Role::Owner && holder.role != Role::Owner {
            return Err(BearerError::OnOwner);
        }
    }
    let target = target.ok_or(BearerError::NotFound)?;
    end_all_but(op, &target, By::Token(bearer), surface, None)
        .await
        .map_err(|error| match error {
            EndAllError::PlanRequired(plans) => BearerError::PlanRequired(plans),
            EndAllError::NoSuchUser | EndAllError::AlreadyEnded => BearerError::NotFound,
            EndAllError::Database(error) => BearerError::Database(error),
        })
}

/// Locks the holder and the user by their ids: two users who log each other out at once take the two locks in
/// one order.
async fn lock_both(
    op: &mut Operation,
    bearer: &Bearer,
    user: &UserId,
) -> Result<Option<LockedUser>, sqlx::Error> {
    let holder = &bearer.user.id;
    if user < holder {
        let target = op.lock_user(user).await?;
        op.lock_user(holder).await?;
        Ok(target)
    } else {
        op.lock_user(holder).await?;
        op.lock_user(user).await
    }
}
