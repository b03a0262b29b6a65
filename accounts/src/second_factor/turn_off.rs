//! Turning two-factor authentication off: the secret is cleared, the codes are void.

use super::{
    TwoFactorError,
    draft::{self, lock},
    recovery_codes,
    turn_on::set_since,
};
use crate::{
    audit::{Action, Actor, Event},
    emails::EmailTemplate,
    end_reason::EndReason,
    execute,
    operation::Operation,
    sessions::{RotatedSession, end_others_and_rotate},
    signed_in::SignedIn,
};

/// Turns it off, on any plan. Every other session ends, and all remembered devices. The caller has
/// checked that the user has passed step-up.
///
/// # Errors
/// See [`TwoFactorError`]; in each case nothing has changed.
pub async fn turn_off(
    op: &mut Operation,
    who: &SignedIn,
) -> Result<RotatedSession, TwoFactorError> {
    let user = &who.user.id;
    let live = lock(op, who).await?;
    if live.user.two_factor_since.is_none() {
        return Err(TwoFactorError::NotOn);
    }
    execute!(op, "delete from authenticators where user_id = $1", user)?;
    recovery_codes::void(op, user).await?;
    draft::remove(op, user).await?;
    set_since(op, user, None).await?;
    let event = Event::of(Action::TwoFactorDisabled, Actor::User(user));
    let reason = EndReason::TwoFactorChanged;
    let rotated = end_others_and_rotate(op, &live, event, reason, None).await?;
    op.email(&live.user.email, EmailTemplate::TwoFactorOff);
    Ok(rotated)
}
