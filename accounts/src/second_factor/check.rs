//! A code that a user presents: each is accepted once, and wrong codes are counted.

use sqlx::FromRow;
use zeroize::Zeroizing;

use super::{recovery_codes, totp::TotpSecret};
use crate::{
    audit::{Action, Actor, Event},
    emails::EmailTemplate,
    execute,
    ids::UserId,
    keys::{CannotOpen, Keys, Purpose, Sealed},
    known_devices::Browser,
    on,
    operation::{LockedUser, Operation},
    rate_limits::{self, RateLimited},
    sessions::SecondFactor,
};

/// A code that was presented, by its shape.
#[derive(Debug)]
pub(crate) enum Presented {
    /// Six digits.
    Code(Zeroizing<String>),
    /// A recovery code, without its hyphens.
    RecoveryCode(Zeroizing<String>),
}

impl Presented {
    /// Reads what was typed, without its spaces. None when it can be neither.
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
    /// A hundred wrong codes in a row, or its secret was lost with the key: the user needs a recovery code, and has to set the authenticator up again.
    AuthenticatorOff,
}

/// What went wrong, through no fault of the user.
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

/// Checks a code, and consumes it when it is right. The caller holds the user's lock, and commits whatever the
/// outcome, because a wrong code is counted.
pub(crate) async fn check(
    op: &mut Operation,
    user: &LockedUser,
    presented: &Presented,
) -> Result<Result<SecondFactor, Refused>, CheckError> {
    let browser = Browser::of(op, &user.id).await?;
    let permit = match rate_limits::permit_code(op, &user.id, &browser).await? {
        Ok(permit) => permit,
        Err(rate_limited) => return Ok(Err(Refused::RateLimited(rate_limited))),
    };
    let verdict = match presented {
        Presented::Code(code) => check_code(op, user, code, &browser).await?,
        Presented::RecoveryCode(plain) => {
            if recovery_codes::consume(op, &user.id, plain).await? {
                Ok(SecondFactor::RecoveryCode)
            } else {
                Err(Refused::Wrong)
            }
        }
    };
    match &verdict {
        Ok(_) => rate_limits::clear_failures(op, &permit).await?,
        // No code was checked.
        Err(Refused::AuthenticatorOff) => rate_limits::return_permit(op, &permit).await?,
        Err(_) => {}
    }
    Ok(verdict)
}

async fn check_code(
    op: &mut Operation,
    user: &LockedUser,
    code: &str,
    browser: &Browser,
) -> Result<Result<SecondFactor, Refused>, CheckError> {
    let now = op.now;
    let row: Option<Authenticator> = on!(op, c => sqlx::query_as(
        "select id, key_id, secret, last_step from authenticators where user_id = $1")
        .bind(&user.id)
        .fetch_optional(c)
        .await)?;
    let Some(row) = row else {
        // The key that had sealed it was lost, and the loss accepted (`key_loss`).
        return Ok(Err(Refused::AuthenticatorOff));
    };
    let Some(in_a_row) = rate_limits::permit_wrong_code(op, &row.id, browser).await? else {
        return Ok(Err(Refused::AuthenticatorOff));
    };
    let secret = open(op.keys(), &user.id, row.key_id, row.secret)?;
    // A step that was accepted, and every step before it, is consumed (RFC 6238, 5.2).
    let step = secret
        .step_of(code, now)
        .filter(|step| *step > row.last_step);
    let Some(step) = step else {
        if rate_limits::is_last_wrong_code(op, &in_a_row).await? {
            announce_authenticator_off(op, user);
        }
        return Ok(Err(Refused::Wrong));
    };
    execute!(
        op,
        "update authenticators set last_step = $2 where user_id = $1",
        &user.id,
        step
    )?;
    rate_limits::clear_failures(op, &in_a_row).await?;
    Ok(Ok(SecondFactor::Code))
}

fn announce_authenticator_off(op: &mut Operation, user: &LockedUser) {
    op.email(&user.email, EmailTemplate::AuthenticatorOff);
    let event = Event::of(Action::AuthenticatorOff, Actor::Anonymous)
        .in_account(&user.account_id)
        .about(&user.id);
    op.record(event);
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
