//! "This wasn't me": the link in an email about a new device. A user who reads the email ends everything with it, on
//! every device and without signing in. It grants nothing else.
//!
//! When the link is needed, a thief is signed in as the user. So nothing that the thief does takes the link away:
//! neither a remote logout nor a new password nor another address. The invitations that the thief created since are
//! revoked with the rest.

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    email_links::{self, About, Purpose},
    emails::EmailTemplate,
    ids::{SessionId, UserId},
    instance::Reader,
    members::invitations,
    on,
    operation::{LockedUser, Operation},
    secret::Token,
    sessions::{self, By, EndAllError, Facts, LogoutReceipt, RevokeTokens, Revoked, Surface},
    time::UnixMillis,
    users,
};

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum NotMeError {
    /// Used, or too old.
    #[error("the link has expired")]
    Expired,
    #[error(transparent)]
    RemoteLogout(#[from] EndAllError),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// The sign-in that an email told of.
#[derive(Debug, Clone, FromRow)]
pub struct SignIn {
    pub user_agent: String,
    pub ip: Option<String>,
    pub started_at: UnixMillis,
}

/// What the user who opens the link is shown before they decide.
#[derive(Debug, Clone)]
pub struct Asked {
    pub user_id: UserId,
    /// None when the session is gone from the database.
    pub sign_in: Option<SignIn>,
    pub facts: Facts,
    /// Open invitations that were created since the email was sent.
    pub invitations: i64,
    pub two_factor: bool,
}

/// Who was logged out everywhere, and what ended.
#[derive(Debug)]
pub struct LoggedOut {
    pub user: UserId,
    pub ended: LogoutReceipt,
    pub revoked: Revoked,
}

/// Emails the user about a sign-in on a new device, with the link.
/// The caller holds the user's lock.
pub(crate) async fn tell(
    op: &mut Operation,
    user: &LockedUser,
    session: &SessionId,
) -> Result<(), sqlx::Error> {
    let about = About {
        email: None,
        session: Some(session),
    };
    let (token, expires_at) = email_links::issue(op, Purpose::NotMe, Some(user), about).await?;
    op.email_with_link(&user.email, EmailTemplate::NewDevice, &token, expires_at);
    Ok(())
}

/// What the link is about, while it is valid. Reading this changes nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn look_up(conn: &mut Reader, link: &Token) -> Result<Option<Asked>, sqlx::Error> {
    let Some(found) = email_links::find(conn, Purpose::NotMe, link).await? else {
        return Ok(None);
    };
    let sign_in = on!(conn, c => sqlx::query_as("select user_agent, ip, started_at from sessions where id = $1")
        .bind(&found.session_id)
        .fetch_optional(c)
        .await)?;
    let user = found.user_id;
    let Some(stored) = users::find(conn, &user).await? else {
        return Ok(None);
    };
    Ok(Some(Asked {
        sign_in,
        facts: sessions::facts(conn, &user).await?,
        invitations: invitations::count_since(conn, &user, found.created_at).await?,
        two_factor: stored.two_factor_since.is_some(),
        user_id: user,
    }))
}

/// Ends every session and remembered device of the user to whom the email went, and revokes the invitations created
/// since; tokens too where the user says so. It works once: the user's other links of this kind are consumed with it.
/// No browser stays known, not even the one that asks, because the link proves no strong sign-in: the user is told when a
/// thief signs in again. Each browser keeps a small rate limit of its own.
///
/// # Errors
/// See [`NotMeError`]; in each case nothing has changed.
pub async fn remote_logout(
    op: &mut Operation,
    link: &Token,
    tokens: RevokeTokens,
) -> Result<LoggedOut, NotMeError> {
    let purpose = Purpose::NotMe;
    let found = email_links::find(op, purpose, link).await?;
    let user = found.ok_or(NotMeError::Expired)?.user_id;
    let locked = op.lock_user(&user).await?.ok_or(NotMeError::Expired)?;
    // Read again under the lock: another click has either committed or not begun.
    let found = email_links::find(op, purpose, link).await?;
    let since = found.ok_or(NotMeError::Expired)?.created_at;
    email_links::consume_for(op, &user, purpose).await?;
    let invitations = invitations::revoke_since(op, &user, since).await?;
    let by = By::Member(&user);
    let (ended, revoked) =
        sessions::end_all_and_revoke_tokens(op, &user, by, tokens, Surface::Email).await?;
    if invitations > 0 {
        let event = Event::of(Action::InvitationRevoked, Actor::User(&user))
            .in_account(&locked.account_id)
            .with(json!({ "with": "not-me", "invitations": invitations }));
        op.record(event);
    }
    Ok(LoggedOut {
        user,
        ended,
        revoked,
    })
}
