//! A forgotten password: an emailed link, and a new password with it. The link signs no user in: the next sign-in asks
//! for all that any sign-in asks for.

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event},
    change_password::set_password,
    client::Client,
    email_address::clean_email,
    email_links::{self, About, Purpose},
    emails::EmailTemplate,
    end_reason::EndReason,
    ids::UserId,
    instance::Instance,
    known_devices::{self, NewDevice},
    operation::Operation,
    passwords::{HashingFailed, Unacceptable, Verdict},
    rate_limits::{self, RateLimited},
    secret::{Secret, Token},
    sessions::{Ending, end_together},
    time::Moment,
    users::{self, id_of_email},
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

/// Why the password has not changed.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Used, too old, or a remote logout or another change of password came in between.
    #[error("the link has expired")]
    Expired,
    /// Passwords tried with links are limited, because a thief who reads the email must not find the old password out
    /// that way.
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// It is the old password, which a thief may know.
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
#[derive(Debug)]
pub struct Reset {
    pub sessions: i64,
    pub remembered_devices: i64,
    /// The cookie by which the browser's next failures are counted apart from a stranger's.
    pub device: NewDevice,
}

/// Emails a link to the user who has the address. For an address that no user has, the same steps are taken and
/// the same answer is given.
///
/// # Errors
/// See [`RequestError`].
pub async fn request(op: &mut Operation, email: &str) -> Result<(), RequestError> {
    let email = clean_email(email).map_err(RequestError::Email)?;
    let found = id_of_email(op, &email).await?;
    let found = found.unwrap_or_else(|| UserId(String::new()));
    // Under the lock, because the user may have another address by now, and the old mailbox may be another user's.
    let user = op.lock_user(&found).await?;
    let user = user.filter(|user| user.email == email && user.disabled_at.is_none());
    // After the lock, as everywhere: an operation that holds the user asks for the same permit.
    rate_limits::permit_email(op, &email)
        .await?
        .map_err(RequestError::RateLimited)?;
    let (purpose, about) = (Purpose::ResetPassword, About::default());
    let (token, expires_at) = email_links::issue(op, purpose, user.as_ref(), about).await?;
    let to = user.as_ref().map_or("", |user| &user.email);
    op.email_with_link(to, EmailTemplate::ResetPassword, &token, expires_at);
    let mut event = Event::of(Action::PasswordResetRequested, Actor::Anonymous);
    if let Some(user) = &user {
        event = event.in_account(&user.account_id).about(&user.id);
    }
    op.record(event);
    Ok(())
}

/// Sets a new password with a link. Every session and remembered device ends, on every plan.
///
/// # Errors
/// See [`ResetError`]; the link is as valid as before, unless it has expired.
pub async fn reset(
    instance: &Instance,
    client: &Client,
    now: Moment,
    link: &Token,
    new: &Secret,
) -> Result<Reset, ResetError> {
    let mut conn = instance.read(now).await?;
    let found = email_links::find(&mut conn, Purpose::ResetPassword, link).await?;
    let user = found.ok_or(ResetError::Expired)?.user_id;
    let before = users::find(&mut conn, &user).await?;
    let before = before.ok_or(ResetError::Expired)?;
    let had = users::password_hash(&mut conn, &user).await?;
    drop(conn);
    let mut op = Operation::begin(instance, client, now).await?;
    let permit = rate_limits::permit_link(&mut op, link)
        .await?
        .map_err(ResetError::RateLimited)?;
    op.commit().await?;
    let about = [before.name.as_str(), before.email.as_str()];
    let shortest = instance.limits.password_min;
    let hasher = instance.hasher.known(client);
    match hasher.verify(new, Some(&had)).await {
        Ok(Verdict::Wrong) => {}
        Ok(Verdict::Right | Verdict::RightButOld) => return Err(ResetError::Same),
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            return Err(failed.into());
        }
    }
    // From here on the attempt counts, whatever comes of it: that it went on says that this is not the old password.
    hasher.accept(new, shortest, &about).await??;
    let hash = hasher.hash(new).await?;

    let mut op = Operation::begin(instance, client, now).await?;
    let user = op.lock_user(&user).await?.ok_or(ResetError::Expired)?;
    // Read again under the lock: a remote logout, or a second click, has either committed or not begun.
    email_links::find(&mut op, Purpose::ResetPassword, link)
        .await?
        .ok_or(ResetError::Expired)?;
    email_links::consume(&mut op, link).await?;
    users::note_email_verified(&mut op, &user.id).await?;
    set_password(&mut op, &user, &hash).await?;
    // A user who could not sign in after too many wrong passwords has a new password now.
    rate_limits::clear_email_failures(&mut op, &user.email).await?;
    op.email(&user.email, EmailTemplate::PasswordReset);
    let event = Event::of(Action::PasswordChanged, Actor::User(&user.id));
    let ending = Ending {
        event: event.with(json!({ "how": "reset" })),
        reason: EndReason::PasswordChanged,
        keep: None,
        browser_stays_known: false,
    };
    let ended = end_together(&mut op, &user, ending).await?;
    let device = known_devices::count_apart(&mut op, &user).await?;
    op.commit().await?;
    Ok(Reset {
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        device,
    })
}
