//! A forgotten password: a link by mail, and a new password with it. The link signs nobody in: the
//! next sign-in asks for all that any sign-in asks for.

use serde_json::json;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    change_password::set_password,
    db::{Db, Tx},
    email_links::{self, About, Purpose},
    emails::{self, Email, EmailTemplate},
    keys::Keys,
    limits::Limits,
    passwords::{Hasher, HashingFailed, Unacceptable, Verdict},
    rate_limits::{self, RateLimited},
    secret::{Secret, Token},
    sessions::{self, EndReason},
    time::Moment,
    users::{self, AccountId, UserId, clean_email, id_of_email},
};

/// Why no link was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("{0}")]
    Email(&'static str),
    #[error("too many attempts")]
    RateLimited(RateLimited),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Why the password is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Used, too old, or a remote logout or another change of password came in between.
    #[error("this link is over")]
    Expired,
    /// Passwords tried with links: whoever reads the mail must not find the old one out that way.
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// It is the password that somebody else may know.
    #[error("the new password is the old one")]
    Same,
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// What ended with the old password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reset {
    pub sessions: i64,
    pub remembered_devices: i64,
}

/// Mails a link to whoever has the address. For an address that nobody has, the same steps are
/// taken and the same answer is given.
///
/// # Errors
/// See [`RequestError`].
pub async fn request(
    db: &Db,
    keys: &Keys,
    limits: &Limits,
    email: &str,
    client: &Client,
    now: Moment,
) -> Result<(), RequestError> {
    let email = clean_email(email).map_err(RequestError::Email)?;
    let mut tx = db.write().await?;
    rate_limits::permit_email(&mut tx, &email, Some(client), limits, now)
        .await?
        .map_err(RequestError::RateLimited)?;
    let found = id_of_email(&mut tx, &email).await?;
    let found = found.unwrap_or_else(|| UserId(String::new()));
    // Under their lock: the address may be another one by now, and the old mailbox somebody else's.
    let locked = users::lock(&mut tx, &found).await?;
    let known = locked
        .filter(|person| person.email == email && person.disabled_at.is_none())
        .map(|person| (found, person));
    let person = known.as_ref().map(|(id, person)| (id, person.epoch));
    let about = About::default();
    let (token, until) =
        email_links::issue(&mut tx, Purpose::ResetPassword, person, about, limits, now).await?;
    let to = known.as_ref().map_or("", |(_, person)| &person.email);
    let email = Email::new(EmailTemplate::ResetPassword, client);
    emails::enqueue_with_link(&mut tx, keys, to, &email, &token, until, now).await?;
    let mut event = Event::of(Action::PasswordResetRequested, Actor::Anonymous, client);
    if let Some((id, person)) = &known {
        event = event.in_account(&person.account_id).about(id);
    }
    audit::record(&mut tx, event, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Sets a new password with a link. Every session and remembered device ends, on every plan.
///
/// # Errors
/// See [`ResetError`]; the link is good as before, unless it is over.
pub async fn reset(
    db: &Db,
    hasher: &Hasher,
    limits: &Limits,
    link: &Token,
    new: &Secret,
    client: &Client,
    now: Moment,
) -> Result<Reset, ResetError> {
    let mut conn = db.read().await?;
    let found = email_links::find(&mut conn, Purpose::ResetPassword, link, now).await?;
    let user = found.ok_or(ResetError::Expired)?.user_id;
    let person = users::find(&mut conn, &user)
        .await?
        .ok_or(ResetError::Expired)?;
    let had = users::password_hash(&mut conn, &user).await?;
    drop(conn);
    let mut tx = db.write().await?;
    rate_limits::permit_link(&mut tx, link, limits, now)
        .await?
        .map_err(ResetError::RateLimited)?;
    tx.commit().await?;
    if hasher.verify(new, Some(&had)).await? != Verdict::Wrong {
        return Err(ResetError::Same);
    }
    let about = [person.name.as_str(), person.email.as_str()];
    hasher.accept(new, limits.password_min, &about).await??;
    let hash = hasher.hash(new).await?;

    let mut tx = db.write().await?;
    let locked = users::lock(&mut tx, &user)
        .await?
        .ok_or(ResetError::Expired)?;
    // Asked again under the lock: a remote logout, or a second click, has either committed or not begun.
    email_links::find(&mut tx, Purpose::ResetPassword, link, now)
        .await?
        .ok_or(ResetError::Expired)?;
    email_links::consume(&mut tx, link, now).await?;
    set_password(&mut tx, &user, &hash, now).await?;
    // Whoever could not sign in for too many wrong passwords has a new one now.
    rate_limits::clear_email_failures(&mut tx, &locked.email).await?;
    rate_limits::forget_devices(&mut tx, &user, None).await?;
    let email = Email::new(EmailTemplate::PasswordReset, client);
    emails::enqueue(&mut tx, &locked.email, &email, now).await?;
    let reset = end_everything(&mut tx, &user, &locked.account_id, client, limits, now).await?;
    tx.commit().await?;
    Ok(reset)
}

async fn end_everything(
    tx: &mut Tx,
    user: &UserId,
    account: &AccountId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Reset, sqlx::Error> {
    sessions::end_expired(tx, user, limits, now).await?;
    let open = sessions::count_open(tx, user, limits, now).await?;
    sessions::raise_epoch(tx, user).await?;
    let event = Event::of(Action::PasswordChanged, Actor::User(user), client)
        .in_account(account)
        .about(user)
        .with(json!({
            "how": "reset",
            "sessions": open.sessions,
            "remembered_devices": open.remembered_devices,
        }));
    let event = audit::record(tx, event, now).await?;
    sessions::end_rows(tx, user, EndReason::PasswordChanged, &event.id, None, now).await?;
    Ok(Reset {
        sessions: open.sessions,
        remembered_devices: open.remembered_devices,
    })
}
