//! Confirming an invitation that waits since everything of its user's has ended.

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    execute,
    ids::AccountId,
    live::owes_second_factor,
    members::{MemberError, act::may_give, begin},
    on,
    operation::Operation,
    permissions::Permission,
    roles::Role,
    signed_in::SignedIn,
    time::UnixMillis,
};

/// Confirms an invitation that waits, by the user who created it or an owner: it opens what it did before. It is worth
/// no more than what both of them may give now: an owner who has become an admin does not revive an owner's invitation,
/// and a member who owes a second factor gives nothing.
///
/// # Errors
/// See [`MemberError`]; nothing has changed then.
pub async fn confirm(
    op: &mut Operation,
    who: &SignedIn,
    invitation: &str,
) -> Result<(), MemberError> {
    let now = op.now;
    let me = begin(op, who, Permission::ConfirmInvitation).await?;
    let mine_or_owner = me.role == Role::Owner;
    let Some(waiting) = waiting(op, &me.account_id, invitation).await? else {
        return Err(MemberError::NotFound);
    };
    may_give(waiting.role, me.role, me.plan)?;
    if !waiting.maker_role.manages() || waiting.maker_disabled_at.is_some() {
        return Err(MemberError::NotFound);
    }
    may_give(waiting.role, waiting.maker_role, me.plan)?;
    if waiting.maker_owes_second_factor {
        return Err(MemberError::NotAllowed(
            "The member who created this invitation has to set up two-factor authentication first.",
        ));
    }
    let confirmed = execute!(
        op,
        "update invitations set waits_since = null
         where id = $1 and account_id = $2 and (created_by = $3 or $4) and waits_since is not null
           and used_at is null and revoked_at is null and expires_at > $5",
        invitation,
        &me.account_id,
        &me.id,
        mine_or_owner,
        now.at
    )?;
    if confirmed == 0 {
        return Err(MemberError::NotFound);
    }
    let event = Event::of(Action::InvitationConfirmed, Actor::User(&me.id))
        .in_account(&me.account_id)
        .with(json!({ "invitation": invitation }));
    op.record(event);
    Ok(())
}

/// An invitation that waits, and who created it, as both are now. Read under the account's lock, which a change of role
/// takes as well.
#[derive(FromRow)]
struct Waiting {
    role: Role,
    maker_role: Role,
    maker_disabled_at: Option<UnixMillis>,
    maker_owes_second_factor: bool,
}

async fn waiting(
    op: &mut Operation,
    account: &AccountId,
    invitation: &str,
) -> Result<Option<Waiting>, sqlx::Error> {
    on!(op, c => sqlx::query_as(concat!(
        "select i.role, u.role as maker_role, u.disabled_at as maker_disabled_at, ",
        owes_second_factor!(), " as maker_owes_second_factor
         from invitations i join users u on u.id = i.created_by
         where i.id = $1 and i.account_id = $2 and i.waits_since is not null"))
        .bind(invitation)
        .bind(account)
        .fetch_optional(c)
        .await)
}
