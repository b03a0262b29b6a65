//! A program presses Remote logout: for its user, or for another member of the same account when
//! its user looks after that.

use super::{Bearer, find::still_good};
use crate::{
    audit::Client,
    db::Tx,
    limits::Limits,
    members,
    plans::Plan,
    rate_limits::{self, RateLimited},
    sessions::{By, EndAllError, LogoutReceipt, Surface, end_all},
    time::{Moment, is_id},
    users::{self, Role, UserId},
};

/// Why a program's press did nothing.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    #[error("the token does not work any more")]
    Unknown,
    #[error("the token lacks the scope")]
    Scope,
    #[error("only owners and admins may")]
    Role,
    #[error("only an owner may do this to an owner")]
    OnOwner,
    /// Not there, or in another account.
    #[error("there is no such person")]
    NotFound,
    /// This token has pressed too often.
    #[error("too many remote logouts")]
    RateLimited(RateLimited),
    #[error("this needs another plan")]
    PlanRequired(Vec<Plan>),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Ends every session and remembered device of `user`, as [`end_all`] does.
///
/// # Errors
/// See [`BearerError`]; nothing has changed then.
pub async fn remote_logout(
    tx: &mut Tx,
    bearer: &Bearer,
    user: &UserId,
    from: Surface,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<LogoutReceipt, BearerError> {
    if !bearer.may(bearer.kind.ending_scope()) {
        return Err(BearerError::Scope);
    }
    if !is_id(&user.0) {
        return Err(BearerError::NotFound);
    }
    // Two users who press for each other at once take the two locks in one order.
    let mut both = [&bearer.user.id, user];
    both.sort_by(|a, b| a.0.cmp(&b.0));
    users::lock(tx, both[0]).await?;
    if both[0] != both[1] {
        users::lock(tx, both[1]).await?;
    }
    let Some(holder) = still_good(tx, bearer, now).await? else {
        return Err(BearerError::Unknown);
    };
    rate_limits::permit_remote_logout(tx, &bearer.token, limits, now)
        .await?
        .map_err(BearerError::RateLimited)?;
    if holder.id != *user {
        if !matches!(holder.role, Role::Owner | Role::Admin) {
            return Err(BearerError::Role);
        }
        let member = members::find(tx, &holder.account_id, user).await?;
        let member = member.ok_or(BearerError::NotFound)?;
        if member.role == Role::Owner && holder.role != Role::Owner {
            return Err(BearerError::OnOwner);
        }
    }
    end_all(tx, user, By::Member(&holder.id), from, client, limits, now)
        .await
        .map_err(|error| match error {
            EndAllError::PlanRequired(plans) => BearerError::PlanRequired(plans),
            EndAllError::NoSuchUser | EndAllError::AlreadyEnded => BearerError::NotFound,
            EndAllError::Database(error) => BearerError::Database(error),
        })
}
