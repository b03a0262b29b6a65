//! Rate limits: how often something may be tried. They are counted in the database, so that they hold across restarts
//! and nodes.
//!
//! An attempt takes its permit before the password is checked, and returns it when the password was right. So of 200
//! attempts at once exactly as many are checked as the limit allows.

use std::time::Duration;

use crate::{
    client::Client,
    execute,
    ids::{AccountId, TokenId, UserId},
    instance::Instance,
    known_devices::Browser,
    on,
    operation::{LockedUser, Operation},
    secret::Token,
    time::{Moment, UnixMillis},
};

/// How many tests of its webhook an account may send in [`TEST_WINDOW`].
const WEBHOOK_TESTS: i64 = 5;

/// Tests are limited because each keeps a connection open for up to ten seconds, to any address the account chose.
const TEST_WINDOW: Duration = Duration::from_mins(1);

/// How many wrong passwords and codes a user who is signed in may show in a window.
const STEP_UP_ATTEMPTS: i64 = 5;

/// What an attempt counts against.
#[derive(Debug, Clone)]
pub struct Permit {
    /// None for a user who did not have to try, because they have just signed up.
    user: Option<String>,
    /// None for a known device: a stranger's failures from the same address must not lock it out.
    address: Option<String>,
}

impl Permit {
    /// Of a user who did not have to try.
    pub(crate) fn none() -> Self {
        Self {
            user: None,
            address: None,
        }
    }

    /// Whether the browser is one that the user has signed in on before.
    pub(crate) fn is_of_known_device(&self) -> bool {
        self.user.is_some() && self.address.is_none()
    }
}

/// Too many failures; try again after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    pub retry_after: Duration,
}

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

/// Takes a permit for a test of the account's webhook. It is not returned, whether the test succeeds or not.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_webhook_test(
    op: &mut Operation,
    account: &AccountId,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("webhook-test:{}", account.0);
    count(op, &subject, WEBHOOK_TESTS, TEST_WINDOW).await
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

/// Takes a permit for a request that sends an email: so many for one mailbox, whether a user has it or not, and
/// so many from one address.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_email(
    op: &mut Operation,
    email: &str,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = Permit {
        user: Some(format!("email-to:{email}")),
        address: Some(format!("emails-from:{}", op.client().network())),
    };
    take(op, permit).await
}

/// Takes a permit for an email about signing up: so many for one mailbox, whether a user has it or not.
/// Counted apart from other emails, so that a stranger's sign-ups do not keep its user from a new password.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_sign_up_email(
    op: &mut Operation,
    email: &str,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let limits = op.limits;
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    count(op, &format!("sign-up-email:{email}"), most, window).await
}

/// Takes a permit for an invitation by email: so many for one mailbox, and so many from one account.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_invitation(
    op: &mut Operation,
    account: &AccountId,
    email: &str,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = Permit {
        user: Some(format!("email-to:{email}")),
        address: Some(format!("invitations:{}", account.0)),
    };
    take(op, permit).await
}

/// Takes a permit for an email about a new device. Without a limit a thief who knows the password could send any number.
/// Counted anew under each epoch: the first sign-ins after a remote logout are those that its user must hear of.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn may_tell_of_a_new_device(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<bool, sqlx::Error> {
    let limits = op.limits;
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    let subject = format!("new-device:{}:{}", user.id.0, user.epoch);
    let counted = count(op, &subject, most, window).await?;
    Ok(counted.is_ok())
}

/// Takes a permit for a token's remote logout of a user. Without a limit a token in wrong hands would sign its owner out
/// as fast as they sign in, and they could not revoke it.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_remote_logout(
    op: &mut Operation,
    token: &TokenId,
    user: &UserId,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("remote-logout:{}:{}", token.0, user.0);
    let most = op.limits.remote_logouts_per_token;
    count(op, &subject, most, Duration::from_hours(1)).await
}

/// Takes a permit for a token's end of one session. Without a limit a token in wrong hands would do one by one what
/// [`permit_remote_logout`] keeps it from doing at once.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_ending_a_session(
    op: &mut Operation,
    token: &TokenId,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("ended-by-token:{}", token.0);
    let most = op.limits.sessions_ended_per_token;
    count(op, &subject, most, Duration::from_hours(1)).await
}

/// Takes a permit of the device's own count. When that is used up, by a thief who has copied its cookie for one, the
/// device counts as a stranger's.
async fn take_own_or(
    op: &mut Operation,
    browser: &Browser,
    own: Option<String>,
    shared: Permit,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let (Some(known), Some(own)) = (&browser.known, own) else {
        return take(op, shared).await;
    };
    let limits = op.limits;
    let most = if known.forgotten {
        limits.attempts_per_forgotten_device
    } else {
        limits.attempts_per_user
    };
    let Err(used_up) = count(op, &own, most, limits.attempt_window).await? else {
        return Ok(Ok(Permit {
            user: Some(own),
            address: None,
        }));
    };
    let taken = take(op, shared).await?;
    Ok(taken.map_err(|shared| RateLimited {
        retry_after: shared.retry_after.min(used_up.retry_after),
    }))
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

async fn take(
    op: &mut Operation,
    permit: Permit,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let limits = op.limits;
    for (subject, most) in [
        (&permit.user, limits.attempts_per_user),
        (&permit.address, limits.attempts_per_address),
    ] {
        if let Some(subject) = subject
            && let Err(rate_limited) = count(op, subject, most, limits.attempt_window).await?
        {
            return Ok(Err(rate_limited));
        }
    }
    Ok(Ok(permit))
}

/// Checks and counts in one conditional statement, so that attempts at once cannot both take the last permit.
async fn count(
    op: &mut Operation,
    subject: &str,
    most: i64,
    window: Duration,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let now = op.now;
    let counted = execute!(op, "insert into rate_limits (subject, failures, window_ends_at) values ($1, 1, $2)
         on conflict (subject) do update set
             failures = case when rate_limits.window_ends_at <= $3 then 1 else rate_limits.failures + 1 end,
             window_ends_at = case when rate_limits.window_ends_at <= $3 then $2 else rate_limits.window_ends_at end
         where rate_limits.window_ends_at <= $3 or rate_limits.failures < $4", subject, now.at + window, now.at, most)?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    let ends: UnixMillis = on!(op, c => sqlx::query_scalar("select window_ends_at from rate_limits where subject = $1")
        .bind(subject)
        .fetch_one(c)
        .await)?;
    Ok(Err(RateLimited {
        retry_after: now.at.until(ends),
    }))
}

/// After a right attempt: forgets the user's failures, and returns the address its permit.
///
/// # Errors
/// When the database is unavailable.
pub async fn clear_failures(op: &mut Operation, permit: &Permit) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "delete from rate_limits where subject = $1",
        permit.user.as_deref()
    )?;
    decrement(op, permit.address.as_deref()).await
}

/// Forgets the failures of an email address, because its user has a new password.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn clear_email_failures(
    op: &mut Operation,
    email: &str,
) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "delete from rate_limits where subject = $1",
        format!("email:{email}")
    )?;
    Ok(())
}

/// Forgets the wrong passwords typed while signed in: the user has just signed in and so knows the password,
/// whatever a thief's session has tried.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn clear_password_failures(
    op: &mut Operation,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "delete from rate_limits where subject = $1",
        format!("password:{}", user.0)
    )?;
    Ok(())
}

/// Returns both permits of an attempt that was never checked, through no fault of the user.
///
/// # Errors
/// When the database is unavailable.
pub async fn return_permit(op: &mut Operation, permit: &Permit) -> Result<(), sqlx::Error> {
    decrement(op, permit.user.as_deref()).await?;
    decrement(op, permit.address.as_deref()).await
}

/// As [`return_permit`], in an operation of its own: no password was hashed, because too many wait or there is no memory.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn return_unchecked(
    instance: &Instance,
    client: &Client,
    now: Moment,
    permit: &Permit,
) -> Result<(), sqlx::Error> {
    let mut op = Operation::begin(instance, client, now).await?;
    return_permit(&mut op, permit).await?;
    op.commit().await?;
    Ok(())
}

async fn decrement(op: &mut Operation, subject: Option<&str>) -> Result<(), sqlx::Error> {
    let Some(subject) = subject else {
        return Ok(());
    };
    execute!(
        op,
        "update rate_limits set failures = failures - 1 where subject = $1 and failures > 0",
        subject
    )?;
    Ok(())
}

/// Forgets every failure that is counted against a user, on any browser: passwords, codes, and what was asked for by email.
/// What is counted against addresses stays.
pub(crate) async fn forget_failures_of(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<u64, sqlx::Error> {
    let mut counts = 0;
    for whose in [user.email.as_str(), user.id.as_str()] {
        // The end of the subject is the email or the id. It is no pattern, because an email may hold % and _.
        let sql = "delete from rate_limits
                   where substr(subject, length(subject) - length($1)) = ':' || $1
                     and (subject like 'email:%' or subject like 'device:%' or subject like 'password:%'
                          or subject like 'code:%' or subject like 'email-to:%')";
        counts += execute!(op, sql, whose)?;
    }
    Ok(counts)
}
