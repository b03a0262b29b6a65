//! A program presses Remote logout: for its person, or for another member of the same account when
//! its person looks after that.

use super::{Bearer, find::still_good};
use crate::{
    attempts::{self, TooMany},
    audit::Client,
    db::Tx,
    limits::Limits,
    members,
    plans::Plan,
    sessions::{By, EndAll, EndAllError, FromWhere, end_all},
    time::{Moment, is_id},
    users::{self, Role, UserId},
};

/// Why a program's press did nothing.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
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
    TooMany(TooMany),
    #[error("this needs another plan")]
    PlanRequired(Vec<Plan>),
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

/// Ends every session and remembered device of `user`, as [`end_all`] does.
///
/// # Errors
/// See [`PressError`]; nothing has changed then.
pub async fn press(
    tx: &mut Tx,
    bearer: &Bearer,
    user: &UserId,
    from: FromWhere,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<EndAll, PressError> {
    if !bearer.may(bearer.kind.ending_scope()) {
        return Err(PressError::Scope);
    }
    if !is_id(&user.0) {
        return Err(PressError::NotFound);
    }
    // Two people who press for each other at once take the two locks in one order.
    let mut both = [&bearer.user.id, user];
    both.sort_by(|a, b| a.0.cmp(&b.0));
    users::lock(tx, both[0]).await?;
    if both[0] != both[1] {
        users::lock(tx, both[1]).await?;
    }
    let Some(holder) = still_good(tx, bearer, now).await? else {
        return Err(PressError::Unknown);
    };
    attempts::claim_press(tx, &bearer.token, limits, now)
        .await?
        .map_err(PressError::TooMany)?;
    if holder.id != *user {
        if !matches!(holder.role, Role::Owner | Role::Admin) {
            return Err(PressError::Role);
        }
        let member = members::find(tx, &holder.account_id, user).await?;
        let member = member.ok_or(PressError::NotFound)?;
        if member.role == Role::Owner && holder.role != Role::Owner {
            return Err(PressError::OnOwner);
        }
    }
    end_all(tx, user, By::Member(&holder.id), from, client, limits, now)
        .await
        .map_err(|error| match error {
            EndAllError::PlanRequired(plans) => PressError::PlanRequired(plans),
            EndAllError::NoSuchUser | EndAllError::AlreadyEnded => PressError::NotFound,
            EndAllError::Store(error) => PressError::Store(error),
        })
}
