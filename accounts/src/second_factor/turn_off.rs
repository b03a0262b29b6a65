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
    ids::UserId,
    operation::{LockedUser, Operation},
    sessions::{Ending, RotatedSession, end_others_and_rotate, end_together},
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
    clear(op, user).await?;
    let event = Event::of(Action::TwoFactorDisabled, Actor::User(user));
    let reason = EndReason::TwoFactorChanged;
    let rotated = end_others_and_rotate(op, &live, event, reason, None).await?;
    op.email(&live.user.email, EmailTemplate::TwoFactorOff);
    Ok(rotated)
}

/// Turns it off for a user who has lost their second factor. Everything that they are signed in with ends, because another
/// may hold it. False where it was not on. The caller has made sure that `actor` may.
pub(crate) async fn turn_off_for(
    op: &mut Operation,
    user: &LockedUser,
    actor: Actor<'_>,
) -> Result<bool, sqlx::Error> {
    if user.two_factor_since.is_none() {
        return Ok(false);
    }
    clear(op, &user.id).await?;
    let ending = Ending {
        event: Event::of(Action::TwoFactorDisabled, actor),
        reason: EndReason::TwoFactorChanged,
        keep: None,
        browser_stays_known: false,
    };
    end_together(op, user, ending).await?;
    op.email(&user.email, EmailTemplate::TwoFactorOff);
    Ok(true)
}

async fn clear(op: &mut Operation, user: &UserId) -> Result<(), sqlx::Error> {
    execute!(op, "delete from authenticators where user_id = $1", user)?;
    recovery_codes::void(op, user).await?;
    draft::remove(op, user).await?;
    set_since(op, user, None).await
}
