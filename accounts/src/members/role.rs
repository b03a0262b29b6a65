//! Another role for a member.

use serde_json::json;

use super::{
    MemberError,
    act::{begin_on, other_owners},
};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    invites,
    limits::Limits,
    on,
    plans::{Feature, Plan},
    sessions::SignedIn,
    time::Moment,
    users::{Role, UserId},
};

/// Gives a member another role; the same one is no operation. It counts from their next request on. Invitations
/// of somebody who may invite no longer are taken back.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed.
pub async fn change_role(
    tx: &mut Tx,
    who: &SignedIn,
    member: &UserId,
    role: Role,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), MemberError> {
    let address = "/api/fn/change_role";
    let (me, member) = begin_on(tx, who, member, address, limits, now).await?;
    may_give(role, me.role, me.plan)?;
    if member.role == role {
        return Ok(());
    }
    if member.role == Role::Owner && other_owners(tx, &member).await? == 0 {
        return Err(MemberError::LastOwner);
    }
    on!(tx, c => sqlx::query("update users set role = $2 where id = $1")
        .bind(&member.id)
        .bind(role)
        .execute(c)
        .await
        .map(|_| ()))?;
    if !role.manages() {
        invites::revoke_all_of(tx, &member.id, now).await?;
    }
    let event = Event::of(Action::MemberRoleChanged, Actor::User(&me.id), client)
        .in_account(&me.account_id)
        .about(&member.id)
        .with(json!({ "name": member.name, "from": member.role.key(), "to": role.key() }));
    audit::record(tx, event, now).await?;
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
