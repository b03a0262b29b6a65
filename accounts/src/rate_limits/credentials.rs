//! What is shown to prove who asks: passwords, codes, links, secrets; and signing up.

use std::time::Duration;

use super::count::{Permit, RateLimited, count, take_own_or};
use crate::{ids::UserId, known_devices::Browser, on, operation::Operation, secret::Token};

/// How many wrong passwords and codes a user who is signed in may show in a window.
const STEP_UP_ATTEMPTS: i64 = 5;

/// Takes a permit for a sign-in. A browser the user has signed in on before has a
/// count of its own (OWASP "device cookies").
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub async fn permit_sign_in(
    op: &mut Operation,
    email: &str,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let browser = Browser::of_email(op, email).await?;
    let own = browser.known.as_ref();
    let own = own.map(|known| format!("device:{}:{email}", known.prefix));
    let shared = Permit {
        user: Some(format!("email:{email}")),
        address: Some(format!("address:{}", op.client().network())),
    };
    take_own_or(op, &browser, own, shared).await
}

/// Takes a permit for a password tried with an emailed link. Each link has a count of its own, so that attempts on one
/// link take no permits of another.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_link(
    op: &mut Operation,
    link: &Token,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let limits = op.limits;
    // A prefix of the hash tells links apart and is of no use to a reader of the table.
    let subject = format!("link:{}", link.hash().prefix());
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    let counted = count(op, &subject, most, window).await?;
    Ok(counted.map(|()| Permit {
        user: Some(subject),
        address: None,
    }))
}

/// Takes a permit for a sign-up. It is not returned to who has signed up, because the new account stays.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_sign_up(
    op: &mut Operation,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let limits = op.limits;
    let subject = format!("sign-up:{}", op.client().network());
    let (most, window) = (limits.sign_ups_per_address, limits.attempt_window);
    let counted = count(op, &subject, most, window).await?;
    Ok(counted.map(|()| Permit {
        user: None,
        address: Some(subject),
    }))
}

/// Takes a permit for a wrong setup code, of the network that it came from. The right one takes none.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_setup_code(
    op: &mut Operation,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let limits = op.limits;
    let subject = format!("setup-code:{}", op.client().network());
    count(
        op,
        &subject,
        limits.attempts_per_user,
        limits.attempt_window,
    )
    .await
}

/// Takes a permit for a user signed in who shows their password again, or a code in its place. There are fewer than at
/// a sign-in, because a user who is signed in rarely mistypes five times, and a thief at their desk would.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub async fn permit_password(
    op: &mut Operation,
    user: &UserId,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let (subject, limits) = (format!("password:{}", user.0), op.limits);
    let most = limits.attempts_per_user.min(STEP_UP_ATTEMPTS);
    let counted = count(op, &subject, most, limits.attempt_window).await?;
    Ok(counted.map(|()| Permit {
        user: Some(subject),
        address: None,
    }))
}

/// Takes a permit for a code of a user's second factor. A browser the user has signed in on
/// before has a count of its own.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_code(
    op: &mut Operation,
    user: &UserId,
    browser: &Browser,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let own = browser.known.as_ref();
    let own = own.map(|known| format!("code:{}:{}", known.prefix, user.0));
    let shared = Permit {
        user: Some(format!("code:{}", user.0)),
        address: Some(format!("address:{}", op.client().network())),
    };
    take_own_or(op, browser, own, shared).await
}

/// Takes a permit for a wrong code in a row, which no time clears. None when there is none left.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn permit_wrong_code(
    op: &mut Operation,
    authenticator: &str,
    browser: &Browser,
) -> Result<Option<Permit>, sqlx::Error> {
    let limits = op.limits;
    let subject = match &browser.known {
        Some(known) => format!("in-a-row:{}:{authenticator}", known.in_a_row_with()),
        None => format!("in-a-row:{authenticator}"),
    };
    let for_ever = Duration::from_hours(24 * 365 * 1_000);
    let counted = count(op, &subject, limits.codes_in_a_row, for_ever).await?;
    Ok(counted.is_ok().then_some(Permit {
        user: Some(subject),
        address: None,
    }))
}

/// Whether the permit just taken was the last one.
pub(crate) async fn is_last_wrong_code(
    op: &mut Operation,
    permit: &Permit,
) -> Result<bool, sqlx::Error> {
    let limits = op.limits;
    on!(op, c => sqlx::query_scalar::<_, i64>("select count(*) from rate_limits where subject = $1 and failures >= $2")
        .bind(permit.user.as_deref())
        .bind(limits.codes_in_a_row)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// Counts a wrong secret of an application. A secret cannot be guessed; this bounds what one address writes into the log.
///
/// # Errors
/// When the database is unavailable; the inner error when there were too many.
pub async fn permit_wrong_client_secret(
    op: &mut Operation,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let limits = op.limits;
    let subject = format!("client-secret:{}", op.client().network());
    let (most, window) = (limits.attempts_per_address, limits.attempt_window);
    count(op, &subject, most, window).await
}
