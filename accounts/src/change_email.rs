//! A new email address: it counts once the one-time link that was sent to it is consumed. Until then its user sees that
//! it was asked for, and can cancel it.

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    email_address::clean_email,
    email_links::{self, About, Purpose},
    emails::{EmailTemplate, Recipient},
    execute,
    ids::UserId,
    instance::Reader,
    on,
    operation::Operation,
    rate_limits::{self, RateLimited},
    secret::Token,
    signed_in::SignedIn,
    time::UnixMillis,
    users::id_of_email,
};

/// Why the address has not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    #[error("{0}")]
    Email(&'static str),
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// Used, too old, or issued before a remote logout.
    #[error("the link has expired")]
    Expired,
    /// The account has come to require a second factor since, and the user has none.
    #[error("the account requires a second factor")]
    SecondFactorRequired,
    /// Another user has taken the address since.
    #[error("the address is taken")]
    Taken,
    /// A remote logout or another change came first; this session may have ended.
    #[error("conflict")]
    Conflict,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Emails a link to the new address and tells the old one. An address that another user has is told, and gets no
/// link; the answer is the same. The caller has checked that the user has passed step-up.
///
/// # Errors
/// See [`ChangeEmailError`].
pub async fn request(
    op: &mut Operation,
    who: &SignedIn,
    email: &str,
) -> Result<(), ChangeEmailError> {
    let email = clean_email(email).map_err(ChangeEmailError::Email)?;
    if email == who.user.email {
        return Err(ChangeEmailError::Email("This is your address already."));
    }
    rate_limits::permit_email(op, &email)
        .await?
        .map_err(ChangeEmailError::RateLimited)?;
    let live = op.lock_live(&who.user.id, &who.session).await?;
    let user = live.ok_or(ChangeEmailError::Conflict)?.user;
    let about = About {
        email: Some(&email),
        session: None,
    };
    // For a taken address as well, because what is pending must not tell which addresses are taken. That token is sent
    // to no one.
    let (token, expires_at) =
        email_links::issue(op, Purpose::ChangeEmail, Some(&user), about).await?;
    if id_of_email(op, &email).await?.is_some() {
        op.email(&email, EmailTemplate::EmailTaken);
    } else {
        let to = Recipient::at(&user.id, &email);
        op.email_with_link(to, EmailTemplate::ConfirmEmail, &token, expires_at);
    }
    let template = EmailTemplate::EmailChangeRequested {
        email: email.clone(),
    };
    op.email(&user.email, template);
    let event = Event::of(Action::EmailChangeRequested, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "to": email }));
    op.record(event);
    Ok(())
}

/// An address that was asked for and is not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Pending {
    pub email: String,
    /// When the last link that was sent there expires.
    pub expires_at: UnixMillis,
}

/// The addresses that the user may still change to with a link that was sent, the last one first.
///
/// # Errors
/// When the database is unavailable.
pub async fn pending(conn: &mut Reader, user: &UserId) -> Result<Vec<Pending>, sqlx::Error> {
    let now = conn.now.at;
    on!(conn, c => sqlx::query_as(
        "select l.email, max(l.expires_at) as expires_at
         from email_links l join users u on u.id = l.user_id and u.epoch = l.epoch
         where l.user_id = $1 and l.purpose = 'change_email' and l.used_at is null and l.expires_at > $2
         group by l.email order by 2 desc, l.email")
        .bind(user)
        .bind(now)
        .fetch_all(c)
        .await)
}

/// Cancels every change of address that is pending: the links that were sent open nothing from the commit on. Where none
/// is pending any more, nothing happens. Returns how many addresses were pending.
///
/// # Errors
/// [`ChangeEmailError::Conflict`] when the session has ended, or that the database is unavailable.
pub async fn cancel(op: &mut Operation, who: &SignedIn) -> Result<usize, ChangeEmailError> {
    let live = op.lock_live(&who.user.id, &who.session).await?;
    let user = live.ok_or(ChangeEmailError::Conflict)?.user;
    let pending = pending(op, &user.id).await?;
    email_links::consume_for(op, &user.id, Purpose::ChangeEmail).await?;
    for Pending { email, .. } in &pending {
        let event = Event::of(Action::EmailChangeCancelled, Actor::User(&user.id))
            .in_account(&user.account_id)
            .about(&user.id)
            .with(json!({ "to": email }));
        op.record(event);
    }
    Ok(pending.len())
}

/// Changes the address with the link that was emailed to it. Returns the new address.
///
/// # Errors
/// See [`ChangeEmailError`].
pub async fn confirm(op: &mut Operation, link: &Token) -> Result<String, ChangeEmailError> {
    let purpose = Purpose::ChangeEmail;
    let found = email_links::find(op, purpose, link).await?;
    let user = found.ok_or(ChangeEmailError::Expired)?.user_id;
    let user = op.lock_user(&user).await?;
    let user = user.ok_or(ChangeEmailError::Expired)?;
    // Read again under the lock, because the link may have been used since.
    let found = email_links::find(op, purpose, link).await?;
    let email = found
        .and_then(|link| link.email)
        .ok_or(ChangeEmailError::Expired)?;
    // The link is worth what its user may do now.
    if user.available().owes_second_factor {
        return Err(ChangeEmailError::SecondFactorRequired);
    }
    let now = op.now.at;
    execute!(
        op,
        "update users set email = $2, email_verified_at = $3 where id = $1",
        &user.id,
        &email,
        now
    )
    .map_err(taken)?;
    // This link, and those that went to the old address.
    email_links::consume_all(op, &user.id).await?;
    for to in [&user.email, &email] {
        let (to, email) = (Recipient::at(&user.id, to), email.clone());
        op.email(to, EmailTemplate::EmailChanged { email });
    }
    let event = Event::of(Action::EmailChanged, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "from": user.email, "to": email }));
    op.record(event);
    Ok(email)
}

fn taken(error: sqlx::Error) -> ChangeEmailError {
    match error.as_database_error() {
        Some(e) if e.is_unique_violation() => ChangeEmailError::Taken,
        _ => ChangeEmailError::Database(error),
    }
}
