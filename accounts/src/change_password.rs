//! Changing the password from Profile → Password. Every other session ends, and all remembered devices.

use serde_json::json;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Db, Tx},
    emails::{self, Email, EmailTemplate},
    limits::Limits,
    on,
    passwords::{Hasher, HashingFailed, Unacceptable, Verdict},
    rate_limits::{self, RateLimited},
    secret::{Secret, Token},
    sessions::{self, EndReason, RotatedSession, SignedIn},
    time::Moment,
    users::{self, UserId},
};

/// Why the password is as it was.
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
/// See [`ChangePasswordError`]; whatever it is, the password is as it was and nobody was signed out.
pub async fn change_password(
    db: &Db,
    hasher: &Hasher,
    limits: &Limits,
    who: &SignedIn,
    current: &Secret,
    new: &Secret,
    (known_device, client): (Option<&Token>, &Client),
    now: Moment,
) -> Result<RotatedSession, ChangePasswordError> {
    let user = &who.user.id;
    let mut tx = db.write().await?;
    let permit = rate_limits::permit_password(&mut tx, user, limits, now)
        .await?
        .map_err(ChangePasswordError::RateLimited)?;
    let locked = users::lock(&mut tx, user)
        .await?
        .ok_or(ChangePasswordError::Conflict)?;
    tx.commit().await?;

    if hasher.verify(current, Some(&locked.password_hash)).await? == Verdict::Wrong {
        record_refusal(db, who, client, now).await?;
        return Err(ChangePasswordError::WrongCurrent);
    }
    let mut tx = db.write().await?;
    rate_limits::clear_failures(&mut tx, &permit).await?;
    tx.commit().await?;
    if current.expose() == new.expose() {
        return Err(ChangePasswordError::Same);
    }
    let about = [who.user.name.as_str(), who.user.email.as_str()];
    hasher.accept(new, limits.password_min, &about).await??;
    let hash = hasher.hash(new).await?;

    let mut tx = db.write().await?;
    let today = users::lock(&mut tx, user)
        .await?
        .ok_or(ChangePasswordError::Conflict)?;
    let unchanged = today.epoch == locked.epoch && today.password_hash == locked.password_hash;
    if !unchanged || !sessions::is_live(&mut tx, &who.session, today.epoch, limits, now).await? {
        return Err(ChangePasswordError::Conflict);
    }
    set_password(&mut tx, user, &hash, now).await?;
    rate_limits::forget_devices(&mut tx, user, known_device).await?;
    let event = Event::of(Action::PasswordChanged, Actor::User(user), client)
        .in_account(&today.account_id)
        .about(user);
    let alone = sessions::end_others_and_rotate(
        &mut tx,
        (user, &today),
        &who.session,
        EndReason::PasswordChanged,
        event,
        None,
        limits,
        now,
    )
    .await?;
    let email = Email::new(EmailTemplate::PasswordChanged, client);
    emails::enqueue(&mut tx, &today.email, &email, now).await?;
    tx.commit().await?;
    Ok(alone)
}

async fn record_refusal(
    db: &Db,
    who: &SignedIn,
    client: &Client,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let mut tx = db.write().await?;
    let event = Event::of(Action::AccessDenied, Actor::User(&who.user.id), client)
        .in_account(&who.user.account_id)
        .about(&who.user.id)
        .with(json!({ "what": "change_password", "why": "wrong_password" }));
    audit::record(&mut tx, event, now).await?;
    tx.commit().await
}

/// Sets the hash of a new password.
pub(crate) async fn set_password(
    tx: &mut Tx,
    user: &UserId,
    hash: &str,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update users set password_hash = $2, password_changed_at = $3 where id = $1")
        .bind(user)
        .bind(hash)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}
