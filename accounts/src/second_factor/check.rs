//! A code that a user presents: each is accepted once, and wrong codes are counted.

use sqlx::FromRow;
use zeroize::Zeroizing;

use super::{
    recovery_codes::{self, Consumed},
    totp::TotpSecret,
};
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
    text::is_invisible,
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
    /// Reads what was typed or pasted, without its spaces, dashes and invisible characters. None when it can be neither.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        let counts = |c: &char| !(c.is_whitespace() || is_invisible(*c) || is_dash(*c));
        let plain: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(counts).take(20).collect());
        if plain.len() == 6 && plain.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::Code(plain));
        }
        recovery_codes::read(typed).map(Self::RecoveryCode)
    }

    /// The same where a password may be typed as well. Six digits are a code, with one character between them at the
    /// most: a password is longer.
    pub(crate) fn read_code_or_password(typed: &str) -> Option<Self> {
        let seen = typed.trim().chars().filter(|c| !is_invisible(*c)).count();
        let code = Self::read(typed).filter(|read| matches!(read, Self::Code(_)));
        code.filter(|_| seen <= 7)
    }
}

/// What is typed or pasted between digits (Unicode's `Dash`, as far as keyboards and word processors write it).
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// What is wrong with a code. It counts as a failure whatever it is; the user is told so that the next one is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongCode {
    /// None of the authenticator's, or accepted before.
    Code,
    /// Of the authenticator, and minutes off: its clock or ours is wrong.
    Clock,
    /// There is no such recovery code.
    RecoveryCode,
    /// Of the recovery codes in force, and used before.
    UsedRecoveryCode,
}

/// Why a code was not accepted.
#[derive(Debug)]
pub(crate) enum Refused {
    Wrong(WrongCode),
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
    void_step: Option<i64>,
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
            match recovery_codes::consume(op, &user.id, plain).await? {
                Consumed::Now => Ok(SecondFactor::RecoveryCode),
                Consumed::Before => Err(Refused::Wrong(WrongCode::UsedRecoveryCode)),
                Consumed::Never => Err(Refused::Wrong(WrongCode::RecoveryCode)),
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
        "select id, key_id, secret, last_step, void_step from authenticators where user_id = $1")
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
        .filter(|step| *step > row.last_step && row.void_step != Some(*step));
    let Some(step) = step else {
        if rate_limits::is_last_wrong_code(op, &in_a_row).await? {
            announce_authenticator_off(op, user);
        }
        let what = match secret.step_minutes_off(code, now) {
            Some(step) => {
                void(op, user, step).await?;
                WrongCode::Clock
            }
            None => WrongCode::Code,
        };
        return Ok(Err(Refused::Wrong(what)));
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

/// Voids a step whose code was told to be minutes off. Otherwise a guess that is answered so, and is early, could be
/// kept until its minute comes.
async fn void(op: &mut Operation, user: &LockedUser, step: i64) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "update authenticators set void_step = $2 where user_id = $1",
        &user.id,
        step
    )?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_code_however_they_are_pasted() {
        for typed in [
            "123456",
            " 123 456 ",
            "123-456",
            "123\u{2011}456",
            "123\u{a0}456",
            "\u{200b}123\u{ad}456\u{feff}",
            "\u{202a}123456\u{202c}\r\n",
        ] {
            let read = Presented::read(typed);
            assert!(
                matches!(&read, Some(Presented::Code(code)) if code.as_str() == "123456"),
                "{typed:?}"
            );
            let read = Presented::read_code_or_password(typed);
            assert!(matches!(&read, Some(Presented::Code(_))), "{typed:?}");
        }
        for neither in ["12345", "1234567", "12345a", "١٢٣٤٥٦", "123.456"] {
            assert!(Presented::read(neither).is_none(), "{neither}");
        }
        // Eight characters may be a password, whose spaces and dashes count.
        for password in ["12-34-56", "1 2 34 56", "0000-0000-0000-0000"] {
            assert!(
                Presented::read_code_or_password(password).is_none(),
                "{password}"
            );
        }
    }
}
