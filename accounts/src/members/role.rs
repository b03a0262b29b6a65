//! Another role for a member.

use serde_json::json;

use super::{
    MemberError,
    act::{begin_on, other_owners},
};
use crate::{
    audit::{Action, Actor, Event},
    execute,
    ids::UserId,
    invitations,
    operation::Operation,
    permissions::Permission,
    plans::{Feature, Plan},
    roles::Role,
    sessions::SignedIn,
};

/// Gives a member another role; the same one is no operation. It counts from their next request on. Invitations
/// of somebody who may invite no longer are taken back.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed.
pub async fn change_role(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
    role: Role,
) -> Result<(), MemberError> {
    let (me, member) = begin_on(op, who, member, Permission::ChangeRole).await?;
    may_give(role, me.role, me.plan)?;
    if member.role == role {
        return Ok(());
    }
    if member.role == Role::Owner && other_owners(op, &member).await? == 0 {
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
    let event = Event::of(Action::MemberRoleChanged, Actor::User(&me.id))
        .in_account(&me.account_id)
        .about(&member.id)
        .with(json!({ "name": member.name, "from": member.role.key(), "to": role.key() }));
    op.record(event);
    Ok(())
}

/// Whether somebody with the role `giver` may give `role` on that plan.
pub(crate) fn may_give(role: Role, giver: Role, plan: Plan) -> Result<(), MemberError> {
    if role == Role::Owner && giver != Role::Owner {
        return Err(MemberError::NotAllowed("Only an owner makes owners."));
    }
    let feature = Feature::EditorAndWatchOnly;
    if matches!(role, Role::Editor | Role::WatchOnly) && !plan.has(feature) {
        return Err(MemberError::PlanRequired(Plan::with(feature)));
    }
    Ok(())
}
