//! Users: finding and creating them.

use sqlx::FromRow;

use crate::{
    db::Conn,
    email_address::clean_email,
    execute,
    ids::{AccountId, UserId},
    instance::Reader,
    names::clean_name,
    on,
    operation::Operation,
    passwords::{Hashing, HashingFailed},
    plans::{Available, Plan},
    rate_limits::RateLimited,
    roles::Role,
    secret::Secret,
    time::UnixMillis,
};

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
    pub keeps_remote_logout: bool,
    /// Whether the account requires a second factor of its members.
    pub second_factor_required: bool,
}

impl User {
    /// The account requires a second factor, and the user has none.
    #[must_use]
    pub fn owes_second_factor(&self) -> bool {
        self.second_factor_required && self.two_factor_since.is_none()
    }

    /// What the user may use.
    #[must_use]
    pub fn available(&self) -> Available {
        Available {
            plan: self.plan,
            keeps_remote_logout: self.keeps_remote_logout,
            owes_second_factor: self.owes_second_factor(),
        }
    }
}

/// Why a sign-up or a change of the profile was refused.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("sign-up is closed")]
    Closed,
    /// Each field that is wrong by its name, with a sentence for the user who typed it.
    #[error("{}", listed(.0))]
    Fields(Vec<(&'static str, String)>),
    /// Too many from one address.
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

/// "email: Enter your email address. password: …", for the command line.
fn listed(fields: &[(&'static str, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    fields.join(" ")
}

/// Whether any user has signed up yet.
///
/// # Errors
/// When the database is unavailable.
pub async fn any_user(conn: &mut Conn) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>("select count(*) from (select id from users limit 1) as u")
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// Whether the install has no user any more, or none yet. One who has left is none: their row stays for what tells of them.
pub(crate) async fn is_without_users(conn: &mut Conn) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select not exists (select 1 from users where removed_at is null) from instance where one = 1")
        .fetch_one(c)
        .await)
}

/// Creates an account.
pub(crate) async fn insert_account(
    op: &mut Operation,
    name: &str,
    plan: Plan,
) -> Result<AccountId, sqlx::Error> {
    let (id, at) = (AccountId(op.now.id()), op.now.at);
    execute!(
        op,
        "insert into accounts (id, name, plan, created_at) values ($1, $2, $3, $4)",
        &id,
        name,
        plan,
        at
    )?;
    Ok(id)
}

/// Creates a user in an account. The first of an install claims it.
pub(crate) async fn insert_user(
    op: &mut Operation,
    account: &AccountId,
    role: Role,
    new: &CleanUser,
) -> Result<UserId, sqlx::Error> {
    let (id, at) = (UserId(op.now.id()), op.now.at);
    execute!(
        op,
        "insert into users (id, account_id, role, name, email, password_hash, password_changed_at, epoch, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $7)",
        &id,
        account,
        role,
        &new.name,
        &new.email,
        &new.password_hash,
        at
    )?;
    note_first_user(op, at).await?;
    Ok(id)
}

/// Whether a first user ever signed up. That is kept: an install whose last user was deleted is not open to strangers
/// again.
pub(crate) async fn is_claimed(conn: &mut Conn) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select claimed_at is not null or exists (select 1 from users) from instance where one = 1")
        .fetch_one(c)
        .await)
}

/// Keeps that there is a user, in the transaction that creates them.
pub(crate) async fn note_first_user(conn: &mut Conn, at: UnixMillis) -> Result<(), sqlx::Error> {
    execute!(
        conn,
        "update instance set claimed_at = $1 where one = 1 and claimed_at is null",
        at
    )?;
    Ok(())
}

/// The columns of [`User`], of users `u` and accounts `a`; the numbers are those of
/// [`keeps_remote_logout!`](crate::live).
macro_rules! user {
    ($now:literal, $idle:literal) => {
        concat!(
            "u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email,
             u.password_changed_at, u.two_factor_since, ",
            $crate::live::requires_second_factor!("a"),
            " as second_factor_required, ",
            $crate::live::keeps_remote_logout!($now, $idle)
        )
    };
}
pub(crate) use user;

/// The user of that id, unless disabled.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(conn: &mut Reader, id: &UserId) -> Result<Option<User>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select ", user!("$2", "$3"), "
         from users u join accounts a on a.id = u.account_id
         where u.id = $1 and u.disabled_at is null"))
        .bind(id)
        .bind(now)
        .bind(idle)
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

/// The hash of a user's password.
pub(crate) async fn password_hash(conn: &mut Conn, id: &UserId) -> Result<String, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select password_hash from users where id = $1")
        .bind(id)
        .fetch_one(c)
        .await)
}

/// The fields that are wrong, of those that were checked.
pub(crate) fn wrong<const N: usize>(looked_at: [(&'static str, Option<String>); N]) -> UserError {
    let wrong = looked_at
        .into_iter()
        .filter_map(|(name, why)| Some((name, why?)));
    UserError::Fields(wrong.collect())
}

/// A user as typed at sign-up or when joining.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub password: &'a Secret,
}

/// A new user, with name and email normalised, and the password's hash.
#[derive(Debug, Clone)]
pub(crate) struct CleanUser {
    pub name: String,
    pub email: String,
    pub password_hash: String,
}

impl NewUser<'_> {
    /// Normalises name and email, and checks the password.
    ///
    /// # Errors
    /// All the fields that are wrong.
    pub(crate) async fn clean(
        &self,
        hasher: &Hashing<'_>,
        shortest: usize,
    ) -> Result<(String, String), UserError> {
        let (name, email) = (clean_name(self.name), clean_email(self.email));
        let about = [
            name.as_deref().unwrap_or(self.name),
            email.as_deref().unwrap_or(self.email),
        ];
        let accepted = hasher.accept(self.password, shortest, &about).await?;
        match (name, email, accepted) {
            (Ok(name), Ok(email), Ok(())) => Ok((name, email)),
            (name, email, accepted) => Err(wrong([
                ("name", name.err().map(str::to_owned)),
                ("email", email.err().map(str::to_owned)),
                ("password", accepted.err().map(|why| why.to_string())),
            ])),
        }
    }
}

/// Notes that a link was used that was sent to the user's address: then it is known to be theirs.
pub(crate) async fn note_email_verified(
    op: &mut Operation,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update users set email_verified_at = coalesce(email_verified_at, $2) where id = $1",
        user,
        now
    )?;
    Ok(())
}

/// The account of a user, who never changes it.
pub(crate) async fn account_of(
    conn: &mut Conn,
    member: &UserId,
) -> Result<Option<AccountId>, sqlx::Error> {
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
