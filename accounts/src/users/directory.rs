//! The members of an account, as those who look after it see them.

use sqlx::FromRow;

use super::{AccountId, Role, UserId};
use crate::{db::Conn, on, time::UnixMillis};

/// A member in the list. Nothing personal beyond what a colleague sees.
#[derive(Debug, Clone, FromRow)]
pub struct Member {
    pub id: UserId,
    pub name: String,
    pub username: Option<String>,
    pub email: String,
    pub role: Role,
    pub two_factor_since: Option<UnixMillis>,
    pub disabled_at: Option<UnixMillis>,
    pub created_at: UnixMillis,
}

/// Up to `most` members whose ids come after `after`, in the order in which they were made. One that
/// joins meanwhile moves none of the others.
///
/// # Errors
/// When the store is away.
pub async fn members(
    conn: &mut Conn,
    account: &AccountId,
    after: &UserId,
    most: i64,
) -> Result<Vec<Member>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, name, username, email, role, two_factor_since, disabled_at, created_at
         from users where account_id = $1 and id > $2 order by id limit $3")
        .bind(account)
        .bind(after)
        .bind(most)
        .fetch_all(c)
        .await)
}

/// One member of that account, disabled or not.
///
/// # Errors
/// When the store is away.
pub async fn find_member(
    conn: &mut Conn,
    account: &AccountId,
    id: &UserId,
) -> Result<Option<Member>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, name, username, email, role, two_factor_since, disabled_at, created_at
         from users where account_id = $1 and id = $2")
        .bind(account)
        .bind(id)
        .fetch_optional(c)
        .await)
}
