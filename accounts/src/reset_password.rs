//! A forgotten password: a link by mail, and a new password with it. The link signs nobody in: the
//! next sign-in asks for all that any sign-in asks for.

use serde_json::json;

use crate::{
    attempts::{self, TooMany},
    audit::{self, Action, Actor, Client, Event},
    change_password::set_password,
    db::{Db, Tx},
    keys::Keys,
    letters::{self, Letter, News},
    limits::Limits,
    mail_links::{self, About, Purpose},
    passwords::{Hasher, HashingFailed, Unacceptable, Verdict},
    secret::{Secret, Token},
    sessions::{self, Because},
    time::Moment,
    users::{self, AccountId, UserId, clean_email, id_of_email},
};

/// Why no link was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("{0}")]
    Email(&'static str),
    #[error("too many attempts")]
    TooMany(TooMany),
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

/// Why the password is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Used, too old, or a remote logout or another change of password came in between.
    #[error("this link is over")]
    Over,
    /// Passwords tried with links: whoever reads the mail must not find the old one out that way.
    #[error("too many attempts")]
    TooMany(TooMany),
    /// It is the password that somebody else may know.
    #[error("the new password is the old one")]
    Same,
    #[error(transparent)]
    Unacceptable(#[from] Unacceptable),
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
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
    attempts::claim_letter(&mut tx, &email, Some(client), limits, now)
        .await?
        .map_err(RequestError::TooMany)?;
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
        mail_links::issue(&mut tx, Purpose::ResetPassword, person, about, limits, now).await?;
    let to = known.as_ref().map_or("", |(_, person)| &person.email);
    let letter = Letter::new(News::ResetPassword, client);
    letters::post_with_link(&mut tx, keys, to, &letter, &token, until, now).await?;
    let mut event = Event::of(Action::PasswordResetRequested, Actor::Nobody, client);
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
    let found = mail_links::find(&mut conn, Purpose::ResetPassword, link, now).await?;
    let user = found.ok_or(ResetError::Over)?.user_id;
    let person = users::find(&mut conn, &user)
        .await?
        .ok_or(ResetError::Over)?;
    let had = users::password_hash(&mut conn, &user).await?;
    drop(conn);
    let mut tx = db.write().await?;
    attempts::claim_link(&mut tx, link, limits, now)
        .await?
        .map_err(ResetError::TooMany)?;
    tx.commit().await?;
    if hasher.verify(new, Some(&had)).await? != Verdict::Wrong {
        return Err(ResetError::Same);
    }
    let about = [person.name.as_str(), person.email.as_str()];
    hasher.accept(new, limits.password_min, &about).await??;
    let hash = hasher.hash(new).await?;

    let mut tx = db.write().await?;
    let locked = users::lock(&mut tx, &user).await?.ok_or(ResetError::Over)?;
    // Asked again under the lock: a press, or a second click, has either committed or not begun.
    mail_links::find(&mut tx, Purpose::ResetPassword, link, now)
        .await?
        .ok_or(ResetError::Over)?;
    mail_links::spend(&mut tx, link, now).await?;
    set_password(&mut tx, &user, &hash, now).await?;
    // Whoever could not sign in for too many wrong passwords has a new one now.
    attempts::forget_email(&mut tx, &locked.email).await?;
    attempts::forget_devices(&mut tx, &user, None).await?;
    let letter = Letter::new(News::PasswordReset, client);
    letters::post(&mut tx, &locked.email, &letter, now).await?;
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
    sessions::end_rows(tx, user, Because::PasswordChanged, &event.id, None, now).await?;
    Ok(Reset {
        sessions: open.sessions,
        remembered_devices: open.remembered_devices,
    })
}
