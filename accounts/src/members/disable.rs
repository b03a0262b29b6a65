//! Disabling a member and enabling them again.

use serde_json::json;

use super::{
    MemberError,
    act::{begin_on, other_owners},
};
use crate::{
    audit::{Action, Actor, Event},
    end_reason::EndReason,
    execute,
    ids::{EventId, UserId},
    members::invitations,
    operation::{LockedUser, Operation},
    permissions::Permission,
    roles::Role,
    sessions::{Ending, ShownEpoch, end_together},
    signed_in::SignedIn,
    tokens::{self, Kind},
};

/// What ended when a member was disabled or removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Disabled {
    pub sessions: i64,
    pub remembered_devices: i64,
    pub tokens: i64,
    /// The event of it; none when nothing changed.
    pub event: Option<EventId>,
}

/// Disables a member: sessions, remembered devices, tokens and their open invitations end at once, and they
/// cannot sign in. For a member who is disabled already nothing changes and nothing is recorded.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn disable(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
    shown: ShownEpoch,
) -> Result<Disabled, MemberError> {
    let (me, member) = begin_on(op, who, member, Permission::DisableMember, shown).await?;
    if member.id == me.id {
        return Err(MemberError::NotAllowed("You cannot disable yourself."));
    }
    disable_locked(op, &member, Actor::User(&me.id), false).await
}

/// The same for a member who is locked. `also_last_owner`: even where it leaves the account without an owner who can sign
/// in.
pub(super) async fn disable_locked(
    op: &mut Operation,
    member: &LockedUser,
    actor: Actor<'_>,
    also_last_owner: bool,
) -> Result<Disabled, MemberError> {
    let now = op.now;
    if member.disabled_at.is_some() {
        return Ok(Disabled::default());
    }
    let owner = member.role == Role::Owner;
    if owner && !also_last_owner && other_owners(op, member).await? == 0 {
        return Err(MemberError::LastOwner);
    }
    // Ended and counted first, because a disabled user has nothing that is live.
    let details = json!({ "name": member.name });
    let event = Event::of(Action::MemberDisabled, actor).with(details);
    let ended = end_everything(op, member, event, EndReason::Disabled).await?;
    execute!(
        op,
        "update users set disabled_at = $2 where id = $1",
        &member.id,
        now.at
    )?;
    Ok(ended)
}

/// Ends all that a user has: sessions, remembered devices, pending sign-ins and drafts, tokens, invitations. Records
/// the event with the counts.
pub(super) async fn end_everything(
    op: &mut Operation,
    member: &LockedUser,
    event: Event<'_>,
    reason: EndReason,
) -> Result<Disabled, sqlx::Error> {
    let mut tokens = tokens::revoke_all(op, member, Kind::Api).await?;
    tokens.extend(tokens::revoke_all(op, member, Kind::Mcp).await?);
    invitations::revoke_all_of(op, &member.id).await?;
    let ending = Ending {
        event: event.and(&json!({ "tokens": tokens.len() })),
        reason,
        keep: None,
        browser_stays_known: false,
    };
    let ended = end_together(op, member, ending).await?;
    Ok(Disabled {
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        tokens: i64::try_from(tokens.len()).unwrap_or(i64::MAX),
        event: Some(ended.event),
    })
}

/// Lets a member sign in again. What ended stays ended. For a member who is not disabled nothing changes and nothing
/// is recorded.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn enable(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
) -> Result<(), MemberError> {
    let shown = ShownEpoch::default();
    let (me, member) = begin_on(op, who, member, Permission::EnableMember, shown).await?;
    enable_locked(op, &member, Actor::User(&me.id)).await?;
    Ok(())
}

/// The same for a member who is locked. False when they were not disabled.
pub(super) async fn enable_locked(
    op: &mut Operation,
    member: &LockedUser,
    actor: Actor<'_>,
) -> Result<bool, MemberError> {
    if member.disabled_at.is_none() {
        return Ok(false);
    }
    execute!(
        op,
        "update users set disabled_at = null where id = $1",
        &member.id
    )?;
    let event = Event::of(Action::MemberEnabled, actor)
        .in_account(&member.account_id)
        .about(&member.id)
        .with(json!({ "name": member.name }));
    op.record(event);
    Ok(true)
}
