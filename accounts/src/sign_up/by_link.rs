//! Signing up with a link by email: the user shows that the mailbox is theirs before there is a user.

use sqlx::FromRow;

use super::{
    new_user::{Ready, checked, insert},
    policy::{FirstUser, Opening, Policy, one_sign_up_at_a_time, opening},
};
use crate::{
    client::Client,
    emails::EmailTemplate,
    execute,
    ids::UserId,
    instance::{Instance, Reader},
    on,
    operation::Operation,
    passwords::{HashingFailed, Verdict},
    plans::Plan,
    rate_limits::{self, RateLimited},
    secret::{Secret, Token},
    setup_code,
    time::Moment,
    users::{CleanUser, NewUser, UserError, id_of_email, note_email_verified},
};

/// The link from the email, and the password that was typed when signing up.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation<'a> {
    pub link: &'a Token,
    pub password: &'a Secret,
}

/// Why a link created no user.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// Used, too old, or another user has the address meanwhile.
    #[error("the link has expired")]
    Expired,
    /// It is not the password that was typed when signing up.
    #[error("wrong password")]
    Wrong,
    /// Too many passwords were tried with this link.
    #[error("too many attempts")]
    RateLimited(RateLimited),
    #[error("sign-up is closed")]
    Closed,
    /// The last user was deleted since the link was sent: who gets the install signs up anew, with the setup code.
    #[error("the install has no user any more")]
    SetupCode,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Emails a link that finishes the sign-up. When a user has the address already, that user is told instead; the steps
/// and the answer are the same.
///
/// # Errors
/// The field that is wrong, or [`UserError::Closed`].
pub async fn ask(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<(), UserError> {
    // Whether it gets an install without users is asked when the link is used.
    let Ready { user: ready, .. } = checked(instance, client, now, policy, new).await?;
    let mut op = Operation::begin(instance, client, now).await?;
    rate_limits::permit_sign_up_email(&mut op, &ready.email)
        .await?
        .map_err(UserError::RateLimited)?;
    let token = Token::random();
    let expires_at = now.at + instance.limits.email_link;
    execute!(
        &mut op,
        "insert into sign_ups (token_hash, name, email, password_hash, plan, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        token.hash(),
        &ready.name,
        &ready.email,
        &ready.password_hash,
        policy.plan,
        now.at,
        expires_at
    )?;
    // The email to a user who exists already does not show its link.
    let template = match id_of_email(&mut op, &ready.email).await? {
        Some(_) => EmailTemplate::AlreadyHere,
        None => EmailTemplate::ConfirmSignUp,
    };
    op.email_with_link(&ready.email, template, &token, expires_at);
    op.commit().await?;
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

/// The sign-up behind a link, while the link is valid. Consumes nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn waiting(conn: &mut Reader, link: &Token) -> Result<Option<Waiting>, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_as(
        "select name, email, password_hash, plan from sign_ups
         where token_hash = $1 and used_at is null and expires_at > $2
           and not exists (select 1 from users u where u.email = sign_ups.email)")
        .bind(link.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Creates the user with the link from the email and the password they signed up with. A stranger who only reads the
/// email, or who only typed another user's address, does not have both. Signs no user in.
///
/// # Errors
/// See [`ConfirmError`]; the link is as valid as before, unless it has expired.
pub async fn confirm(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    confirmation: Confirmation<'_>,
) -> Result<UserId, ConfirmError> {
    let Confirmation { link, password } = confirmation;
    let found = waiting(&mut instance.read(now).await?, link).await?;
    let found = found.ok_or(ConfirmError::Expired)?;
    let mut op = Operation::begin(instance, client, now).await?;
    let permit = rate_limits::permit_link(&mut op, link)
        .await?
        .map_err(ConfirmError::RateLimited)?;
    op.commit().await?;
    let hash = Some(found.password_hash.as_str());
    let hasher = instance.hasher.known(client);
    match hasher.verify(password, hash).await {
        Ok(Verdict::Wrong) => return Err(ConfirmError::Wrong),
        Ok(Verdict::Right | Verdict::RightButOld) => {}
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            return Err(failed.into());
        }
    }

    let mut op = Operation::begin(instance, client, now).await?;
    one_sign_up_at_a_time(&mut op).await?;
    match (opening(&mut op, policy.sign_up).await?, policy.first) {
        (Opening::Closed, _) => return Err(ConfirmError::Closed),
        (Opening::First, FirstUser::Shows(code)) if !setup_code::is_right(&instance.keys, code) => {
            return Err(ConfirmError::SetupCode);
        }
        (Opening::First | Opening::Open, _) => {}
    }
    // Read again, now that no other sign-up runs: a second click has either committed or not begun.
    let found = waiting(&mut op, link).await?;
    let found = found.ok_or(ConfirmError::Expired)?;
    execute!(
        &mut op,
        "update sign_ups set used_at = $2 where token_hash = $1",
        link.hash(),
        now.at
    )?;
    let ready = CleanUser {
        name: found.name,
        email: found.email,
        password_hash: found.password_hash,
    };
    let user =
        insert(&mut op, &ready, found.plan)
            .await
            .map_err(|e| match e.as_database_error() {
                Some(known) if known.is_unique_violation() => ConfirmError::Expired,
                _ => ConfirmError::Database(e),
            })?;
    note_email_verified(&mut op, &user).await?;
    op.commit().await?;
    Ok(user)
}
