//! API and MCP tokens: what a remote logout leaves alone. Made and revoked under Account Settings.

use sqlx::FromRow;

use crate::{
    db::{Conn, Tx},
    on,
    secret::Token,
    time::{Moment, UnixMillis},
    users::UserId,
};

/// Which door a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Api,
    Mcp,
}

/// A token in the list. Its value is shown once, when it is made, and is not here.
#[derive(Debug, Clone, FromRow)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

/// How many tokens of that kind the person has.
///
/// # Errors
/// When the store is away.
pub async fn count(conn: &mut Conn, user: &UserId, kind: Kind) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from tokens where user_id = $1 and kind = $2 and revoked_at is null")
        .bind(user)
        .bind(kind)
        .fetch_one(c)
        .await)
}

/// The person's tokens of that kind, newest first.
///
/// # Errors
/// When the store is away.
pub async fn list(conn: &mut Conn, user: &UserId, kind: Kind) -> Result<Vec<Listed>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, name, created_at, last_used_at from tokens
         where user_id = $1 and kind = $2 and revoked_at is null
         order by created_at desc, id desc limit 500")
        .bind(user)
        .bind(kind)
        .fetch_all(c)
        .await)
}

/// Stores a token for sample people. Its value is thrown away, so nobody can use it.
///
/// # Errors
/// When the store is away.
pub(crate) async fn insert_sample(
    tx: &mut Tx,
    user: &UserId,
    kind: Kind,
    name: &str,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "insert into tokens (id, user_id, kind, name, token_hash, created_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(now.id())
        .bind(user)
        .bind(kind)
        .bind(name)
        .bind(Token::random().hash())
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}
