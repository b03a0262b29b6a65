//! A new email address: it counts once the link that was mailed to it has been used.

use serde_json::json;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    email_links::{self, About, Purpose},
    emails::{self, Email, EmailTemplate},
    keys::Keys,
    limits::Limits,
    on,
    rate_limits::{self, RateLimited},
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
    RateLimited(RateLimited),
    /// Used, too old, or overtaken by a remote logout.
    #[error("this link is over")]
    Expired,
    /// Somebody else has taken the address since.
    #[error("the address is taken")]
    Taken,
    /// A remote logout or another change came first; this session may have ended.
    #[error("conflict")]
    Conflict,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Mails a link to the new address and word of it to the old one. An address that somebody else has
/// gets word, and no link; the answer is the same. The caller has seen to it that the user has
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
    rate_limits::permit_email(tx, &email, Some(client), limits, now)
        .await?
        .map_err(ChangeEmailError::RateLimited)?;
    let user = &who.user.id;
    let locked = sessions::lock_live(tx, who, limits, now)
        .await?
        .ok_or(ChangeEmailError::Conflict)?;
    if id_of_email(tx, &email).await?.is_some() {
        emails::enqueue(
            tx,
            &email,
            &Email::new(EmailTemplate::EmailTaken, client),
            now,
        )
        .await?;
    } else {
        let person = Some((user, locked.epoch));
        let about = About {
            email: Some(&email),
            session: None,
        };
        let (token, until) =
            email_links::issue(tx, Purpose::ChangeEmail, person, about, limits, now).await?;
        let message = Email::new(EmailTemplate::ConfirmEmail, client);
        emails::enqueue_with_link(tx, keys, &email, &message, &token, until, now).await?;
    }
    let template = EmailTemplate::EmailChangeRequested {
        email: email.clone(),
    };
    emails::enqueue(tx, &locked.email, &Email::new(template, client), now).await?;
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
    let found = email_links::find(tx, purpose, link, now).await?;
    let user = found.ok_or(ChangeEmailError::Expired)?.user_id;
    let locked = users::lock(tx, &user)
        .await?
        .ok_or(ChangeEmailError::Expired)?;
    // Asked again under the lock.
    let found = email_links::find(tx, purpose, link, now).await?;
    let email = found
        .and_then(|link| link.email)
        .ok_or(ChangeEmailError::Expired)?;
    on!(tx, c => sqlx::query("update users set email = $2 where id = $1")
        .bind(&user)
        .bind(&email)
        .execute(c)
        .await
        .map(|_| ()))
    .map_err(taken)?;
    // This one, and those that went to the old address.
    email_links::consume_all(tx, &user, now).await?;
    for to in [&locked.email, &email] {
        let template = EmailTemplate::EmailChanged {
            email: email.clone(),
        };
        emails::enqueue(tx, to, &Email::new(template, client), now).await?;
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
        _ => ChangeEmailError::Database(error),
    }
}
