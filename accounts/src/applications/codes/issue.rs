//! Issuing a code: the user signed in goes on to an application.

use serde_json::json;

use super::GOOD_FOR;
use crate::{
    applications::{Application, Scope, has_shown_second_factor, may_use},
    denials::{self, Denied},
    execute,
    operation::Operation,
    secret::Token,
    signed_in::SignedIn,
};

/// What the application asks for, as it was checked.
#[derive(Debug, Clone, Copy)]
pub struct CodeRequest<'a> {
    /// As it was sent: the one that redeems the code must send the same.
    pub redirect: &'a str,
    pub scope: &'a Scope,
    /// Goes into the ID token.
    pub nonce: Option<&'a str>,
    /// PKCE, S256.
    pub challenge: Option<&'a str>,
}

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A remote logout or another end came first: the session that asks has ended.
    #[error("this session has ended")]
    Ended,
    /// The user may not use the application.
    #[error("this user may not use the application")]
    NotAllowed,
    /// The application requires a second factor, and this session was started without; or the account does, and the user has
    /// none.
    #[error("a second factor is required")]
    SecondFactorRequired,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Issues a code.
///
/// # Errors
/// See [`IssueError`]. A user who may not is recorded; the caller commits that.
pub async fn issue(
    op: &mut Operation,
    me: &SignedIn,
    application: &Application,
    request: CodeRequest<'_>,
) -> Result<Token, IssueError> {
    let live = op.lock_live(&me.user.id, &me.session).await?;
    let live = live.ok_or(IssueError::Ended)?;
    if live.user.available().owes_second_factor {
        return Err(IssueError::SecondFactorRequired);
    }
    if !may_use(op, &application.id, &live.user.id).await? {
        let denied = Denied {
            user: &live.user.id,
            account: &live.user.account_id,
            details: json!({
                "what": "UseApplication", "application": application.id.as_str(), "name": application.name,
                "why": "forbidden",
            }),
        };
        denials::record(op, denied).await?;
        return Err(IssueError::NotAllowed);
    }
    if !has_shown_second_factor(op, &application.id, &live.id).await? {
        return Err(IssueError::SecondFactorRequired);
    }
    let (code, now) = (Token::random(), op.now.at);
    execute!(
        op,
        "insert into authorization_codes (code_hash, application_id, user_id, session_id, epoch, redirect_address, scope,
                                          nonce, challenge, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        code.hash(),
        &application.id,
        &live.user.id,
        &live.id,
        live.user.epoch,
        request.redirect,
        request.scope.to_string(),
        request.nonce,
        request.challenge,
        now,
        now + GOOD_FOR
    )?;
    Ok(code)
}
