//! Signing up: a new user with an account of their own. At once, or once they have shown with a
//! emailed link that the mailbox is theirs: then nobody learns from signing up who is here already.

use sqlx::FromRow;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Conn, Db, Tx},
    emails::{self, Email, EmailTemplate},
    keys::Keys,
    limits::Limits,
    on,
    passwords::{Hasher, HashingFailed, Verdict},
    plans::Plan,
    rate_limits::{self, RateLimited},
    secret::{Secret, Token},
    time::Moment,
    users::{
        AccountId, UserError, UserId, any_user, clean_new_user, id_of_email, insert_account,
        insert_user, taken,
    },
};

/// Who may sign up (`CURFEW_SIGN_UP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    Open,
    /// Only the first user of a fresh install.
    First,
    Closed,
}

/// A user who wants to sign up, as typed.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub password: &'a Secret,
    pub plan: Plan,
}

/// Why a link made nobody.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// Used, too old, or somebody has the address meanwhile.
    #[error("this link is over")]
    Expired,
    /// It is not the password that was typed when signing up.
    #[error("wrong password")]
    Wrong,
    /// Passwords tried with this link.
    #[error("too many attempts")]
    RateLimited(RateLimited),
    #[error("sign-up is closed")]
    Closed,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

const EMAIL_TAKEN: &str = "There is already an account with this email address.";

/// What was typed, made clean, and the password's hash.
struct Ready {
    name: String,
    email: String,
    hash: String,
}

/// Makes a user and a new account they own. Signs nobody in.
///
/// # Errors
/// The field that is wrong, or [`UserError::Closed`].
pub async fn sign_up(
    db: &Db,
    hasher: &Hasher,
    policy: SignUp,
    limits: &Limits,
    new: NewUser<'_>,
    client: &Client,
    now: Moment,
) -> Result<UserId, UserError> {
    let plan = new.plan;
    let ready = checked(db, hasher, policy, limits, new, client, now).await?;
    let mut tx = db.write().await?;
    one_sign_up_at_a_time(&mut tx).await?;
    if !sign_up_open(&mut tx, policy).await? {
        return Err(UserError::Closed);
    }
    let user = insert(&mut tx, &ready, plan, client, now)
        .await
        .map_err(|e| taken(e, UserError::field("email", EMAIL_TAKEN)))?;
    tx.commit().await?;
    Ok(user)
}

/// Mails a link to whoever wants to sign up. To an address that somebody has goes word instead; the
/// steps and the answer are the same.
///
/// # Errors
/// The field that is wrong, or [`UserError::Closed`].
pub async fn ask(
    db: &Db,
    keys: &Keys,
    hasher: &Hasher,
    policy: SignUp,
    limits: &Limits,
    new: NewUser<'_>,
    client: &Client,
    now: Moment,
) -> Result<(), UserError> {
    let plan = new.plan;
    let ready = checked(db, hasher, policy, limits, new, client, now).await?;
    let mut tx = db.write().await?;
    rate_limits::permit_sign_up_email(&mut tx, &ready.email, limits, now)
        .await?
        .map_err(UserError::RateLimited)?;
    let token = Token::random();
    let good_until = now.at + limits.email_link;
    on!(&mut tx, c => sqlx::query(
        "insert into sign_ups (token_hash, name, email, password_hash, plan, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(token.hash())
        .bind(&ready.name)
        .bind(&ready.email)
        .bind(&ready.hash)
        .bind(plan)
        .bind(now.at)
        .bind(good_until)
        .execute(c)
        .await
        .map(|_| ()))?;
    // The email to somebody who is here does not show its link.
    let template = match id_of_email(&mut tx, &ready.email).await? {
        Some(_) => EmailTemplate::AlreadyHere,
        None => EmailTemplate::ConfirmSignUp,
    };
    let (to, email) = (&ready.email, Email::new(template, client));
    emails::enqueue_with_link(&mut tx, keys, to, &email, &token, good_until, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A sign-up that waits for its email to be read.
#[derive(Debug, Clone, FromRow)]
pub struct Waiting {
    pub name: String,
    pub email: String,
    password_hash: String,
    plan: Plan,
}

/// The sign-up behind a link, while it stands. Uses nothing up.
///
/// # Errors
/// When the database is unavailable.
pub async fn waiting(
    conn: &mut Conn,
    link: &Token,
    now: Moment,
) -> Result<Option<Waiting>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select name, email, password_hash, plan from sign_ups
         where token_hash = $1 and used_at is null and expires_at > $2
           and not exists (select 1 from users u where u.email = sign_ups.email)")
        .bind(link.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Makes the user with the link from the email and the password they signed up with: whoever only reads
/// the mail, or only typed somebody else's address, has not both. Signs nobody in.
///
/// # Errors
/// See [`ConfirmError`]; the link is good as before, unless it is over.
pub async fn confirm(
    db: &Db,
    hasher: &Hasher,
    policy: SignUp,
    limits: &Limits,
    link: &Token,
    password: &Secret,
    client: &Client,
    now: Moment,
) -> Result<UserId, ConfirmError> {
    let found = waiting(&mut db.read().await?, link, now).await?;
    let found = found.ok_or(ConfirmError::Expired)?;
    let mut tx = db.write().await?;
    rate_limits::permit_link(&mut tx, link, limits, now)
        .await?
        .map_err(ConfirmError::RateLimited)?;
    tx.commit().await?;
    if hasher.verify(password, Some(&found.password_hash)).await? == Verdict::Wrong {
        return Err(ConfirmError::Wrong);
    }

    let mut tx = db.write().await?;
    one_sign_up_at_a_time(&mut tx).await?;
    if !sign_up_open(&mut tx, policy).await? {
        return Err(ConfirmError::Closed);
    }
    // Asked again, alone: a second click has either committed or not begun.
    let found = waiting(&mut tx, link, now).await?;
    let found = found.ok_or(ConfirmError::Expired)?;
    on!(&mut tx, c => sqlx::query("update sign_ups set used_at = $2 where token_hash = $1")
        .bind(link.hash())
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    let ready = Ready {
        name: found.name,
        email: found.email,
        hash: found.password_hash,
    };
    let user = insert(&mut tx, &ready, found.plan, client, now)
        .await
        .map_err(|e| match e.as_database_error() {
            Some(known) if known.is_unique_violation() => ConfirmError::Expired,
            _ => ConfirmError::Database(e),
        })?;
    tx.commit().await?;
    Ok(user)
}

/// Whether somebody may sign up now.
///
/// # Errors
/// When the database is unavailable.
pub async fn sign_up_open(conn: &mut Conn, policy: SignUp) -> Result<bool, sqlx::Error> {
    Ok(match policy {
        SignUp::Open => true,
        SignUp::Closed => false,
        SignUp::First => !any_user(conn).await?,
    })
}

async fn checked(
    db: &Db,
    hasher: &Hasher,
    policy: SignUp,
    limits: &Limits,
    new: NewUser<'_>,
    client: &Client,
    now: Moment,
) -> Result<Ready, UserError> {
    // Asked before the costly hash; whoever makes somebody asks again.
    if !sign_up_open(&mut db.read().await?, policy).await? {
        return Err(UserError::Closed);
    }
    let (shortest, password) = (limits.password_min, new.password);
    let (name, email) = clean_new_user(hasher, shortest, new.name, new.email, password).await?;
    if client.ip.is_some() {
        // Not the operator on the machine itself.
        let mut tx = db.write().await?;
        rate_limits::permit_sign_up(&mut tx, client, limits, now)
            .await?
            .map_err(UserError::RateLimited)?;
        tx.commit().await?;
    }
    let hash = hasher.hash(password).await?;
    Ok(Ready { name, email, hash })
}

async fn insert(
    tx: &mut Tx,
    ready: &Ready,
    plan: Plan,
    client: &Client,
    now: Moment,
) -> Result<UserId, sqlx::Error> {
    let Ready { name, email, hash } = ready;
    let account = AccountId(now.id());
    insert_account(tx, &account, &format!("{name}’s account"), plan, now).await?;
    let user = UserId(now.id());
    insert_user(tx, &user, &account, name, email, hash, now).await?;
    let event = Event::of(Action::UserCreated, Actor::User(&user), client)
        .in_account(&account)
        .about(&user);
    audit::record(tx, event, now).await?;
    Ok(user)
}

/// Two first sign-ups at once would both find nobody. SQLite has one writer anyway.
async fn one_sign_up_at_a_time(tx: &mut Tx) -> Result<(), sqlx::Error> {
    match &mut **tx {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(held) => sqlx::query("select pg_advisory_xact_lock(7265811)")
            .execute(&mut **held)
            .await
            .map(|_| ()),
    }
}
