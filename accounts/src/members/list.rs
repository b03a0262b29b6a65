//! Who is in an account.

use sqlx::FromRow;

use crate::{
    db::Conn,
    ids::{AccountId, UserId},
    on,
    plans::Plan,
    roles::Role,
    text::containing,
    time::UnixMillis,
};

/// A member in the list. Nothing else that is personal is shown to the account's owners and admins.
#[derive(Debug, Clone, FromRow)]
pub struct Listed {
    pub id: UserId,
    pub name: String,
    pub username: Option<String>,
    pub email: String,
    pub role: Role,
    pub two_factor_since: Option<UnixMillis>,
    pub created_at: UnixMillis,
    pub disabled_at: Option<UnixMillis>,
    /// When a session of theirs was last used, as far as sessions are kept.
    pub last_active_at: Option<UnixMillis>,
}

/// The columns of [`Listed`].
macro_rules! select {
    ($and:literal) => {
        concat!(
            "select id, name, username, email, role, two_factor_since, created_at, disabled_at,
                    (select max(s.last_active_at) from sessions s where s.user_id = users.id) as last_active_at
             from users
             where account_id = $1 and removed_at is null ",
            $and
        )
    };
}

/// The account's members by role and name, `most` at the most. With `words` only those whose name, username or email
/// contains them, in any case.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(
    conn: &mut Conn,
    account: &AccountId,
    words: &str,
    most: i64,
) -> Result<Vec<Listed>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        select!("and ($3 = '' or lower(name || ' ' || coalesce(username, '') || ' ' || email) like $3 escape '\\')
                 order by case role when 'owner' then 0 when 'admin' then 1 else 2 end, lower(name), id limit $2"))
        .bind(account)
        .bind(most)
        .bind(containing(words))
        .fetch_all(c)
        .await)
}

/// How many members the account has.
///
/// # Errors
/// When the database is unavailable.
pub async fn count(conn: &mut Conn, account: &AccountId) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from users where account_id = $1 and removed_at is null")
        .bind(account)
        .fetch_one(c)
        .await)
}

/// Up to `most` members whose ids come after `after`, in the order in which they were created. A
/// member who joins meanwhile moves no other member to another page.
///
/// # Errors
/// When the database is unavailable.
pub async fn page(
    conn: &mut Conn,
    account: &AccountId,
    after: &UserId,
    most: i64,
) -> Result<Vec<Listed>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(select!("and id > $2 order by id limit $3"))
        .bind(account)
        .bind(after)
        .bind(most)
        .fetch_all(c)
        .await)
}

/// One member of the account; none when it has no such member.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(
    conn: &mut Conn,
    account: &AccountId,
    member: &UserId,
) -> Result<Option<Listed>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(select!("and id = $2"))
        .bind(account)
        .bind(member)
        .fetch_optional(c)
        .await)
}

/// Ids and names of everyone who is or was in the account, for the audit log's filter.
///
/// # Errors
/// When the database is unavailable.
pub async fn users(
    conn: &mut Conn,
    account: &AccountId,
    most: i64,
) -> Result<Vec<(UserId, String)>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select id, name from users where account_id = $1 order by lower(name), id limit $2")
        .bind(account)
        .bind(most)
        .fetch_all(c)
        .await)
}

/// A user with their account, as the command line lists them.
#[derive(Debug, Clone, FromRow)]
pub struct StoredAccount {
    pub id: UserId,
    pub account_id: AccountId,
    pub account_name: String,
    pub plan: Plan,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub disabled_at: Option<UnixMillis>,
}

/// Up to 1,000 users whose email comes after `after`, in that order.
///
/// # Errors
/// When the database is unavailable.
pub async fn everyone(conn: &mut Conn, after: &str) -> Result<Vec<StoredAccount>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select u.id, u.account_id, a.name as account_name, a.plan, u.name, u.email, u.role, u.disabled_at
         from users u join accounts a on a.id = u.account_id
         where u.removed_at is null and u.email > $1 order by u.email limit 1000")
        .bind(after)
        .fetch_all(c)
        .await)
}

/// What an account uses of what a plan may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Uses {
    pub api_tokens: i64,
    pub mcp_tokens: i64,
    /// Editors and watch-only members.
    pub special_roles: i64,
}

/// Counts what the account uses.
///
/// # Errors
/// When the database is unavailable.
pub async fn uses(conn: &mut Conn, account: &AccountId) -> Result<Uses, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select (select count(*) from tokens t join users u on u.id = t.user_id
                 where u.account_id = $1 and t.kind = 'api' and t.revoked_at is null) as api_tokens,
                (select count(*) from tokens t join users u on u.id = t.user_id
                 where u.account_id = $1 and t.kind = 'mcp' and t.revoked_at is null) as mcp_tokens,
                (select count(*) from users
                 where account_id = $1 and removed_at is null and role in ('editor', 'watch_only')) as special_roles")
        .bind(account)
        .fetch_one(c)
        .await)
}

/// The ids of all accounts that are not closed.
///
/// # Errors
/// When the database is unavailable.
pub async fn accounts(conn: &mut Conn) -> Result<Vec<AccountId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select id from accounts where closed_at is null order by id")
        .fetch_all(c)
        .await)
}
