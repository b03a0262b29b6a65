//! Users: being found, being locked while an operation is done to them, what they are called.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Conn, Tx},
    limits::Limits,
    members, on,
    passwords::{Hasher, HashingFailed},
    plans::Plan,
    rate_limits::RateLimited,
    secret::Secret,
    sessions::{self, SignedIn},
    text::hides_something,
    time::{Moment, UnixMillis},
};

/// A user's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct UserId(pub String);

/// An account's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct AccountId(pub String);

/// What a member may do in their account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Editor,
    Member,
    WatchOnly,
}

impl Role {
    /// Every role, the one that may most first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Editor,
        Self::Member,
        Self::WatchOnly,
    ];

    /// As stored, and as forms and programs say it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Editor => "editor",
            Self::Member => "member",
            Self::WatchOnly => "watch_only",
        }
    }

    /// The role of that key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// Whether it manages the account's members.
    #[must_use]
    pub fn manages(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// As the screen says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Editor => "Editor",
            Self::Member => "Member",
            Self::WatchOnly => "Watch-only",
        }
    }
}

/// A user and the account they belong to. Holds nothing secret.
#[derive(Debug, Clone, FromRow)]
pub struct User {
    pub id: UserId,
    pub account_id: AccountId,
    pub account_name: String,
    pub plan: Plan,
    pub role: Role,
    pub name: String,
    pub username: Option<String>,
    pub email: String,
    pub password_changed_at: UnixMillis,
    pub two_factor_since: Option<UnixMillis>,
}

/// Why a sign-up or a change of the profile was refused.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("sign-up is closed")]
    Closed,
    /// Each field that is wrong by its name, with a sentence for whoever typed it.
    #[error("wrong fields")]
    Fields(Vec<(&'static str, String)>),
    /// From one address.
    #[error("too many sign-ups")]
    RateLimited(RateLimited),
    /// The session has ended in the meantime.
    #[error("this session has ended")]
    Ended,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

impl UserError {
    /// One field is wrong.
    pub(crate) fn field(name: &'static str, why: impl Into<String>) -> Self {
        Self::Fields(vec![(name, why.into())])
    }
}

/// Whether anybody has signed up yet.
///
/// # Errors
/// When the database is unavailable.
pub async fn any_user(conn: &mut Conn) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>("select count(*) from (select id from users limit 1) as u")
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

pub(crate) async fn insert_account(
    tx: &mut Tx,
    id: &AccountId,
    name: &str,
    plan: Plan,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("insert into accounts (id, name, plan, created_at) values ($1, $2, $3, $4)")
        .bind(id)
        .bind(name)
        .bind(plan)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

pub(crate) async fn insert_user(
    tx: &mut Tx,
    id: &UserId,
    account: &AccountId,
    name: &str,
    email: &str,
    password_hash: &str,
    now: Moment,
) -> Result<(), sqlx::Error> {
    insert_user_as(
        tx,
        id,
        account,
        Role::Owner,
        name,
        email,
        password_hash,
        now,
    )
    .await
}

pub(crate) async fn insert_user_as(
    tx: &mut Tx,
    id: &UserId,
    account: &AccountId,
    role: Role,
    name: &str,
    email: &str,
    password_hash: &str,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "insert into users (id, account_id, role, name, email, password_hash, password_changed_at, epoch, created_at)
         values ($1, $2, $7, $3, $4, $5, $6, 1, $6)")
        .bind(id)
        .bind(account)
        .bind(name)
        .bind(email)
        .bind(password_hash)
        .bind(now.at)
        .bind(role)
        .execute(c)
        .await
        .map(|_| ()))
}

/// The user of that id, unless disabled.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(conn: &mut Conn, id: &UserId) -> Result<Option<User>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email,
                u.password_changed_at, u.two_factor_since
         from users u join accounts a on a.id = u.account_id
         where u.id = $1 and u.disabled_at is null")
        .bind(id)
        .fetch_optional(c)
        .await)
}

/// The id of the user with that email, in any case, disabled or not.
///
/// # Errors
/// When the database is unavailable.
pub async fn id_of_email(conn: &mut Conn, email: &str) -> Result<Option<UserId>, sqlx::Error> {
    let Ok(email) = clean_email(email) else {
        return Ok(None);
    };
    on!(conn, c => sqlx::query_scalar("select id from users where email = $1")
        .bind(email)
        .fetch_optional(c)
        .await)
}

/// What an operation must know of a user while nobody else may act on them.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Locked {
    pub epoch: i64,
    pub account_id: AccountId,
    pub plan: Plan,
    pub password_hash: String,
    pub two_factor_since: Option<UnixMillis>,
    pub disabled_at: Option<UnixMillis>,
    pub email: String,
}

/// Locks the user's row until the transaction ends. Whoever starts or ends sessions takes this
/// lock first: without it, a sign-in that overlaps a remote logout would outlive it on PostgreSQL.
/// On SQLite `begin immediate` has already let one writer in alone.
pub(crate) async fn lock(tx: &mut Tx, id: &UserId) -> Result<Option<Locked>, sqlx::Error> {
    match &mut **tx {
        Conn::Sqlite(_) => {}
        Conn::Postgres(held) => {
            sqlx::query("select 1 from users where id = $1 for update")
                .bind(id)
                .execute(&mut **held)
                .await?;
        }
    }
    on!(tx, c => sqlx::query_as(
        "select u.epoch, u.account_id, a.plan, u.password_hash, u.two_factor_since, u.disabled_at, u.email
         from users u join accounts a on a.id = u.account_id where u.id = $1")
        .bind(id)
        .fetch_optional(c)
        .await)
}

/// The hash of a user's password.
pub(crate) async fn password_hash(conn: &mut Conn, id: &UserId) -> Result<String, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select password_hash from users where id = $1")
        .bind(id)
        .fetch_one(c)
        .await)
}

/// Changes the name and the username of the user signed in; an empty username takes it away.
///
/// # Errors
/// The fields that are wrong, or [`UserError::Ended`].
pub async fn update_profile(
    tx: &mut Tx,
    who: &SignedIn,
    name: &str,
    username: &str,
    limits: &Limits,
    now: Moment,
) -> Result<(), UserError> {
    let alive = sessions::lock_live(tx, who, limits, now).await?;
    alive.ok_or(UserError::Ended)?;
    set_names(tx, &who.user.id, name, username).await
}

/// Sets a user's name and username.
pub(crate) async fn set_names(
    tx: &mut Tx,
    id: &UserId,
    name: &str,
    username: &str,
) -> Result<(), UserError> {
    let (name, username) = match (clean_name(name), clean_username(username)) {
        (Ok(name), Ok(username)) => (name, username),
        (name, username) => {
            return Err(wrong([
                ("name", name.err().map(str::to_owned)),
                ("username", username.err().map(str::to_owned)),
            ]));
        }
    };
    on!(tx, c => sqlx::query("update users set name = $2, username = $3 where id = $1")
        .bind(id)
        .bind(name)
        .bind(username)
        .execute(c)
        .await
        .map(|_| ()))
    .map_err(|e| {
        taken(
            e,
            UserError::field("username", "Somebody else has this username."),
        )
    })
}

/// The fields that are wrong, of those that were looked at.
fn wrong<const N: usize>(looked_at: [(&'static str, Option<String>); N]) -> UserError {
    let wrong = looked_at
        .into_iter()
        .filter_map(|(name, why)| Some((name, why?)));
    UserError::Fields(wrong.collect())
}

/// Name, email and password of somebody new, made clean; the password is only looked at.
///
/// # Errors
/// All the fields that are wrong.
pub(crate) async fn clean_new_user(
    hasher: &Hasher,
    shortest_password: usize,
    name: &str,
    email: &str,
    password: &Secret,
) -> Result<(String, String), UserError> {
    let (cleaned_name, cleaned_email) = (clean_name(name), clean_email(email));
    let about = [
        cleaned_name.as_deref().unwrap_or(name),
        cleaned_email.as_deref().unwrap_or(email),
    ];
    let accepted = hasher.accept(password, shortest_password, &about).await?;
    match (cleaned_name, cleaned_email, accepted) {
        (Ok(name), Ok(email), Ok(())) => Ok((name, email)),
        (name, email, accepted) => Err(wrong([
            ("name", name.err().map(str::to_owned)),
            ("email", email.err().map(str::to_owned)),
            ("password", accepted.err().map(|why| why.to_string())),
        ])),
    }
}

/// Sets an account's plan by one member's email. Returns the plan it had.
///
/// # Errors
/// When the database is unavailable.
pub async fn set_plan(
    tx: &mut Tx,
    member: &UserId,
    plan: Plan,
    actor: Actor<'_>,
    client: &Client,
    now: Moment,
) -> Result<Option<Plan>, sqlx::Error> {
    let Some(account) = account_of(tx, member).await? else {
        return Ok(None);
    };
    members::lock_account(tx, &account).await?;
    let Some(user) = lock(tx, member).await? else {
        return Ok(None);
    };
    on!(tx, c => sqlx::query("update accounts set plan = $2 where id = $1")
        .bind(&user.account_id)
        .bind(plan)
        .execute(c)
        .await
        .map(|_| ()))?;
    let event = Event::of(Action::PlanChanged, actor, client)
        .in_account(&user.account_id)
        .with(serde_json::json!({ "from": user.plan, "to": plan }));
    audit::record(tx, event, now).await?;
    Ok(Some(user.plan))
}

async fn account_of(conn: &mut Conn, member: &UserId) -> Result<Option<AccountId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select account_id from users where id = $1")
        .bind(member)
        .fetch_optional(c)
        .await)
}

pub(crate) fn taken(error: sqlx::Error, field: UserError) -> UserError {
    match error.as_database_error() {
        Some(e) if e.is_unique_violation() => field,
        _ => UserError::Database(error),
    }
}

pub(crate) fn clean_name(name: &str) -> Result<String, &'static str> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err("Enter your name."),
        1..=100 if hides_something(name) => Err("A name has no invisible characters."),
        1..=100 => Ok(name.to_owned()),
        _ => Err("A name has 100 characters or fewer."),
    }
}

/// Lower case and trimmed. Only the shape is checked: whether mail arrives shows by sending one.
pub(crate) fn clean_email(email: &str) -> Result<String, &'static str> {
    let email = email.trim().to_lowercase();
    if email.is_empty() {
        return Err("Enter your email address.");
    }
    if email.len() > 254 {
        return Err("An email address has 254 characters or fewer.");
    }
    // One mailbox has one spelling here: no quoted names, comments or routes (RFC 5321, 4.1.2 has them all).
    let reserved = |c: char| c.is_whitespace() || "\"(),:;<>@[\\]".contains(c);
    let fits = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
            && !part.contains(reserved)
    };
    let shaped = email
        .split_once('@')
        .is_some_and(|(local, domain)| fits(local) && fits(domain));
    if shaped && !hides_something(&email) {
        Ok(email)
    } else {
        Err("Enter an email address like name@example.com.")
    }
}

fn clean_username(username: &str) -> Result<Option<String>, &'static str> {
    let username = username.trim().to_lowercase();
    if username.is_empty() {
        return Ok(None);
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !(3..=32).contains(&username.chars().count()) || !username.chars().all(allowed) {
        return Err("Use 3 to 32 letters a to z, digits, hyphens or underscores.");
    }
    Ok(Some(username))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_lowered_and_trimmed_and_nonsense_is_refused() {
        assert_eq!(
            clean_email(" Ada@Example.COM "),
            Ok("ada@example.com".into())
        );
        for wrong in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "a\0@b.c",
            "a@.b",
        ] {
            assert!(clean_email(wrong).is_err(), "{wrong}");
        }
        assert!(clean_email(&format!("{}@b.c", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_username_is_plain_or_absent() {
        assert_eq!(clean_username("  "), Ok(None));
        assert_eq!(clean_username("Ada_L-1"), Ok(Some("ada_l-1".into())));
        for wrong in ["ab", "a b c", "ädä", "../etc"] {
            assert!(clean_username(wrong).is_err(), "{wrong}");
        }
    }
}
