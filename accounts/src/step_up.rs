//! Step-up: before a sensitive operation, a password or a code is asked for again when the last one was shown more than
//! ten minutes ago.
//!
//! What it grants is stored in the session's own row, so it ends with the session. The session's cookie changes.

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    denials,
    instance::Instance,
    keys::CannotOpen,
    limits::Limits,
    operation::{LiveSession, Operation},
    passwords::{HashingFailed, Verdict},
    rate_limits::{self, RateLimited},
    second_factor::check::{CheckError, Presented, Refused, WrongCode, check},
    secret::Secret,
    sessions::{self, SecondFactor, Started},
    signed_in::SignedIn,
    time::Moment,
};

/// Why the user has not passed step-up.
#[derive(Debug, thiserror::Error)]
pub enum StepUpError {
    #[error("the password or the code is wrong")]
    Wrong,
    /// The code is minutes off.
    #[error("the clocks differ")]
    Clock,
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

/// Whether a sensitive operation must ask for a password or a code first.
#[must_use]
pub fn is_needed(who: &SignedIn, limits: &Limits, now: Moment) -> bool {
    who.confirmed_at
        .is_none_or(|at| at + limits.confirmed_for <= now.at)
}

/// Whether what was shown is read as a code, and not as a password.
#[must_use]
pub fn is_code(shown: &Secret) -> bool {
    Presented::read_code_or_password(shown.expose()).is_some()
}

/// Takes a password, or a code where two-factor authentication is on, as the confirmation. Returns
/// the session under its new cookie.
///
/// # Errors
/// See [`StepUpError`]. A wrong password or code is counted and recorded.
pub async fn confirm(
    instance: &Instance,
    client: &Client,
    now: Moment,
    who: &SignedIn,
    shown: &Secret,
) -> Result<Started, StepUpError> {
    match Presented::read_code_or_password(shown.expose()) {
        Some(presented) if who.user.two_factor_since.is_some() => {
            let mut op = Operation::begin(instance, client, now).await?;
            let live = lock(&mut op, who).await?;
            // Wrong codes and wrong passwords are counted together, beside what counts codes alone.
            let permit = rate_limits::permit_password(&mut op, &who.user.id)
                .await?
                .map_err(StepUpError::RateLimited)?;
            match check(&mut op, &live.user, &presented).await? {
                Ok(factor) => {
                    rate_limits::clear_failures(&mut op, &permit).await?;
                    finish(op, &live, Some(factor)).await
                }
                Err(refused) => {
                    if !matches!(refused, Refused::Wrong(_)) {
                        // No code was checked.
                        rate_limits::return_permit(&mut op, &permit).await?;
                    }
                    record_refusal(&mut op, &live).await?;
                    op.commit().await?;
                    Err(match refused {
                        Refused::Wrong(WrongCode::Clock) => StepUpError::Clock,
                        Refused::Wrong(_) => StepUpError::Wrong,
                        Refused::RateLimited(limited) => StepUpError::RateLimited(limited),
                        Refused::AuthenticatorOff => StepUpError::AuthenticatorOff,
                    })
                }
            }
        }
        _ => confirm_by_password(instance, client, now, who, shown).await,
    }
}

async fn confirm_by_password(
    instance: &Instance,
    client: &Client,
    now: Moment,
    who: &SignedIn,
    password: &Secret,
) -> Result<Started, StepUpError> {
    let mut op = Operation::begin(instance, client, now).await?;
    // The user before the rate limit, as at a sign-in: the two would wait for each other otherwise.
    let before = lock(&mut op, who).await?.user;
    let permit = rate_limits::permit_password(&mut op, &who.user.id)
        .await?
        .map_err(StepUpError::RateLimited)?;
    op.commit().await?;
    let hash = Some(before.password_hash.as_str());
    let hasher = instance.hasher.known(client);
    let verdict = match hasher.verify(password, hash).await {
        Ok(verdict) => verdict,
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            return Err(failed.into());
        }
    };
    let mut op = Operation::begin(instance, client, now).await?;
    let live = lock(&mut op, who).await?;
    if verdict == Verdict::Wrong {
        record_refusal(&mut op, &live).await?;
        op.commit().await?;
        return Err(StepUpError::Wrong);
    }
    if live.user.epoch != before.epoch || live.user.password_hash != before.password_hash {
        return Err(StepUpError::Conflict);
    }
    rate_limits::clear_failures(&mut op, &permit).await?;
    finish(op, &live, None).await
}

async fn lock(op: &mut Operation, who: &SignedIn) -> Result<LiveSession, StepUpError> {
    let live = op.lock_live(&who.user.id, &who.session).await?;
    live.ok_or(StepUpError::Conflict)
}

async fn finish(
    mut op: Operation,
    live: &LiveSession,
    factor: Option<SecondFactor>,
) -> Result<Started, StepUpError> {
    let session = sessions::confirm(&mut op, live, factor).await?;
    let user = &live.user;
    let event = Event::of(Action::Confirmed, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "how": factor.map_or("password", SecondFactor::name) }));
    op.record(event);
    op.commit().await?;
    Ok(session)
}

/// A code that is refused by the rate limit is recorded, too, so nothing but this bounds how many there are.
async fn record_refusal(op: &mut Operation, live: &LiveSession) -> Result<(), sqlx::Error> {
    let denied = denials::Denied {
        user: &live.user.id,
        account: &live.user.account_id,
        details: json!({ "what": "step_up", "why": "wrong_password_or_code" }),
    };
    denials::record(op, denied).await
}
