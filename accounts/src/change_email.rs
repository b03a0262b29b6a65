//! A new email address: it counts once the link that was mailed to it has been used.

use serde_json::json;

use crate::{
    attempts::{self, TooMany},
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    keys::Keys,
    letters::{self, Letter, News},
    limits::Limits,
    mail_links::{self, About, Purpose},
    on,
    secret::Token,
    sessions::{self, SignedIn},
    time::Moment,
    users::{self, clean_email, id_of_email},
};

/// Why the address is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    #[error("{0}")]
    Email(&'static str),
    #[error("too many attempts")]
    TooMany(TooMany),
    /// Used, too old, or overtaken by a remote logout.
    #[error("this link is over")]
    Over,
    /// Somebody else has taken the address since.
    #[error("the address is taken")]
    Taken,
    /// A remote logout or another change came first; this session may have ended.
    #[error("raced")]
    Raced,
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

/// Mails a link to the new address and word of it to the old one. An address that somebody else has
/// gets word, and no link; the answer is the same. The caller has seen to it that the person has
/// confirmed who they are (step-up).
///
/// # Errors
/// See [`ChangeEmailError`].
pub async fn request(
    tx: &mut Tx,
    keys: &Keys,
    limits: &Limits,
    who: &SignedIn,
    email: &str,
    client: &Client,
    now: Moment,
) -> Result<(), ChangeEmailError> {
    let email = clean_email(email).map_err(ChangeEmailError::Email)?;
    if email == who.user.email {
        return Err(ChangeEmailError::Email("This is your address already."));
    }
    attempts::claim_letter(tx, &email, Some(client), limits, now)
        .await?
        .map_err(ChangeEmailError::TooMany)?;
    let user = &who.user.id;
    let locked = sessions::lock_alive(tx, who, limits, now)
        .await?
        .ok_or(ChangeEmailError::Raced)?;
    if id_of_email(tx, &email).await?.is_some() {
        letters::post(tx, &email, &Letter::new(News::EmailTaken, client), now).await?;
    } else {
        let person = Some((user, locked.epoch));
        let about = About {
            email: Some(&email),
            session: None,
        };
        let (token, until) =
            mail_links::issue(tx, Purpose::ChangeEmail, person, about, limits, now).await?;
        let letter = Letter::new(News::ConfirmEmail, client);
        letters::post_with_link(tx, keys, &email, &letter, &token, until, now).await?;
    }
    let news = News::EmailChangeRequested {
        email: email.clone(),
    };
    letters::post(tx, &locked.email, &Letter::new(news, client), now).await?;
    let event = Event::of(Action::EmailChangeRequested, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({ "to": email }));
    audit::record(tx, event, now).await?;
    Ok(())
}

/// Changes the address with the link that was mailed to it. Returns the new address.
///
/// # Errors
/// See [`ChangeEmailError`].
pub async fn confirm(
    tx: &mut Tx,
    link: &Token,
    client: &Client,
    now: Moment,
) -> Result<String, ChangeEmailError> {
    let purpose = Purpose::ChangeEmail;
    let found = mail_links::find(tx, purpose, link, now).await?;
    let user = found.ok_or(ChangeEmailError::Over)?.user_id;
    let locked = users::lock(tx, &user)
        .await?
        .ok_or(ChangeEmailError::Over)?;
    // Asked again under the lock.
    let found = mail_links::find(tx, purpose, link, now).await?;
    let email = found
        .and_then(|link| link.email)
        .ok_or(ChangeEmailError::Over)?;
    on!(tx, c => sqlx::query("update users set email = $2 where id = $1")
        .bind(&user)
        .bind(&email)
        .execute(c)
        .await
        .map(|_| ()))
    .map_err(taken)?;
    // This one, and those that went to the old address.
    mail_links::spend_all(tx, &user, now).await?;
    for to in [&locked.email, &email] {
        let news = News::EmailChanged {
            email: email.clone(),
        };
        letters::post(tx, to, &Letter::new(news, client), now).await?;
    }
    let event = Event::of(Action::EmailChanged, Actor::User(&user), client)
        .in_account(&locked.account_id)
        .about(&user)
        .with(json!({ "from": locked.email, "to": email }));
    audit::record(tx, event, now).await?;
    Ok(email)
}

fn taken(error: sqlx::Error) -> ChangeEmailError {
    match error.as_database_error() {
        Some(e) if e.is_unique_violation() => ChangeEmailError::Taken,
        _ => ChangeEmailError::Store(error),
    }
}
