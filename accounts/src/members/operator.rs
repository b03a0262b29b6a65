//! What the operator does to a user on the command line, which knows no session: the same rules, the same locks.

use super::{
    Disabled, MemberError,
    act::may_give,
    disable::{disable_locked, enable_locked},
    role::change_role_locked,
};
use crate::{
    audit::Actor,
    ids::UserId,
    operation::{LockedUser, Operation},
    roles::Role,
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

async fn lock(op: &mut Operation, user: &UserId) -> Result<LockedUser, MemberError> {
    let account = account_of(op, user).await?;
    op.lock_account(&account.ok_or(MemberError::NotFound)?)
        .await?;
    let user = op.lock_user(user).await?;
    user.filter(|user| user.removed_at.is_none())
        .ok_or(MemberError::NotFound)
}
