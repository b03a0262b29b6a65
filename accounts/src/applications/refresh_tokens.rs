//! Refresh tokens, rotated in two steps. What a refresh gave counts from the first request that presents it; before that its
//! answer may be lost on the way, so the same token is answered with the same successor again. A successor is derived from the
//! token that it succeeds under the instance's key, so it can be given twice although only its hash is stored.
//!
//! | the same token again | what happens |
//! |---|---|
//! | within 30 s | the same successor: workers side by side, or an answer that was lost |
//! | within 10 min, by a confidential application, nothing that it gave was used | the same successor |
//! | otherwise | theft: the application session ends |

use std::time::Duration;

use sqlx::FromRow;

use super::{
    Application, Scope, access_tokens,
    grants::{Granted, InvalidGrant, end_stolen},
    sessions::{self, ApplicationSession},
};
use crate::{
    execute,
    ids::{ApplicationId, ApplicationSessionId, UserId},
    keys::signatures::Signs,
    on,
    operation::{LockedUser, Operation},
    secret::{Token, TokenHash},
    time::UnixMillis,
};

/// Within this long the same token may be presented again, whatever came of it.
const RACE: Duration = Duration::from_secs(30);

/// Within this long a confidential application may present the same token again, if it has used nothing that it was given.
const LOST_ANSWER: Duration = Duration::from_mins(10);

#[derive(FromRow)]
struct Row {
    application_session_id: ApplicationSessionId,
    application_id: ApplicationId,
    exchanged_at: Option<UnixMillis>,
}

#[derive(FromRow)]
struct Successor {
    derived_by: Option<String>,
    used_at: Option<UnixMillis>,
}

/// The first refresh token of an application session.
pub(super) async fn first(
    op: &mut Operation,
    session: &ApplicationSessionId,
) -> Result<Token, sqlx::Error> {
    let (token, now) = (Token::random(), op.now.at);
    execute!(
        op,
        "insert into refresh_tokens (token_hash, application_session_id, created_at) values ($1, $2, $3)",
        token.hash(),
        session,
        now
    )?;
    Ok(token)
}

/// Exchanges a refresh token for its successor and an access token; `scope` narrows what that opens. A refusal commits too:
/// it may have ended what was stolen.
///
/// # Errors
/// When the database is unavailable.
pub async fn refresh(
    op: &mut Operation,
    application: &Application,
    presented: &Token,
    scope: Option<&Scope>,
) -> Result<Result<Granted, InvalidGrant>, sqlx::Error> {
    let Some(user) = owner(op, presented).await? else {
        return Ok(Err(InvalidGrant::Unknown));
    };
    let Some(user) = op.lock_user(&user).await? else {
        return Ok(Err(InvalidGrant::Unknown));
    };
    // Read under the lock: a remote logout or another refresh has either committed or not begun.
    let row = find(op, presented).await?;
    if row.application_id != application.id {
        return Ok(Err(InvalidGrant::Unknown));
    }
    let Some(session) = sessions::find_live(op, &row.application_session_id).await? else {
        return Ok(Err(InvalidGrant::Ended));
    };
    let scope = match scope {
        Some(scope) if !scope.is_within(&session.scope()) => return Ok(Err(InvalidGrant::Scope)),
        Some(scope) => scope.clone(),
        None => session.scope(),
    };
    let presented_hash = presented.hash();
    let successor = match row.exchanged_at {
        None => Some(exchange(op, presented, &session.id).await?),
        Some(at) => again(op, application, presented, at).await?,
    };
    let Some(successor) = successor else {
        return stolen(op, &user, application, &session).await;
    };
    access_tokens::mark_used(op, &presented_hash).await?;
    sessions::note_use(op, &session.id).await?;
    let given_with = successor.hash();
    let access_token = access_tokens::create(op, &session.id, &scope, Some(&given_with)).await?;
    Ok(Ok(Granted {
        user: user.id,
        session: session.id,
        scope,
        access_token,
        refresh_token: successor,
        nonce: None,
        authenticated_at: session.authenticated_at,
        second_factor: session.second_factor,
    }))
}

async fn stolen(
    op: &mut Operation,
    user: &LockedUser,
    application: &Application,
    session: &ApplicationSession,
) -> Result<Result<Granted, InvalidGrant>, sqlx::Error> {
    end_stolen(op, user, application, &session.id, "refresh_token").await?;
    Ok(Err(InvalidGrant::Reused))
}

/// Whose refresh token it is.
async fn owner(op: &mut Operation, token: &Token) -> Result<Option<UserId>, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select p.user_id from refresh_tokens r join application_sessions p on p.id = r.application_session_id
         where r.token_hash = $1")
        .bind(token.hash())
        .fetch_optional(c)
        .await)
}

async fn find(op: &mut Operation, token: &Token) -> Result<Row, sqlx::Error> {
    on!(op, c => sqlx::query_as(
        "select r.application_session_id, p.application_id, r.exchanged_at
         from refresh_tokens r join application_sessions p on p.id = r.application_session_id
         where r.token_hash = $1")
        .bind(token.hash())
        .fetch_one(c)
        .await)
}

/// The first exchange of a token.
async fn exchange(
    op: &mut Operation,
    presented: &Token,
    session: &ApplicationSessionId,
) -> Result<Token, sqlx::Error> {
    let now = op.now.at;
    let (successor, key_id) = derived(op, presented, None)
        .ok_or_else(|| sqlx::Error::Protocol("the instance has no key".into()))?;
    execute!(
        op,
        "update refresh_tokens set exchanged_at = $2 where token_hash = $1",
        presented.hash(),
        now
    )?;
    execute!(
        op,
        "insert into refresh_tokens (token_hash, application_session_id, parent_hash, derived_by, created_at)
         values ($1, $2, $3, $4, $5)",
        successor.hash(),
        session,
        presented.hash(),
        key_id,
        now
    )?;
    Ok(successor)
}

/// The successor of a token that was exchanged before. None where that means theft.
async fn again(
    op: &mut Operation,
    application: &Application,
    presented: &Token,
    exchanged_at: UnixMillis,
) -> Result<Option<Token>, sqlx::Error> {
    let now = op.now.at;
    let successor: Successor = on!(op, c => sqlx::query_as(
        "select derived_by, used_at from refresh_tokens where parent_hash = $1")
        .bind(presented.hash())
        .fetch_one(c)
        .await)?;
    let race = now <= exchanged_at + RACE;
    let lost = application.is_confidential
        && now <= exchanged_at + LOST_ANSWER
        && successor.used_at.is_none();
    if !race && !lost {
        return Ok(None);
    }
    // A key that was forgotten in the meantime cannot derive it any more; then the application signs in again.
    Ok(derived(op, presented, successor.derived_by.as_deref()).map(|(token, _)| token))
}

fn derived(op: &Operation, presented: &Token, key_id: Option<&str>) -> Option<(Token, String)> {
    let message = presented.expose().as_bytes();
    let (bytes, key_id) = op.keys().derive(Signs::Successor, message, key_id)?;
    Some((Token::of_bytes(&bytes), key_id))
}

/// The application session of a refresh token, for looking at it and for revoking it.
///
/// # Errors
/// When the database is unavailable.
pub(super) async fn session_of(
    conn: &mut crate::db::Conn,
    token: &TokenHash,
) -> Result<Option<(ApplicationSessionId, ApplicationId, UserId)>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select p.id, p.application_id, p.user_id
         from refresh_tokens r join application_sessions p on p.id = r.application_session_id
         where r.token_hash = $1")
        .bind(token)
        .fetch_optional(c)
        .await)
}
