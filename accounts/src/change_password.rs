//! Changing the password from Profile → Password. Every other session ends, and all remembered devices.

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    emails::EmailTemplate,
    end_reason::EndReason,
    execute,
    instance::Instance,
    operation::{LockedUser, Operation},
    passwords::{HashingFailed, Unacceptable, Verdict},
    rate_limits::{self, RateLimited},
    secret::Secret,
    sessions::{RotatedSession, end_others_and_rotate},
    signed_in::SignedIn,
    time::Moment,
};

/// The password in force, as typed, and the one that takes its place.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChange<'a> {
    pub current: &'a Secret,
    pub new: &'a Secret,
}

/// Why the password has not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    #[error("the current password is wrong")]
    WrongCurrent,
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    #[error("the new password is the current one")]
    Same,
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// A remote logout or another change came first; this session may have ended.
    #[error("conflict")]
    Conflict,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Changes the password of the user signed in.
///
/// # Errors
/// See [`ChangePasswordError`]; in each case the password has not changed and no session has ended.
pub async fn change_password(
    instance: &Instance,
    client: &Client,
    now: Moment,
    who: &SignedIn,
    change: PasswordChange<'_>,
) -> Result<RotatedSession, ChangePasswordError> {
    let PasswordChange { current, new } = change;
    let user = &who.user.id;
    let mut op = Operation::begin(instance, client, now).await?;
    // The user before the rate limit, as at a sign-in: the two would wait for each other otherwise.
    let before = op.lock_user(user).await?;
    let before = before.ok_or(ChangePasswordError::Conflict)?;
    let permit = rate_limits::permit_password(&mut op, user)
        .await?
        .map_err(ChangePasswordError::RateLimited)?;
    op.commit().await?;

    let hasher = instance.hasher.known(client);
    let verdict = match hasher.verify(current, Some(&before.password_hash)).await {
        Ok(verdict) => verdict,
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            return Err(failed.into());
        }
    };
    let mut op = Operation::begin(instance, client, now).await?;
    if verdict == Verdict::Wrong {
        op.record(
            Event::of(Action::AccessDenied, Actor::User(user))
                .in_account(&who.user.account_id)
                .about(user)
                .with(json!({ "what": "change_password", "why": "wrong_password" })),
        );
        op.commit().await?;
        return Err(ChangePasswordError::WrongCurrent);
    }
    rate_limits::clear_failures(&mut op, &permit).await?;
    op.commit().await?;
    if current.expose() == new.expose() {
        return Err(ChangePasswordError::Same);
    }
    let about = [who.user.name.as_str(), who.user.email.as_str()];
    let shortest = instance.limits.password_min;
    hasher.accept(new, shortest, &about).await??;
    let hash = hasher.hash(new).await?;

    let mut op = Operation::begin(instance, client, now).await?;
    let live = op.lock_live(user, &who.session).await?;
    let live = live.ok_or(ChangePasswordError::Conflict)?;
    if live.user.epoch != before.epoch || live.user.password_hash != before.password_hash {
        return Err(ChangePasswordError::Conflict);
    }
    set_password(&mut op, &live.user, &hash).await?;
    let event = Event::of(Action::PasswordChanged, Actor::User(user));
    let reason = EndReason::PasswordChanged;
    let rotated = end_others_and_rotate(&mut op, &live, event, reason, None).await?;
    op.email(&live.user.email, EmailTemplate::PasswordChanged);
    op.commit().await?;
    Ok(rotated)
}

/// Sets the hash of a new password.
pub(crate) async fn set_password(
    op: &mut Operation,
    user: &LockedUser,
    hash: &str,
) -> Result<(), sqlx::Error> {
    op.holds(user)?;
    let now = op.now;
    execute!(
        op,
        "update users set password_hash = $2, password_changed_at = $3 where id = $1",
        &user.id,
        hash,
        now.at
    )?;
    Ok(())
}
