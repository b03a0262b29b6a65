//! What redeeming a code and refreshing have in common: what they give, why they give nothing, and theft.

use serde_json::json;

use super::{Application, Scope, sessions::end};
use crate::{
    application_endings::Cause,
    audit::{Action, Actor, Event},
    ids::{ApplicationSessionId, UserId},
    operation::{LockedUser, Operation},
    secret::Token,
    sessions::SecondFactor,
    time::UnixMillis,
};

/// What an application was given for a code or a refresh token.
#[derive(Debug)]
pub struct Granted {
    pub user: UserId,
    /// The `sid` of its tokens.
    pub session: ApplicationSessionId,
    /// Of the access token.
    pub scope: Scope,
    pub access_token: Token,
    pub refresh_token: Token,
    /// Of the request that the code was for.
    pub nonce: Option<String>,
    pub authenticated_at: UnixMillis,
    pub second_factor: Option<SecondFactor>,
}

/// Why a code or a refresh token gave nothing. The application is told a sentence; to tell them apart is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrant {
    /// It was never issued, has expired, or is another application's.
    #[error("it is unknown, has expired, or was issued to another application")]
    Unknown,
    /// It was used before, in a way that means theft: what it gave has ended.
    #[error("it was used before; what it gave has ended")]
    Reused,
    #[error("redirect_uri is not the one that the code was issued for")]
    Redirect,
    #[error("code_verifier does not fit the code_challenge of the request")]
    Verifier,
    /// The user was signed out, or may not use the application any more.
    #[error("the session that it was issued in has ended")]
    Ended,
    /// More than was granted.
    #[error("the scope is more than was granted")]
    Scope,
}

/// Ends the application session whose code or refresh token was presented by two. `what` is which.
pub(super) async fn end_stolen(
    op: &mut Operation,
    user: &LockedUser,
    application: &Application,
    session: &ApplicationSessionId,
    what: &str,
) -> Result<(), sqlx::Error> {
    op.holds(user)?;
    let event = op.record(
        Event::of(Action::ApplicationTokenReused, Actor::Anonymous)
            .in_account(&user.account_id)
            .about(&user.id)
            .with(json!({
                "application": application.id.as_str(), "name": application.name,
                "application_session": session.as_str(), "what": what,
            })),
    );
    end(op, session, Cause::TokenReused, &event).await?;
    Ok(())
}
