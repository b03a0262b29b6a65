//! Access tokens: opaque, looked up at each use, ten minutes. They are live while their application session is, so a remote
//! logout ends them with everything else, and nothing has to be marked for it.

use std::time::Duration;

use sqlx::FromRow;

use super::{
    Scope,
    sessions::{ApplicationSession, application_session, from_application_sessions},
};
use crate::{
    client::Client,
    execute,
    ids::ApplicationSessionId,
    instance::{Instance, Reader},
    live::live_application_session,
    on,
    operation::Operation,
    secret::{Token, TokenHash},
    time::{Moment, UnixMillis},
};

/// How long an access token is good.
pub const GOOD_FOR: Duration = Duration::from_mins(10);

/// A live access token.
#[derive(Debug, Clone, FromRow)]
pub struct AccessToken {
    #[sqlx(flatten)]
    pub session: ApplicationSession,
    token_scope: String,
    pub issued_at: UnixMillis,
    pub expires_at: UnixMillis,
    /// The refresh token of the same answer, when no request has presented either yet.
    unused: Option<TokenHash>,
}

impl AccessToken {
    /// What it opens.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::parse(&self.token_scope)
    }
}

/// Issues an access token.
pub(super) async fn create(
    op: &mut Operation,
    session: &ApplicationSessionId,
    scope: &Scope,
    given_with: Option<&TokenHash>,
) -> Result<Token, sqlx::Error> {
    let (token, now) = (Token::random(), op.now.at);
    execute!(
        op,
        "insert into access_tokens (token_hash, application_session_id, scope, given_with, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        token.hash(),
        session,
        scope.to_string(),
        given_with,
        now,
        now + GOOD_FOR
    )?;
    Ok(token)
}

/// Looks an access token up that a request presents: one read. The first use of what a refresh gave is noted, and the token
/// looked up again afterwards, because it may have ended while that waited.
///
/// # Errors
/// When the database is unavailable. That is never "it has ended".
pub async fn present(
    instance: &Instance,
    client: &Client,
    now: Moment,
    token: &Token,
) -> Result<Option<AccessToken>, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let found = find(&mut conn, token).await?;
    drop(conn);
    let Some(unused) = found.as_ref().and_then(|found| found.unused.clone()) else {
        return Ok(found);
    };
    let mut op = Operation::begin(instance, client, now).await?;
    if let Some(found) = &found {
        op.lock_user(&found.session.user_id).await?;
    }
    mark_used(&mut op, &unused).await?;
    op.commit().await?;
    find(&mut instance.read(now).await?, token).await
}

/// Looks an access token up, as things are at this moment.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(conn: &mut Reader, token: &Token) -> Result<Option<AccessToken>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select ", application_session!(), ", t.scope as token_scope, t.created_at as issued_at, t.expires_at,
                r.token_hash as unused",
        from_application_sessions!(),
        "join access_tokens t on t.application_session_id = p.id
         left join refresh_tokens r on r.token_hash = t.given_with and r.used_at is null
         where t.token_hash = $3 and t.revoked_at is null and t.expires_at > $1 and ",
        live_application_session!("$1", "$2")))
        .bind(now)
        .bind(idle)
        .bind(token.hash())
        .fetch_optional(c)
        .await)
}

/// Notes that a refresh token, or an access token given with it, was presented.
pub(super) async fn mark_used(op: &mut Operation, refresh: &TokenHash) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update refresh_tokens set used_at = $2 where token_hash = $1 and used_at is null",
        refresh,
        now
    )?;
    Ok(())
}
