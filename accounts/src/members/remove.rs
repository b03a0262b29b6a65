//! Removing a member.

use serde_json::{Value, json};

use super::{Disabled, MemberError, act::begin_on, disable::end_everything};
use crate::{
    audit::{Action, Actor, Event},
    end_reason::EndReason,
    execute,
    ids::UserId,
    operation::{LockedUser, Operation},
    permissions::Permission,
    sessions::ShownEpoch,
    signed_in::SignedIn,
};

/// Removes a member for good: all they have ends, and another user may take their email. The row stays with their
/// name, so that the audit log can still say who did what.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn remove(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
    shown: ShownEpoch,
) -> Result<Disabled, MemberError> {
    let (me, member) = begin_on(op, who, member, Permission::RemoveMember, shown).await?;
    if member.id == me.id {
        return Err(MemberError::NotAllowed(
            "You cannot remove yourself here. Delete your account on your profile.",
        ));
    }
    let details = json!({ "name": member.name, "email": member.email, "role": member.role.key() });
    let actor = Actor::User(&me.id);
    remove_locked(op, &member, actor, details).await
}

/// The caller holds the locks, and has checked that an owner stays.
pub(super) async fn remove_locked(
    op: &mut Operation,
    member: &LockedUser,
    actor: Actor<'_>,
    details: Value,
) -> Result<Disabled, MemberError> {
    let now = op.now;
    // Ended and counted first, because a removed user has nothing that is live.
    let event = Event::of(Action::MemberRemoved, actor).with(details);
    let ended = end_everything(op, member, event, EndReason::Removed).await?;
    // A text without an @ is no user's email, so no user signs in with it and no email is sent to it.
    let placeholder = format!("removed:{}", member.id.0);
    execute!(
        op,
        "update users set email = $2, username = null, password_hash = '', two_factor_since = null,
                          disabled_at = coalesce(disabled_at, $3), removed_at = $3 where id = $1",
        &member.id,
        placeholder,
        now.at
    )?;
    for sql in [
        "delete from known_devices where user_id = $1",
        "delete from authenticators where user_id = $1",
        "delete from recovery_codes where user_id = $1",
        "delete from two_factor_drafts where user_id = $1",
        "delete from email_links where user_id = $1",
    ] {
        execute!(op, sql, &member.id)?;
    }
    Ok(ended)
}
