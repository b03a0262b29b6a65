//! A user's tokens, as Settings shows them.

use sqlx::FromRow;

use super::{Kind, Scopes};
use crate::{
    db::Conn,
    ids::{TokenId, UserId, is_id},
    instance::Reader,
    on,
    time::UnixMillis,
};

/// A token in the list. It does not hold the value, which is shown once, when the token is created.
#[derive(Debug, Clone, FromRow)]
pub struct Listed {
    pub id: TokenId,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub scopes: Scopes,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
    /// None: never.
    pub expires_at: Option<UnixMillis>,
}

/// How many tokens of that kind the user has that have neither been revoked nor expired.
///
/// # Errors
/// When the database is unavailable.
pub async fn count(conn: &mut Reader, user: &UserId, kind: Kind) -> Result<i64, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from tokens where user_id = $1 and kind = $2 and revoked_at is null
         and (expires_at is null or expires_at > $3)")
        .bind(user)
        .bind(kind)
        .bind(now.at)
        .fetch_one(c)
        .await)
}

/// The user's tokens of that kind, newest first. Expired tokens stay in the list until the cleanup deletes them, so that
/// the user sees why a program has stopped.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(conn: &mut Conn, user: &UserId, kind: Kind) -> Result<Vec<Listed>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, name, scopes, created_at, last_used_at, expires_at from tokens
         where user_id = $1 and kind = $2 and revoked_at is null
         order by created_at desc, id desc limit 500")
        .bind(user)
        .bind(kind)
        .fetch_all(c)
        .await)
}

/// One token of the user's, of that kind and not revoked.
///
/// # Errors
/// When the database is unavailable.
pub async fn one(
    conn: &mut Conn,
    user: &UserId,
    kind: Kind,
    id: &TokenId,
) -> Result<Option<Listed>, sqlx::Error> {
    if !is_id(&id.0) {
        return Ok(None);
    }
    on!(conn, c => sqlx::query_as(
        "select id, name, scopes, created_at, last_used_at, expires_at from tokens
         where id = $1 and user_id = $2 and kind = $3 and revoked_at is null")
        .bind(id)
        .bind(user)
        .bind(kind)
        .fetch_optional(c)
        .await)
}
