//! Another role for a member.

use serde_json::json;

use super::{
    MemberError,
    act::{begin_on, may_give, other_owners},
};
use crate::{
    audit::{Action, Actor, Event},
    execute,
    ids::UserId,
    members::invitations,
    operation::{LockedUser, Operation},
    permissions::Permission,
    roles::Role,
    sessions::ShownEpoch,
    signed_in::SignedIn,
};

/// Gives a member another role; the same role changes nothing and records nothing. It counts from their next request
/// on. The invitations of a member who may invite no longer are revoked.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn change_role(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
    role: Role,
) -> Result<(), MemberError> {
    let shown = ShownEpoch::default();
    let (me, member) = begin_on(op, who, member, Permission::ChangeRole, shown).await?;
    may_give(role, me.role, me.plan)?;
    change_role_locked(op, &member, role, Actor::User(&me.id)).await
}

/// The same for a member who is locked. The caller has checked that the role may be given.
pub(super) async fn change_role_locked(
    op: &mut Operation,
    member: &LockedUser,
    role: Role,
    actor: Actor<'_>,
) -> Result<(), MemberError> {
    if member.role == role {
        return Ok(());
    }
    if member.role == Role::Owner && other_owners(op, member).await? == 0 {
        return Err(MemberError::LastOwner);
    }
    execute!(
        op,
        "update users set role = $2 where id = $1",
        &member.id,
        role
    )?;
    if !role.manages() {
        invitations::revoke_all_of(op, &member.id).await?;
    }
    let event = Event::of(Action::MemberRoleChanged, actor)
        .in_account(&member.account_id)
        .about(&member.id)
        .with(json!({ "name": member.name, "from": member.role.key(), "to": role.key() }));
    op.record(event);
    Ok(())
}
