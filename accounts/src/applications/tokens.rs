//! What an application does with a token besides presenting it: asking whether it is good (RFC 7662), and giving it up
//! (RFC 7009).

use serde_json::json;

use super::{
    Application, Scope,
    access_tokens::{self, AccessToken},
    refresh_tokens::session_of,
    sessions::{self, ApplicationSession, end},
};
use crate::{
    application_endings::Cause,
    audit::{Action, Actor, Event},
    client::Client,
    execute,
    ids::{ApplicationSessionId, UserId},
    instance::Instance,
    on,
    operation::Operation,
    secret::Token,
    time::{Moment, UnixMillis},
};

/// A token that is good, of the application that asks.
#[derive(Debug)]
pub enum ActiveToken {
    Access(Box<AccessToken>),
    Refresh(Box<ApplicationSession>),
}

impl ActiveToken {
    /// The application session that it is of.
    #[must_use]
    pub fn session(&self) -> &ApplicationSession {
        match self {
            Self::Access(token) => &token.session,
            Self::Refresh(session) => session,
        }
    }

    /// What it opens.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::Access(token) => token.scope(),
            Self::Refresh(session) => session.scope(),
        }
    }

    /// When an access token expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixMillis> {
        match self {
            Self::Access(token) => Some(token.expires_at),
            Self::Refresh(_) => None,
        }
    }
}

/// What a token of the application's own is worth now. None for another application's: it is not told that it exists.
///
/// # Errors
/// When the database is unavailable. That is never "it is not active".
pub async fn introspect(
    instance: &Instance,
    client: &Client,
    now: Moment,
    application: &Application,
    token: &Token,
) -> Result<Option<ActiveToken>, sqlx::Error> {
    let mine = |session: &ApplicationSession| session.application_id == application.id;
    let mut conn = instance.read(now).await?;
    let found = access_tokens::find(&mut conn, token).await?;
    if let Some(found) = found {
        if !mine(&found.session) {
            return Ok(None);
        }
        drop(conn);
        // A resource server asks because the token was presented to it.
        let used = access_tokens::present(instance, client, now, token).await?;
        return Ok(used.map(|token| ActiveToken::Access(Box::new(token))));
    }
    let exchanged: Option<i64> = on!(&mut conn, c => sqlx::query_scalar(
        "select exchanged_at from refresh_tokens where token_hash = $1 and exchanged_at is not null")
        .bind(token.hash())
        .fetch_optional(c)
        .await)?;
    let Some((id, _, _)) = session_of(&mut conn, &token.hash()).await? else {
        return Ok(None);
    };
    let session = sessions::find_live(&mut conn, &id).await?;
    Ok(session
        .filter(|session| mine(session) && exchanged.is_none())
        .map(|session| ActiveToken::Refresh(Box::new(session))))
}

/// Gives a token up. An access token ends alone, a refresh token with its application session. Nothing happens with a token
/// that is unknown or another application's, and the answer is the same (RFC 7009, 2.2).
///
/// # Errors
/// When the database is unavailable.
pub async fn revoke(
    op: &mut Operation,
    application: &Application,
    token: &Token,
) -> Result<(), sqlx::Error> {
    let (hash, now) = (token.hash(), op.now.at);
    let revoked = execute!(
        op,
        "update access_tokens set revoked_at = $3 where token_hash = $1 and revoked_at is null
            and application_session_id in (select id from application_sessions where application_id = $2)",
        &hash,
        &application.id,
        now
    )?;
    if revoked > 0 {
        return Ok(());
    }
    match session_of(op, &hash).await? {
        Some((session, of, user)) if of == application.id => {
            sign_out(op, application, &user, &session).await
        }
        _ => Ok(()),
    }
}

/// Ends an application session because its application says so.
///
/// # Errors
/// When the database is unavailable.
pub async fn sign_out(
    op: &mut Operation,
    application: &Application,
    user: &UserId,
    session: &ApplicationSessionId,
) -> Result<(), sqlx::Error> {
    let Some(user) = op.lock_user(user).await? else {
        return Ok(());
    };
    if sessions::find_live(op, session).await?.is_none() {
        return Ok(());
    }
    let event = op.record(
        Event::of(Action::ApplicationSignedOut, Actor::User(&user.id))
            .in_account(&user.account_id)
            .about(&user.id)
            .with(json!({
                "application": application.id.as_str(), "name": application.name,
                "application_session": session.as_str(), "by": "application",
            })),
    );
    end(op, session, Cause::SignedOutThere, &event).await?;
    Ok(())
}
