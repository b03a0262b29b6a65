//! How often signing in may fail. Counted in the store, so that restarts and other nodes count along.
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
    users::UserId,
};

/// What an attempt counts against.
#[derive(Debug, Clone)]
pub struct Claim {
    /// None for somebody who did not have to try: they have just signed up.
    person: Option<String>,
    /// None for a known device: a stranger's failures from the same address must not lock it out.
    address: Option<String>,
}

impl Claim {
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
pub struct TooMany {
    pub retry_after: Duration,
}

/// Takes a place in the counts for a sign-in. A browser the person has signed in on before has a
/// count of its own (OWASP "device cookies").
///
/// # Errors
/// When the store is away; the inner error when no place is left.
pub async fn claim_sign_in(
    tx: &mut Tx,
    email: &str,
    known_device: Option<&Token>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Claim, TooMany>, sqlx::Error> {
    let known = match known_device {
        Some(token) => device_is_known(tx, &token.hash(), email)
            .await?
            .then_some(token),
        None => None,
    };
    let claim = match known {
        Some(token) => Claim {
            // A prefix of the hash tells devices apart and is of no use to a reader of the table.
            person: Some(format!("device:{}:{email}", token.hash().prefix())),
            address: None,
        },
        None => Claim {
            person: Some(format!("email:{email}")),
            address: Some(format!("address:{}", client.network())),
        },
    };
    take(tx, claim, limits, now).await
}

/// Takes a place for somebody signed in who types their password again.
///
/// # Errors
/// When the store is away; the inner error when no place is left.
pub async fn claim_password(
    tx: &mut Tx,
    user: &UserId,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Claim, TooMany>, sqlx::Error> {
    let claim = Claim {
        person: Some(format!("password:{}", user.0)),
        address: None,
    };
    take(tx, claim, limits, now).await
}

async fn take(
    tx: &mut Tx,
    claim: Claim,
    limits: &Limits,
    now: Moment,
) -> Result<Result<Claim, TooMany>, sqlx::Error> {
    for (subject, most) in [
        (&claim.person, limits.attempts_per_user),
        (&claim.address, limits.attempts_per_address),
    ] {
        if let Some(subject) = subject
            && let Err(too_many) = count(tx, subject, most, limits, now).await?
        {
            return Ok(Err(too_many));
        }
    }
    Ok(Ok(claim))
}

/// One conditional statement is check and act in one.
async fn count(
    tx: &mut Tx,
    subject: &str,
    most: i64,
    limits: &Limits,
    now: Moment,
) -> Result<Result<(), TooMany>, sqlx::Error> {
    let counted = on!(tx, c => sqlx::query(
        "insert into attempts (subject, failures, window_ends_at) values ($1, 1, $2)
         on conflict (subject) do update set
             failures = case when attempts.window_ends_at <= $3 then 1 else attempts.failures + 1 end,
             window_ends_at = case when attempts.window_ends_at <= $3 then $2 else attempts.window_ends_at end
         where attempts.window_ends_at <= $3 or attempts.failures < $4")
        .bind(subject)
        .bind(now.at + limits.attempt_window)
        .bind(now.at)
        .bind(most)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    let ends: UnixMillis = on!(tx, c => sqlx::query_scalar("select window_ends_at from attempts where subject = $1")
        .bind(subject)
        .fetch_one(c)
        .await)?;
    Ok(Err(TooMany {
        retry_after: now.at.until(ends),
    }))
}

/// The attempt was right: the person's failures are forgotten, the address gets its place back.
///
/// # Errors
/// When the store is away.
pub async fn forgive(tx: &mut Tx, claim: &Claim) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("delete from attempts where subject = $1")
        .bind(claim.person.as_deref())
        .execute(c)
        .await
        .map(|_| ()))?;
    give_back(tx, claim.address.as_deref()).await
}

/// The attempt was never looked at, through nobody's fault: both counts get their place back.
///
/// # Errors
/// When the store is away.
pub async fn withdraw(tx: &mut Tx, claim: &Claim) -> Result<(), sqlx::Error> {
    give_back(tx, claim.person.as_deref()).await?;
    give_back(tx, claim.address.as_deref()).await
}

async fn give_back(tx: &mut Tx, subject: Option<&str>) -> Result<(), sqlx::Error> {
    let Some(subject) = subject else {
        return Ok(());
    };
    on!(tx, c => sqlx::query("update attempts set failures = failures - 1 where subject = $1 and failures > 0")
        .bind(subject)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Remembers that the person has signed in on this browser. Grants nothing.
///
/// # Errors
/// When the store is away.
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
