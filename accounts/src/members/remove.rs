//! Removing a member.

use serde_json::{Value, json};

use super::{Disabled, MemberError, Standing, act::begin_on, disable::end_everything};
use crate::{
    audit::{Action, Actor, Client, Event},
    db::Tx,
    limits::Limits,
    on,
    sessions::{EndReason, SignedIn},
    time::Moment,
    users::UserId,
};

/// Removes a member for good: all they have ends, and their email is free for somebody else. The row stays
/// with their name, so that the audit log can still say who did what.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed.
pub async fn remove(
    tx: &mut Tx,
    who: &SignedIn,
    member: &UserId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Disabled, MemberError> {
    let address = "/api/fn/remove_member";
    let (me, member) = begin_on(tx, who, member, address, limits, now).await?;
    if member.id == me.id {
        return Err(MemberError::NotAllowed(
            "You cannot remove yourself here. Delete your account on your profile.",
        ));
    }
    let details = json!({ "name": member.name, "email": member.email, "role": member.role.key() });
    let actor = Actor::User(&me.id);
    remove_locked(tx, &member, actor, details, client, limits, now).await
}

/// The caller holds the locks, and has seen to it that an owner stays.
pub(super) async fn remove_locked(
    tx: &mut Tx,
    member: &Standing,
    actor: Actor<'_>,
    details: Value,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Disabled, MemberError> {
    // What has no @ is nobody's email, so nobody signs in with it and nothing is mailed there.
    let nobody = format!("removed:{}", member.id.0);
    on!(tx, c => sqlx::query(
        "update users set email = $2, username = null, password_hash = '', two_factor_since = null,
                          disabled_at = coalesce(disabled_at, $3), removed_at = $3 where id = $1")
        .bind(&member.id)
        .bind(nobody)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    for sql in [
        "delete from known_devices where user_id = $1",
        "delete from authenticators where user_id = $1",
        "delete from recovery_codes where user_id = $1",
        "delete from two_factor_drafts where user_id = $1",
        "delete from email_links where user_id = $1",
    ] {
        on!(tx, c => sqlx::query(sql).bind(&member.id).execute(c).await.map(|_| ()))?;
    }
    let event = Event::of(Action::MemberRemoved, actor, client);
    let (ended, _) =
        end_everything(tx, member, event, details, EndReason::Removed, limits, now).await?;
    Ok(ended)
}
