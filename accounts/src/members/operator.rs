//! What the operator does to a user on the command line, which knows no session: the same rules, the same locks.

use super::{
    Disabled, MemberError,
    act::may_give,
    disable::{disable_locked, enable_locked},
    role::change_role_locked,
};
use crate::{
    audit::{Action, Actor, Event},
    email_links::{self, About, Purpose},
    ids::UserId,
    operation::{LockedUser, Operation},
    rate_limits,
    roles::Role,
    second_factor::turn_off_for,
    secret::Token,
    time::UnixMillis,
    users::account_of,
};

/// Disables a user. `also_last_owner`: only the operator can enable the last owner of an account again, so it has to be
/// asked for.
///
/// # Errors
/// As [`super::disable`].
pub async fn disable_by_operator(
    op: &mut Operation,
    user: &UserId,
    also_last_owner: bool,
) -> Result<Disabled, MemberError> {
    let user = lock(op, user).await?;
    disable_locked(op, &user, Actor::Operator, also_last_owner).await
}

/// Lets a user sign in again. False when they were not disabled.
///
/// # Errors
/// As [`super::enable`].
pub async fn enable_by_operator(op: &mut Operation, user: &UserId) -> Result<bool, MemberError> {
    let user = lock(op, user).await?;
    enable_locked(op, &user, Actor::Operator).await
}

/// Gives a user another role in their account. Returns the role they had.
///
/// # Errors
/// As [`super::change_role`].
pub async fn change_role_by_operator(
    op: &mut Operation,
    user: &UserId,
    role: Role,
) -> Result<Role, MemberError> {
    let user = lock(op, user).await?;
    may_give(role, Role::Owner, user.plan)?;
    change_role_locked(op, &user, role, Actor::Operator).await?;
    Ok(user.role)
}

/// Turns two-factor authentication off for a user who has lost it. False where it was not on.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn disable_two_factor_by_operator(
    op: &mut Operation,
    user: &UserId,
) -> Result<bool, MemberError> {
    let user = lock(op, user).await?;
    Ok(turn_off_for(op, &user, Actor::Operator).await?)
}

/// A one-time link with which a user chooses a new password, for the operator to hand over where no email arrives.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn reset_link_by_operator(
    op: &mut Operation,
    user: &UserId,
) -> Result<(Token, UnixMillis), MemberError> {
    let user = lock(op, user).await?;
    let about = About::default();
    let link = email_links::issue(op, Purpose::ResetPassword, Some(&user), about).await?;
    let event = Event::of(Action::PasswordResetRequested, Actor::Operator);
    op.record(event.in_account(&user.account_id).about(&user.id));
    Ok(link)
}

/// Forgets the failures that keep a user from signing in. Returns how many counts that were.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn unlock_by_operator(op: &mut Operation, user: &UserId) -> Result<u64, MemberError> {
    let user = lock(op, user).await?;
    let counts = rate_limits::forget_failures_of(op, &user).await?;
    let event = Event::of(Action::UserUnlocked, Actor::Operator);
    op.record(event.in_account(&user.account_id).about(&user.id));
    Ok(counts)
}

async fn lock(op: &mut Operation, user: &UserId) -> Result<LockedUser, MemberError> {
    let account = account_of(op, user).await?;
    op.lock_account(&account.ok_or(MemberError::NotFound)?)
        .await?;
    let user = op.lock_user(user).await?;
    user.filter(|user| user.removed_at.is_none())
        .ok_or(MemberError::NotFound)
}
