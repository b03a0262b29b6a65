//! Step-up: before a sensitive operation, "confirm it is you". A password or a code is asked for again
//! when the last one was shown more than ten minutes ago.
//!
//! What it grants stands on the session's own row, so it dies with it. The session's cookie changes.

use serde_json::json;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Db, Tx},
    keys::{CannotOpen, Keys},
    limits::Limits,
    passwords::{Hasher, HashingFailed, Verdict},
    rate_limits::{self, Browser, RateLimited},
    second_factor::check::{CheckError, Presented, Refused, check},
    secret::{Secret, Token},
    sessions::{self, SecondFactor, SignedIn, Started},
    time::Moment,
    users::Locked,
};

/// Why it was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum StepUpError {
    #[error("the password or the code is wrong")]
    Wrong,
    #[error("the authenticator is off")]
    AuthenticatorOff,
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// A remote logout or another change came first; this session may have ended.
    #[error("conflict")]
    Conflict,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

impl From<CheckError> for StepUpError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Sealed(e) => Self::Sealed(e),
            CheckError::Database(e) => Self::Database(e),
        }
    }
}

/// Whether a sensitive operation must ask first.
#[must_use]
pub fn is_needed(who: &SignedIn, limits: &Limits, now: Moment) -> bool {
    who.confirmed_at
        .is_none_or(|at| at + limits.confirmed_for <= now.at)
}

/// Takes a password, or a code where two-factor authentication is on, as the confirmation. Returns
/// the session under its new cookie.
///
/// # Errors
/// See [`StepUpError`]. A wrong one is counted and recorded.
pub async fn confirm(
    db: &Db,
    hasher: &Hasher,
    keys: &Keys,
    limits: &Limits,
    who: &SignedIn,
    shown: &Secret,
    (known_device, client): (Option<&Token>, &Client),
    now: Moment,
) -> Result<Started, StepUpError> {
    match Presented::read(shown.expose()) {
        // No password is six digits: they are too weak to be accepted.
        Some(presented @ Presented::Code(_)) if who.user.two_factor_since.is_some() => {
            let mut tx = db.write().await?;
            let locked = lock(&mut tx, who, limits, now).await?;
            let from = Browser::of(&mut tx, &who.user.id, known_device, client).await?;
            let person = (&who.user.id, &locked);
            match check(&mut tx, keys, person, &presented, &from, limits, now).await? {
                Ok(factor) => go_on(tx, who, &locked, Some(factor), client, limits, now).await,
                Err(refused) => {
                    record_refusal(&mut tx, who, &locked, client, now).await?;
                    tx.commit().await?;
                    Err(match refused {
                        Refused::Wrong => StepUpError::Wrong,
                        Refused::RateLimited(rate_limited) => {
                            StepUpError::RateLimited(rate_limited)
                        }
                        Refused::AuthenticatorOff => StepUpError::AuthenticatorOff,
                    })
                }
            }
        }
        _ => confirm_by_password(db, hasher, limits, who, shown, client, now).await,
    }
}

async fn confirm_by_password(
    db: &Db,
    hasher: &Hasher,
    limits: &Limits,
    who: &SignedIn,
    password: &Secret,
    client: &Client,
    now: Moment,
) -> Result<Started, StepUpError> {
    let mut tx = db.write().await?;
    let permit = rate_limits::permit_password(&mut tx, &who.user.id, limits, now)
        .await?
        .map_err(StepUpError::RateLimited)?;
    let before = lock(&mut tx, who, limits, now).await?;
    tx.commit().await?;
    let verdict = hasher.verify(password, Some(&before.password_hash)).await?;
    let mut tx = db.write().await?;
    let locked = lock(&mut tx, who, limits, now).await?;
    if verdict == Verdict::Wrong {
        record_refusal(&mut tx, who, &locked, client, now).await?;
        tx.commit().await?;
        return Err(StepUpError::Wrong);
    }
    if locked.epoch != before.epoch || locked.password_hash != before.password_hash {
        return Err(StepUpError::Conflict);
    }
    rate_limits::clear_failures(&mut tx, &permit).await?;
    go_on(tx, who, &locked, None, client, limits, now).await
}

async fn lock(
    tx: &mut Tx,
    who: &SignedIn,
    limits: &Limits,
    now: Moment,
) -> Result<Locked, StepUpError> {
    sessions::lock_live(tx, who, limits, now)
        .await?
        .ok_or(StepUpError::Conflict)
}

async fn go_on(
    mut tx: Tx,
    who: &SignedIn,
    locked: &Locked,
    factor: Option<SecondFactor>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Started, StepUpError> {
    let session =
        sessions::confirm(&mut tx, &who.session, locked.epoch, factor, limits, now).await?;
    let event = Event::of(Action::Confirmed, Actor::User(&who.user.id), client)
        .in_account(&locked.account_id)
        .about(&who.user.id)
        .with(json!({ "how": factor.map_or("password", SecondFactor::name) }));
    audit::record(&mut tx, event, now).await?;
    tx.commit().await?;
    Ok(session)
}

async fn record_refusal(
    tx: &mut Tx,
    who: &SignedIn,
    locked: &Locked,
    client: &Client,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let event = Event::of(Action::AccessDenied, Actor::User(&who.user.id), client)
        .in_account(&locked.account_id)
        .about(&who.user.id)
        .with(json!({ "what": "step_up", "why": "wrong_password_or_code" }));
    audit::record(tx, event, now).await.map(|_| ())
}
