//! Signing in: from an email and a password to a session.
//!
//! The steps are: rate limit, password, second factor, session. [`check_password`] gives a [`VerifiedPassword`];
//! [`admit`] starts a session with it, or a pending sign-in where a second factor is owed, which [`verify_code`]
//! completes.

mod complete;
mod pending;

pub use pending::{CodeError, PendingSignIn, pending_is_open, verify_code};

use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    db::Conn,
    email_address::clean_email,
    execute,
    ids::{AccountId, UserId},
    instance::Instance,
    known_devices::NewDevice,
    on,
    operation::Operation,
    passwords::{HashingFailed, Verdict},
    rate_limits::{self, Permit, RateLimited},
    remember_me::Remembered,
    secret::Secret,
    sessions::Started,
    time::Moment,
};
use complete::complete_sign_in;

/// What a user types to sign in.
#[derive(Debug)]
pub struct Credentials<'a> {
    pub email: &'a str,
    pub password: &'a Secret,
    pub remember_me: bool,
    /// The page to show after the sign-in, kept while a second factor is owed.
    pub next: &'a str,
}

/// What the browser asked for.
#[derive(Debug, Clone, Copy)]
pub struct SignInOptions<'a> {
    pub remember_me: bool,
    /// See [`Credentials::next`].
    pub next: &'a str,
}

/// What a right password led to.
#[derive(Debug)]
pub enum SignInOutcome {
    SignedIn(Box<CompletedSignIn>),
    SecondFactorRequired(PendingSignIn),
}

/// A user who is signed in.
#[derive(Debug)]
pub struct CompletedSignIn {
    pub user: UserId,
    pub session: Started,
    pub remembered: Option<Remembered>,
    /// The cookie by which this browser is known from now on.
    pub device: NewDevice,
    /// The page to show next.
    pub next: String,
}

/// Why the user is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("{0}")]
    Email(&'static str),
    /// An unknown email and a wrong password look the same.
    #[error("wrong email or password")]
    Wrong,
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// A remote logout or a new password came while the old password was being checked.
    #[error("conflict")]
    Conflict,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// What the password was checked against. It counts for nothing under a later epoch.
#[derive(Debug, Clone, FromRow)]
struct Evidence {
    id: UserId,
    account_id: AccountId,
    epoch: i64,
    password_hash: String,
}

/// A password that was right, and what it was checked against. Not a session: a second factor may
/// be owed, and everything may have changed by the time the session starts.
#[derive(Debug)]
pub struct VerifiedPassword {
    evidence: Evidence,
    /// A renewed hash, when the stored hash was computed with other settings.
    new_hash: Option<String>,
    permit: Permit,
}

/// Signs a user in.
///
/// # Errors
/// See [`SignInError`]. A failure is counted and recorded.
pub async fn sign_in(
    instance: &Instance,
    client: &Client,
    now: Moment,
    credentials: Credentials<'_>,
) -> Result<SignInOutcome, SignInError> {
    let verified = check_password(instance, client, now, &credentials).await?;
    let options = SignInOptions {
        remember_me: credentials.remember_me,
        next: credentials.next,
    };
    admit(instance, client, now, verified, options).await
}

/// Signs a user in who has just signed up and so has shown their password.
///
/// # Errors
/// As [`sign_in`].
pub async fn sign_in_new(
    instance: &Instance,
    client: &Client,
    now: Moment,
    user: &UserId,
) -> Result<SignInOutcome, SignInError> {
    let sql = "select id, account_id, epoch, password_hash from users where id = $1";
    let mut conn = instance.read(now).await?;
    let evidence = evidence_of(&mut conn, sql, user.as_str()).await?;
    drop(conn);
    let verified = VerifiedPassword {
        evidence: evidence.ok_or(SignInError::Wrong)?,
        new_hash: None,
        permit: Permit::none(),
    };
    let options = SignInOptions {
        remember_me: false,
        next: "/",
    };
    admit(instance, client, now, verified, options).await
}

/// Counts the attempt and checks the password, in the same time for an unknown email.
///
/// # Errors
/// As [`sign_in`], except [`SignInError::Conflict`].
pub async fn check_password(
    instance: &Instance,
    client: &Client,
    now: Moment,
    credentials: &Credentials<'_>,
) -> Result<VerifiedPassword, SignInError> {
    let email = clean_email(credentials.email).map_err(SignInError::Email)?;
    let mut op = Operation::begin(instance, client, now).await?;
    let permit = rate_limits::permit_sign_in(&mut op, &email)
        .await?
        .map_err(SignInError::RateLimited)?;
    op.commit().await?;

    let sql = "select id, account_id, epoch, password_hash from users
               where email = $1 and disabled_at is null";
    let mut conn = instance.read(now).await?;
    let evidence = evidence_of(&mut conn, sql, &email).await?;
    drop(conn);
    let password = credentials.password;
    let hasher = if permit.is_of_known_device() {
        instance.hasher.known(client)
    } else {
        instance.hasher.stranger(client)
    };
    let stored = evidence.as_ref().map(|e| e.password_hash.as_str());
    let verdict = match hasher.verify(password, stored).await {
        Ok(verdict) => verdict,
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            return Err(failed.into());
        }
    };
    let (evidence, new_hash) = match (evidence, verdict) {
        (Some(evidence), Verdict::Right) => (evidence, None),
        (Some(evidence), Verdict::RightButOld) => match hasher.hash(password).await {
            Ok(renewed) => (evidence, Some(renewed)),
            // The next sign-in renews it.
            Err(HashingFailed::Busy(_)) => (evidence, None),
            Err(failed) => return Err(failed.into()),
        },
        (evidence, _) => {
            let mut op = Operation::begin(instance, client, now).await?;
            record_failure(&mut op, evidence.as_ref());
            op.commit().await?;
            return Err(SignInError::Wrong);
        }
    };
    Ok(VerifiedPassword {
        evidence,
        new_hash,
        permit,
    })
}

async fn evidence_of(
    conn: &mut Conn,
    sql: &'static str,
    value: &str,
) -> Result<Option<Evidence>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(sql).bind(value).fetch_optional(c).await)
}

fn record_failure(op: &mut Operation, evidence: Option<&Evidence>) {
    let mut event = Event::of(Action::LoginFailed, Actor::Anonymous);
    if let Some(known) = evidence {
        event = event.in_account(&known.account_id).about(&known.id);
    }
    op.record(event);
}

/// Starts the session, or a pending sign-in where a second factor is owed, if what the password was
/// checked against still holds.
///
/// # Errors
/// [`SignInError::Conflict`] when a remote logout or a new password came in between.
pub async fn admit(
    instance: &Instance,
    client: &Client,
    now: Moment,
    verified: VerifiedPassword,
    options: SignInOptions<'_>,
) -> Result<SignInOutcome, SignInError> {
    let VerifiedPassword {
        evidence,
        new_hash,
        permit,
    } = verified;
    let mut op = Operation::begin(instance, client, now).await?;
    let user = op.lock_user(&evidence.id).await?;
    let user = user.ok_or(SignInError::Conflict)?;
    if user.epoch != evidence.epoch
        || user.password_hash != evidence.password_hash
        || user.disabled_at.is_some()
    {
        rate_limits::return_permit(&mut op, &permit).await?;
        op.commit().await?;
        return Err(SignInError::Conflict);
    }
    if let Some(hash) = new_hash {
        let sql = "update users set password_hash = $2 where id = $1";
        execute!(&mut op, sql, &user.id, hash)?;
    }
    rate_limits::clear_failures(&mut op, &permit).await?;
    let outcome = if user.two_factor_since.is_some() {
        SignInOutcome::SecondFactorRequired(pending::start(&mut op, &user, options).await?)
    } else {
        let signed_in = complete_sign_in(&mut op, &user, None, options).await?;
        SignInOutcome::SignedIn(Box::new(signed_in))
    };
    op.commit().await?;
    Ok(outcome)
}
