//! A code that somebody shows: each is accepted once, and wrong ones are counted.

use sqlx::FromRow;
use zeroize::Zeroizing;

use super::{recovery_codes, totp::TotpSecret};
use crate::{
    audit::{self, Action, Actor, Event},
    db::Tx,
    emails::{self, Email, EmailTemplate},
    keys::{CannotOpen, Keys, Purpose, Sealed},
    limits::Limits,
    on,
    rate_limits::{self, Browser, RateLimited},
    sessions::SecondFactor,
    time::Moment,
    users::{Locked, UserId},
};

/// A code by its shape.
#[derive(Debug)]
pub(crate) enum Presented {
    /// Six digits.
    Code(Zeroizing<String>),
    /// A recovery code, without its hyphens.
    RecoveryCode(Zeroizing<String>),
}

impl Presented {
    /// What was typed, spaces aside. None when it cannot be either.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        let plain: Zeroizing<String> = Zeroizing::new(
            typed
                .chars()
                .filter(|c| !c.is_whitespace())
                .take(20)
                .collect(),
        );
        if plain.len() == 6 && plain.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::Code(plain));
        }
        recovery_codes::read(typed).map(Self::RecoveryCode)
    }
}

/// Why a code was not accepted.
#[derive(Debug)]
pub(crate) enum Refused {
    Wrong,
    RateLimited(RateLimited),
    /// A hundred wrong codes in a row: it takes a recovery code, and setting up again.
    AuthenticatorOff,
}

/// What went wrong on our side.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Authenticator {
    id: String,
    key_id: String,
    secret: String,
    last_step: i64,
}

/// Checks a code, and uses it up when it is right. The caller holds the user's lock, and commits
/// whatever the outcome: a wrong code is counted.
pub(crate) async fn check(
    tx: &mut Tx,
    keys: &Keys,
    (user, locked): (&UserId, &Locked),
    presented: &Presented,
    from: &Browser<'_>,
    limits: &Limits,
    now: Moment,
) -> Result<Result<SecondFactor, Refused>, CheckError> {
    let permit = match rate_limits::permit_code(tx, user, from, limits, now).await? {
        Ok(permit) => permit,
        Err(rate_limited) => return Ok(Err(Refused::RateLimited(rate_limited))),
    };
    let verdict = match presented {
        Presented::Code(code) => {
            check_code(tx, keys, (user, locked), code, from, limits, now).await?
        }
        Presented::RecoveryCode(plain) => {
            if recovery_codes::consume(tx, user, plain, now).await? {
                Ok(SecondFactor::RecoveryCode)
            } else {
                Err(Refused::Wrong)
            }
        }
    };
    match &verdict {
        Ok(_) => rate_limits::clear_failures(tx, &permit).await?,
        // Nothing was looked at.
        Err(Refused::AuthenticatorOff) => rate_limits::return_permit(tx, &permit).await?,
        Err(_) => {}
    }
    Ok(verdict)
}

async fn check_code(
    tx: &mut Tx,
    keys: &Keys,
    (user, locked): (&UserId, &Locked),
    code: &str,
    from: &Browser<'_>,
    limits: &Limits,
    now: Moment,
) -> Result<Result<SecondFactor, Refused>, CheckError> {
    let row: Option<Authenticator> = on!(tx, c => sqlx::query_as(
        "select id, key_id, secret, last_step from authenticators where user_id = $1")
        .bind(user)
        .fetch_optional(c)
        .await)?;
    let Some(row) = row else {
        return Ok(Err(Refused::Wrong));
    };
    let Some(in_a_row) = rate_limits::permit_wrong_code(tx, &row.id, from, limits, now).await?
    else {
        return Ok(Err(Refused::AuthenticatorOff));
    };
    let secret = open(keys, user, row.key_id, row.secret)?;
    // One that was accepted, and every one before it, is spent (RFC 6238, 5.2).
    let step = secret
        .step_of(code, now)
        .filter(|step| *step > row.last_step);
    let Some(step) = step else {
        if rate_limits::is_last_wrong_code(tx, &in_a_row, limits).await? {
            tell_that_it_is_off(tx, (user, locked), from, now).await?;
        }
        return Ok(Err(Refused::Wrong));
    };
    on!(tx, c => sqlx::query("update authenticators set last_step = $2 where user_id = $1")
        .bind(user)
        .bind(step)
        .execute(c)
        .await
        .map(|_| ()))?;
    rate_limits::clear_failures(tx, &in_a_row).await?;
    Ok(Ok(SecondFactor::Code))
}

async fn tell_that_it_is_off(
    tx: &mut Tx,
    (user, locked): (&UserId, &Locked),
    from: &Browser<'_>,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let email = Email::new(EmailTemplate::AuthenticatorOff, from.client);
    emails::enqueue(tx, &locked.email, &email, now).await?;
    let event = Event::of(Action::AuthenticatorOff, Actor::Anonymous, from.client)
        .in_account(&locked.account_id)
        .about(user);
    audit::record(tx, event, now).await.map(|_| ())
}

/// Seals an authenticator's secret for its user.
pub(super) fn seal(keys: &Keys, user: &UserId, secret: &[u8]) -> Sealed {
    keys.seal(Purpose::Authenticator, &user.0, secret)
}

fn open(
    keys: &Keys,
    user: &UserId,
    key_id: String,
    text: String,
) -> Result<TotpSecret, CannotOpen> {
    let sealed = Sealed { key_id, text };
    let bytes = keys.open(Purpose::Authenticator, &user.0, &sealed)?;
    Ok(TotpSecret::of(&bytes))
}
