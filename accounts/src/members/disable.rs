//! Disabling a member and enabling them again.

use serde_json::{Value, json};

use super::{
    MemberError, Standing,
    act::{begin_on, lock_account, other_owners, standing},
};
use crate::{
    audit::{self, Action, Actor, Client, Event, Recorded},
    db::Tx,
    invites,
    limits::Limits,
    on,
    sessions::{self, EndReason, SignedIn},
    time::Moment,
    tokens::{self, Kind},
    users::{self, UserId},
};

/// What ended with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disabled {
    pub sessions: i64,
    pub remembered_devices: i64,
    pub tokens: i64,
}

/// Disables a member: sessions, remembered devices, tokens and their open invitations end at once, and they
/// cannot sign in. Disabled already is no operation.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed.
pub async fn disable(
    tx: &mut Tx,
    who: &SignedIn,
    member: &UserId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Disabled, MemberError> {
    let address = "/api/fn/disable_member";
    let (me, member) = begin_on(tx, who, member, address, limits, now).await?;
    if member.id == me.id {
        return Err(MemberError::NotAllowed("You cannot disable yourself."));
    }
    disable_locked(tx, &member, Actor::User(&me.id), client, limits, now).await
}

/// The same from the command line.
///
/// # Errors
/// As [`disable`].
pub async fn disable_by_operator(
    tx: &mut Tx,
    member: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<Disabled, MemberError> {
    let found = standing(tx, member).await?.ok_or(MemberError::NotFound)?;
    lock_account(tx, &found.account_id).await?;
    users::lock(tx, member).await?;
    let member = standing(tx, member).await?.ok_or(MemberError::NotFound)?;
    let client = Client::default();
    disable_locked(tx, &member, Actor::Operator, &client, limits, now).await
}

async fn disable_locked(
    tx: &mut Tx,
    member: &Standing,
    actor: Actor<'_>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Disabled, MemberError> {
    if member.disabled_at.is_some() {
        return Ok(Disabled::default());
    }
    if member.role == users::Role::Owner && other_owners(tx, member).await? == 0 {
        return Err(MemberError::LastOwner);
    }
    on!(tx, c => sqlx::query("update users set disabled_at = $2 where id = $1")
        .bind(&member.id)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    let details = json!({ "name": member.name });
    let event = Event::of(Action::MemberDisabled, actor, client);
    let (ended, _) =
        end_everything(tx, member, event, details, EndReason::Disabled, limits, now).await?;
    Ok(ended)
}

/// Ends all that a user has: sessions, remembered devices, what was half made, tokens, invitations. Adds
/// the counts to the details and records the event.
pub(super) async fn end_everything(
    tx: &mut Tx,
    member: &Standing,
    event: Event<'_>,
    mut details: Value,
    end_reason: EndReason,
    limits: &Limits,
    now: Moment,
) -> Result<(Disabled, Recorded), sqlx::Error> {
    let user = &member.id;
    sessions::end_expired(tx, user, limits, now).await?;
    let open = sessions::count_open(tx, user, limits, now).await?;
    sessions::raise_epoch(tx, user).await?;
    let mut tokens = tokens::revoke_all(tx, user, Kind::Api, now).await?;
    tokens.extend(tokens::revoke_all(tx, user, Kind::Mcp, now).await?);
    invites::revoke_all_of(tx, user, now).await?;
    let ended = Disabled {
        sessions: open.sessions,
        remembered_devices: open.remembered_devices,
        tokens: i64::try_from(tokens.len()).unwrap_or(i64::MAX),
    };
    details["sessions"] = ended.sessions.into();
    details["remembered_devices"] = ended.remembered_devices.into();
    details["tokens"] = ended.tokens.into();
    let event = event
        .in_account(&member.account_id)
        .about(user)
        .with(details);
    let event = audit::record(tx, event, now).await?;
    sessions::end_rows(tx, user, end_reason, &event.id, None, now).await?;
    Ok((ended, event))
}

/// Lets a member sign in again. What ended stays ended. Not disabled is no operation.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed.
pub async fn enable(
    tx: &mut Tx,
    who: &SignedIn,
    member: &UserId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), MemberError> {
    let address = "/api/fn/enable_member";
    let (me, member) = begin_on(tx, who, member, address, limits, now).await?;
    if member.disabled_at.is_none() {
        return Ok(());
    }
    on!(tx, c => sqlx::query("update users set disabled_at = null where id = $1")
        .bind(&member.id)
        .execute(c)
        .await
        .map(|_| ()))?;
    let event = Event::of(Action::MemberEnabled, Actor::User(&me.id), client)
        .in_account(&me.account_id)
        .about(&member.id)
        .with(json!({ "name": member.name }));
    audit::record(tx, event, now).await?;
    Ok(())
}
