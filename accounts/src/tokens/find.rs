//! From a bearer token to a user: the one place where a program's request becomes a user's.

use sqlx::FromRow;

use super::{Kind, Scope, Scopes, Value};
use crate::{
    ids::{TokenId, UserId},
    instance::Reader,
    on,
    operation::Operation,
    roles::Role,
    time::UnixMillis,
    users::{self, User},
};

/// A program's request: the token it came with, and the user it acts for.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub user: User,
    pub token: TokenId,
    pub kind: Kind,
    pub name: String,
    pub scopes: Scopes,
    pub last_used_at: Option<UnixMillis>,
    pub expires_at: Option<UnixMillis>,
}

impl Bearer {
    /// Whether the token may do this.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.has(scope)
    }

    /// Whether its user manages the account.
    #[must_use]
    pub fn looks_after_account(&self) -> bool {
        matches!(self.user.role, Role::Owner | Role::Admin)
    }
}

#[derive(FromRow)]
struct Row {
    id: TokenId,
    user_id: UserId,
    name: String,
    #[sqlx(try_from = "String")]
    scopes: Scopes,
    last_used_at: Option<UnixMillis>,
    expires_at: Option<UnixMillis>,
}

/// Looks a token up. Nothing is cached: what the database says at this moment is the answer, so a revoked token fails at
/// the first try. None when it was never created, is revoked, has expired, or its user is disabled, so that a program
/// cannot tell these apart. [`permissions`](crate::permissions) says what its user's role and plan allow.
///
/// # Errors
/// When the database is unavailable. That is never "unknown".
pub async fn find(
    conn: &mut Reader,
    kind: Kind,
    value: &Value,
) -> Result<Option<Bearer>, sqlx::Error> {
    let now = conn.now;
    let row: Option<Row> = on!(conn, c => sqlx::query_as(
        "select id, user_id, name, scopes, last_used_at, expires_at from tokens
         where token_hash = $1 and kind = $2 and revoked_at is null
         and (expires_at is null or expires_at > $3)")
        .bind(value.hash())
        .bind(kind)
        .bind(now.at)
        .fetch_optional(c)
        .await)?;
    let Some(row) = row else {
        return Ok(None);
    };
    // A disabled user is not found.
    let Some(user) = users::find(conn, &row.user_id).await? else {
        return Ok(None);
    };
    Ok(Some(Bearer {
        user,
        token: row.id,
        kind,
        name: row.name,
        scopes: row.scopes,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    }))
}

/// The holder as they are now, if the token is still valid. Read under the holder's lock, because the token may have been
/// revoked between the look-up and the operation.
pub(crate) async fn still_good(
    op: &mut Operation,
    bearer: &Bearer,
) -> Result<Option<User>, sqlx::Error> {
    let now = op.now;
    let good: i64 = on!(op, c => sqlx::query_scalar(
        "select count(*) from tokens where id = $1 and user_id = $2 and revoked_at is null
         and (expires_at is null or expires_at > $3)")
        .bind(&bearer.token)
        .bind(&bearer.user.id)
        .bind(now.at)
        .fetch_one(c)
        .await)?;
    if good == 0 {
        return Ok(None);
    }
    let holder = users::find(op, &bearer.user.id).await?;
    Ok(holder.filter(|u| u.plan.has(bearer.kind.feature()) && u.role != Role::WatchOnly))
}
