//! How often signing in may fail. Counted in the database, so that restarts and other nodes count along.
//!
//! An attempt takes its place in the count before the password is looked at, and gives it back when
//! it was right: 200 at once get exactly as many looks as the limit has.

use std::time::Duration;

use crate::{
    audit::Client,
    db::{Conn, Tx},
    limits::Limits,
    on,
    secret::{Token, TokenHash},
    time::{Moment, UnixMillis},
    tokens::TokenId,
    users::{AccountId, UserId},
};

/// How many tests of its webhook an account may send in [`TEST_WINDOW`].
const WEBHOOK_TESTS: i64 = 5;

/// Each test keeps a connection open for up to ten seconds, to wherever the account says.
const TEST_WINDOW: Duration = Duration::from_mins(1);

/// What an attempt counts against.
#[derive(Debug, Clone)]
pub struct Permit {
    /// None for somebody who did not have to try: they have just signed up.
    person: Option<String>,
    /// None for a known device: a stranger's failures from the same address must not lock it out.
    address: Option<String>,
}

impl Permit {
    /// Of somebody who did not have to try.
    pub(crate) fn none() -> Self {
        Self {
            person: None,
            address: None,
        }
    }
}

/// Too many failures; try again after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    pub retry_after: Duration,
}

/// Takes a place in the counts for a sign-in. A browser the user has signed in on before has a
/// count of its own (OWASP "device cookies").
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub async fn permit_sign_in(
    tx: &mut Tx,
    email: &str,
    known_device: Option<&Token>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let known = match known_device {
        Some(token) => device_is_known(tx, &token.hash(), email)
            .await?
            .then_some(token),
        None => None,
    };
    let permit = match known {
        Some(token) => Permit {
            // A prefix of the hash tells devices apart and is of no use to a reader of the table.
            person: Some(format!("device:{}:{email}", token.hash().prefix())),
            address: None,
        },
        None => Permit {
            person: Some(format!("email:{email}")),
            address: Some(format!("address:{}", client.network())),
        },
    };
    take(tx, permit, limits, now).await
}

/// Takes a place for a password tried with a emailed link. Each link has a count of its own, so that nobody uses up
/// another's.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_link(
    tx: &mut Tx,
    link: &Token,
    limits: &Limits,
    now: Moment,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    // A prefix of the hash tells links apart and is of no use to a reader of the table.
    let subject = format!("link:{}", link.hash().prefix());
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    count(tx, &subject, most, window, now).await
}

/// Takes a place for a sign-up. It is not given back: a new account is there for good.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_sign_up(
    tx: &mut Tx,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("sign-up:{}", client.network());
    let (most, window) = (limits.sign_ups_per_address, limits.attempt_window);
    count(tx, &subject, most, window, now).await
}

/// Takes a place for a test of the account's webhook. It is not given back, whatever comes of the test.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_webhook_test(
    tx: &mut Tx,
    account: &AccountId,
    now: Moment,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("webhook-test:{}", account.0);
    count(tx, &subject, WEBHOOK_TESTS, TEST_WINDOW, now).await
}

/// Takes a place for somebody signed in who types their password again.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub async fn permit_password(
    tx: &mut Tx,
    user: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = Permit {
        person: Some(format!("password:{}", user.0)),
        address: None,
    };
    take(tx, permit, limits, now).await
}

/// Takes a place for a code of somebody's second factor. A browser the user has signed in on
/// before has a count of its own.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_code(
    tx: &mut Tx,
    user: &UserId,
    from: &Browser<'_>,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = match &from.known {
        Some(device) => Permit {
            person: Some(format!("code:{device}:{}", user.0)),
            address: None,
        },
        None => Permit {
            person: Some(format!("code:{}", user.0)),
            address: Some(format!("address:{}", from.client.network())),
        },
    };
    take(tx, permit, limits, now).await
}

/// Takes a place for a wrong code in a row, which no time forgives. False when none is left.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn permit_wrong_code(
    tx: &mut Tx,
    authenticator: &str,
    from: &Browser<'_>,
    limits: &Limits,
    now: Moment,
) -> Result<Option<Permit>, sqlx::Error> {
    let subject = match &from.known {
        Some(device) => format!("in-a-row:{device}:{authenticator}"),
        None => format!("in-a-row:{authenticator}"),
    };
    let for_ever = Duration::from_hours(24 * 365 * 1_000);
    let counted = count(tx, &subject, limits.codes_in_a_row, for_ever, now).await?;
    Ok(counted.is_ok().then_some(Permit {
        person: Some(subject),
        address: None,
    }))
}

/// Whether the place just taken was the last one.
pub(crate) async fn is_last_wrong_code(
    tx: &mut Tx,
    permit: &Permit,
    limits: &Limits,
) -> Result<bool, sqlx::Error> {
    on!(tx, c => sqlx::query_scalar::<_, i64>("select count(*) from rate_limits where subject = $1 and failures >= $2")
        .bind(permit.person.as_deref())
        .bind(limits.codes_in_a_row)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// Takes a place for a request that sends an email: so many for one mailbox, whether anybody has it
/// or not, and so many from one address, where that is a stranger's.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_email(
    tx: &mut Tx,
    email: &str,
    stranger: Option<&Client>,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = Permit {
        person: Some(format!("email-to:{email}")),
        address: stranger.map(|client| format!("emails-from:{}", client.network())),
    };
    take(tx, permit, limits, now).await
}

/// Takes a place for an email about signing up: so many for one mailbox, whether anybody has it or not.
/// Counted apart from other emails, so that a stranger's sign-ups keep nobody from a new password.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_sign_up_email(
    tx: &mut Tx,
    email: &str,
    limits: &Limits,
    now: Moment,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    count(tx, &format!("sign-up-email:{email}"), most, window, now).await
}

/// Takes a place for an invitation by mail: so many for one mailbox, and so many from one account.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_invitation(
    tx: &mut Tx,
    account: &AccountId,
    email: &str,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = Permit {
        person: Some(format!("email-to:{email}")),
        address: Some(format!("invitations:{}", account.0)),
    };
    take(tx, permit, limits, now).await
}

/// Takes a place for an email about a new device. Whoever knows the password could send any number.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn may_tell_of_a_new_device(
    tx: &mut Tx,
    user: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<bool, sqlx::Error> {
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    let counted = count(tx, &format!("new-device:{}", user.0), most, window, now).await?;
    Ok(counted.is_ok())
}

/// Takes a place for a program's press. Without a limit a token in wrong hands would sign its owner out as
/// fast as they sign in, and they could not revoke it.
///
/// # Errors
/// When the database is unavailable; the inner error when no place is left.
pub(crate) async fn permit_remote_logout(
    tx: &mut Tx,
    token: &TokenId,
    limits: &Limits,
    now: Moment,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let (most, window) = (limits.remote_logouts_per_token, limits.attempt_window);
    count(tx, &format!("press:{}", token.0), most, window, now).await
}

/// A browser that shows something, and whether the user has signed in on it before.
#[derive(Debug)]
pub(crate) struct Browser<'a> {
    pub client: &'a Client,
    /// The first digits of its cookie's hash, when it is known.
    known: Option<String>,
}

impl<'a> Browser<'a> {
    /// Looks whether the user has signed in on this browser before.
    pub(crate) async fn of(
        conn: &mut Conn,
        user: &UserId,
        known_device: Option<&Token>,
        client: &'a Client,
    ) -> Result<Self, sqlx::Error> {
        let known = match known_device {
            Some(token) if is_known(conn, &token.hash(), user).await? => {
                Some(token.hash().prefix())
            }
            _ => None,
        };
        Ok(Self { client, known })
    }

    /// Whether the user has signed in on it before.
    pub(crate) fn is_known(&self) -> bool {
        self.known.is_some()
    }
}

/// Whether the user has signed in on any browser before.
pub(crate) async fn has_signed_in_before(
    conn: &mut Conn,
    user: &UserId,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>("select count(*) from known_devices where user_id = $1")
        .bind(user)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

async fn is_known(conn: &mut Conn, token: &TokenHash, user: &UserId) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from known_devices where token_hash = $1 and user_id = $2")
        .bind(token)
        .bind(user)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

async fn take(
    tx: &mut Tx,
    permit: Permit,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    for (subject, most) in [
        (&permit.person, limits.attempts_per_user),
        (&permit.address, limits.attempts_per_address),
    ] {
        if let Some(subject) = subject
            && let Err(rate_limited) = count(tx, subject, most, limits.attempt_window, now).await?
        {
            return Ok(Err(rate_limited));
        }
    }
    Ok(Ok(permit))
}

/// One conditional statement is check and act in one.
async fn count(
    tx: &mut Tx,
    subject: &str,
    most: i64,
    window: Duration,
    now: Moment,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let counted = on!(tx, c => sqlx::query(
        "insert into rate_limits (subject, failures, window_ends_at) values ($1, 1, $2)
         on conflict (subject) do update set
             failures = case when rate_limits.window_ends_at <= $3 then 1 else rate_limits.failures + 1 end,
             window_ends_at = case when rate_limits.window_ends_at <= $3 then $2 else rate_limits.window_ends_at end
         where rate_limits.window_ends_at <= $3 or rate_limits.failures < $4")
        .bind(subject)
        .bind(now.at + window)
        .bind(now.at)
        .bind(most)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    let ends: UnixMillis = on!(tx, c => sqlx::query_scalar("select window_ends_at from rate_limits where subject = $1")
        .bind(subject)
        .fetch_one(c)
        .await)?;
    Ok(Err(RateLimited {
        retry_after: now.at.until(ends),
    }))
}

/// The attempt was right: the user's failures are forgotten, the address gets its place back.
///
/// # Errors
/// When the database is unavailable.
pub async fn clear_failures(tx: &mut Tx, permit: &Permit) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("delete from rate_limits where subject = $1")
        .bind(permit.person.as_deref())
        .execute(c)
        .await
        .map(|_| ()))?;
    decrement(tx, permit.address.as_deref()).await
}

/// The failures of an email address are forgotten: its user has a new password.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn clear_email_failures(tx: &mut Tx, email: &str) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("delete from rate_limits where subject = $1")
        .bind(format!("email:{email}"))
        .execute(c)
        .await
        .map(|_| ()))
}

/// Whoever has just signed in knows the password, whatever a session of somebody else has tried.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn clear_password_failures(tx: &mut Tx, user: &UserId) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("delete from rate_limits where subject = $1")
        .bind(format!("password:{}", user.0))
        .execute(c)
        .await
        .map(|_| ()))
}

/// No browser but that one is known any more: the user has a new password.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn forget_devices(
    tx: &mut Tx,
    user: &UserId,
    but: Option<&Token>,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("delete from known_devices where user_id = $1 and token_hash <> coalesce($2, '')")
        .bind(user)
        .bind(but.map(Token::hash))
        .execute(c)
        .await
        .map(|_| ()))
}

/// The attempt was never looked at, through nobody's fault: both counts get their place back.
///
/// # Errors
/// When the database is unavailable.
pub async fn return_permit(tx: &mut Tx, permit: &Permit) -> Result<(), sqlx::Error> {
    decrement(tx, permit.person.as_deref()).await?;
    decrement(tx, permit.address.as_deref()).await
}

async fn decrement(tx: &mut Tx, subject: Option<&str>) -> Result<(), sqlx::Error> {
    let Some(subject) = subject else {
        return Ok(());
    };
    on!(tx, c => sqlx::query("update rate_limits set failures = failures - 1 where subject = $1 and failures > 0")
        .bind(subject)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Remembers that the user has signed in on this browser. Grants nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn know_device(
    tx: &mut Tx,
    user: &UserId,
    token: &Token,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "insert into known_devices (token_hash, user_id, last_used_at) values ($1, $2, $3)
         on conflict (token_hash, user_id) do update set last_used_at = $3")
        .bind(token.hash())
        .bind(user)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

async fn device_is_known(
    conn: &mut Conn,
    token: &TokenHash,
    email: &str,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from known_devices k join users u on u.id = k.user_id
         where k.token_hash = $1 and u.email = $2")
        .bind(token)
        .bind(email)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}
