//! Turning two-factor authentication off: the secret is cleared, the codes are void.

use super::{
    TwoFactorError,
    draft::{self, lock},
    recovery_codes,
    turn_on::set_since,
};
use crate::{
    audit::{Action, Actor, Client, Event},
    db::Tx,
    emails::{self, Email, EmailTemplate},
    limits::Limits,
    on,
    sessions::{self, EndReason, RotatedSession, SignedIn},
    time::Moment,
};

/// Turns it off, on any plan. Every other session ends, and all remembered devices. The caller has
/// seen to it that the user has confirmed who they are (step-up).
///
/// # Errors
/// See [`TwoFactorError`]; whatever it is, it is as it was.
pub async fn turn_off(
    tx: &mut Tx,
    limits: &Limits,
    who: &SignedIn,
    client: &Client,
    now: Moment,
) -> Result<RotatedSession, TwoFactorError> {
    let user = &who.user.id;
    let locked = lock(tx, who, limits, now).await?;
    if locked.two_factor_since.is_none() {
        return Err(TwoFactorError::NotOn);
    }
    on!(tx, c => sqlx::query("delete from authenticators where user_id = $1")
        .bind(user)
        .execute(c)
        .await
        .map(|_| ()))?;
    recovery_codes::void(tx, user).await?;
    draft::remove(tx, user).await?;
    set_since(tx, user, None).await?;
    let event = Event::of(Action::TwoFactorDisabled, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user);
    let alone = sessions::end_others_and_rotate(
        tx,
        (user, &locked),
        &who.session,
        EndReason::TwoFactorChanged,
        event,
        None,
        limits,
        now,
    )
    .await?;
    emails::enqueue(
        tx,
        &locked.email,
        &Email::new(EmailTemplate::TwoFactorOff, client),
        now,
    )
    .await?;
    Ok(alone)
}
