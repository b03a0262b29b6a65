//! Signing in: from an email and a password to a session.
//!
//! The way is: limit, password, second factor, session. [`check_password`] ends with a [`VerifiedPassword`];
//! [`admit`] makes a session of it, or a pending sign-in where a second factor is owed, which
//! [`verify_code`] completes.

mod complete;
mod pending;

pub use pending::{CodeError, PendingSignIn, pending_is_open, verify_code};

use sqlx::FromRow;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Db,
    keys::Keys,
    limits::Limits,
    on,
    passwords::{Hasher, HashingFailed, Verdict},
    rate_limits::{self, Permit, RateLimited},
    remember_me::Remembered,
    secret::{Secret, Token},
    sessions::Started,
    time::Moment,
    users::{self, AccountId, UserId, clean_email},
};
use complete::{CompletingSignIn, complete_sign_in};

/// Somebody who wants in, as typed.
#[derive(Debug)]
pub struct Credentials<'a> {
    pub email: &'a str,
    pub password: &'a Secret,
    pub remember_me: bool,
    /// The cookie that says which browser this is. Grants nothing.
    pub known_device: Option<&'a Token>,
    /// The page to go on to, kept for when a second factor is owed.
    pub next: &'a str,
}

/// What the browser asked for and brought along.
#[derive(Debug, Clone, Copy)]
pub struct SignInOptions<'a> {
    pub remember_me: bool,
    /// See [`Credentials::known_device`].
    pub known_device: Option<&'a Token>,
    /// See [`Credentials::next`].
    pub next: &'a str,
}

/// What a right password led to.
#[derive(Debug)]
pub enum SignInOutcome {
    SignedIn(Box<CompletedSignIn>),
    SecondFactorRequired(PendingSignIn),
}

/// A user who is in.
#[derive(Debug)]
pub struct CompletedSignIn {
    pub user: UserId,
    pub session: Started,
    pub remembered: Option<Remembered>,
    /// The cookie by which this browser is known from now on.
    pub known_device: Token,
    /// The page to go on to.
    pub next: String,
}

/// Why somebody is not in.
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

/// What the password was checked against. Evidence is worth nothing under a later epoch.
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
    /// A renewed hash, when the stored one was made with other settings.
    new_hash: Option<String>,
    permit: Permit,
}

/// Signs somebody in.
///
/// # Errors
/// See [`SignInError`]. A failure is counted and recorded.
pub async fn sign_in(
    db: &Db,
    keys: &Keys,
    hasher: &Hasher,
    limits: &Limits,
    who: Credentials<'_>,
    client: &Client,
    now: Moment,
) -> Result<SignInOutcome, SignInError> {
    let checked = check_password(db, hasher, limits, &who, client, now).await?;
    let options = SignInOptions {
        remember_me: who.remember_me,
        known_device: who.known_device,
        next: who.next,
    };
    admit(db, keys, limits, checked, options, client, now).await
}

/// Signs a user in who has just signed up and so has shown their password.
///
/// # Errors
/// As [`sign_in`].
pub async fn sign_in_new(
    db: &Db,
    keys: &Keys,
    limits: &Limits,
    user: &UserId,
    known_device: Option<&Token>,
    client: &Client,
    now: Moment,
) -> Result<SignInOutcome, SignInError> {
    let evidence = evidence_of(
        db,
        "select id, account_id, epoch, password_hash from users where id = $1",
        &user.0,
    )
    .await?
    .ok_or(SignInError::Wrong)?;
    let checked = VerifiedPassword {
        evidence,
        new_hash: None,
        permit: Permit::none(),
    };
    let options = SignInOptions {
        remember_me: false,
        known_device,
        next: "/",
    };
    admit(db, keys, limits, checked, options, client, now).await
}

/// Counts the attempt and checks the password, in the same time for an unknown email.
///
/// # Errors
/// As [`sign_in`], but for [`SignInError::Conflict`].
pub async fn check_password(
    db: &Db,
    hasher: &Hasher,
    limits: &Limits,
    who: &Credentials<'_>,
    client: &Client,
    now: Moment,
) -> Result<VerifiedPassword, SignInError> {
    let email = clean_email(who.email).map_err(SignInError::Email)?;
    let mut tx = db.write().await?;
    let permit =
        rate_limits::permit_sign_in(&mut tx, &email, who.known_device, client, limits, now)
            .await?
            .map_err(SignInError::RateLimited)?;
    tx.commit().await?;

    let evidence = evidence_of(
        db,
        "select id, account_id, epoch, password_hash from users where email = $1 and disabled_at is null",
        &email,
    )
    .await?;
    let stored = evidence.as_ref().map(|e| e.password_hash.as_str());
    let verdict = hasher.verify(who.password, stored).await?;
    let (evidence, new_hash) = match (evidence, verdict) {
        (Some(evidence), Verdict::Right) => (evidence, None),
        (Some(evidence), Verdict::RightButOld) => {
            (evidence, Some(hasher.hash(who.password).await?))
        }
        (evidence, _) => {
            record_failure(db, evidence.as_ref(), client, now).await?;
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
    db: &Db,
    by: &'static str,
    value: &str,
) -> Result<Option<Evidence>, sqlx::Error> {
    on!(&mut db.read().await?, c => sqlx::query_as(by).bind(value).fetch_optional(c).await)
}

async fn record_failure(
    db: &Db,
    evidence: Option<&Evidence>,
    client: &Client,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let mut event = Event::of(Action::LoginFailed, Actor::Anonymous, client);
    if let Some(known) = evidence {
        event = event.in_account(&known.account_id).about(&known.id);
    }
    let mut tx = db.write().await?;
    audit::record(&mut tx, event, now).await?;
    tx.commit().await
}

/// Starts the session, or a pending sign-in where a second factor is owed, if what the password was
/// checked against still stands.
///
/// # Errors
/// [`SignInError::Conflict`] when a remote logout or a new password came in between.
pub async fn admit(
    db: &Db,
    keys: &Keys,
    limits: &Limits,
    checked: VerifiedPassword,
    options: SignInOptions<'_>,
    client: &Client,
    now: Moment,
) -> Result<SignInOutcome, SignInError> {
    let VerifiedPassword {
        evidence,
        new_hash,
        permit,
    } = checked;
    let user = &evidence.id;
    let mut tx = db.write().await?;
    let locked = users::lock(&mut tx, user)
        .await?
        .ok_or(SignInError::Conflict)?;
    if locked.epoch != evidence.epoch
        || locked.password_hash != evidence.password_hash
        || locked.disabled_at.is_some()
    {
        rate_limits::return_permit(&mut tx, &permit).await?;
        tx.commit().await?;
        return Err(SignInError::Conflict);
    }
    if let Some(hash) = new_hash {
        on!(&mut tx, c => sqlx::query("update users set password_hash = $2 where id = $1")
            .bind(user)
            .bind(hash)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    rate_limits::clear_failures(&mut tx, &permit).await?;
    let admitted = if locked.two_factor_since.is_some() {
        let pending = pending::start(&mut tx, (user, &locked), options, limits, now).await?;
        SignInOutcome::SecondFactorRequired(pending)
    } else {
        let completing = CompletingSignIn {
            user,
            locked: &locked,
            second_factor: None,
            options,
        };
        SignInOutcome::SignedIn(Box::new(
            complete_sign_in(&mut tx, keys, completing, client, limits, now).await?,
        ))
    };
    tx.commit().await?;
    Ok(admitted)
}
