//! Changing the password from Profile → Password. Every other session ends, and all remembered devices.

use serde_json::json;

use crate::{
    attempts::{self, TooMany},
    audit::{self, Action, Actor, Client, Event},
    db::{Db, Tx},
    letters::{self, Letter, News},
    limits::Limits,
    on,
    passwords::{Hasher, HashingFailed, Unacceptable, Verdict},
    secret::{Secret, Token},
    sessions::{self, Alone, Because, SignedIn},
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
    TooMany(TooMany),
    /// A remote logout or another change came first; this session may have ended.
    #[error("raced")]
    Raced,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

/// Changes the password of the person signed in.
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
) -> Result<Alone, ChangePasswordError> {
    let user = &who.user.id;
    let mut tx = db.write().await?;
    let claim = attempts::claim_password(&mut tx, user, limits, now)
        .await?
        .map_err(ChangePasswordError::TooMany)?;
    let locked = users::lock(&mut tx, user)
        .await?
        .ok_or(ChangePasswordError::Raced)?;
    tx.commit().await?;

    if hasher.verify(current, Some(&locked.password_hash)).await? == Verdict::Wrong {
        record_refusal(db, who, client, now).await?;
        return Err(ChangePasswordError::WrongCurrent);
    }
    let mut tx = db.write().await?;
    attempts::forgive(&mut tx, &claim).await?;
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
        .ok_or(ChangePasswordError::Raced)?;
    let unchanged = today.epoch == locked.epoch && today.password_hash == locked.password_hash;
    if !unchanged || !sessions::is_live(&mut tx, &who.session, today.epoch, limits, now).await? {
        return Err(ChangePasswordError::Raced);
    }
    set_password(&mut tx, user, &hash, now).await?;
    attempts::forget_devices(&mut tx, user, known_device).await?;
    let event = Event::of(Action::PasswordChanged, Actor::User(user), client)
        .in_account(&today.account_id)
        .about(user);
    let alone = sessions::go_on_alone(
        &mut tx,
        (user, &today),
        &who.session,
        Because::PasswordChanged,
        event,
        None,
        limits,
        now,
    )
    .await?;
    let letter = Letter::new(News::PasswordChanged, client);
    letters::post(&mut tx, &today.email, &letter, now).await?;
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
