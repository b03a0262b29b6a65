//! Very many users and sessions, quickly, for measuring.

use std::io;

use crate::{
    client::Client,
    db::Tx,
    ids::{AccountId, SessionId, UserId},
    instance::Instance,
    limits::Limits,
    on,
    passwords::HashingFailed,
    plans::Plan,
    secret::{Secret, Token, TokenHash},
    time::Moment,
    users,
};

/// Rows in one statement: SQLite takes at most 32,766 values in one, and every row has at most 11.
const ROWS: usize = 500;

/// Rows in one transaction, give or take those of one statement.
const ROWS_A_COMMIT: usize = 5_000;

/// How many to create, and what their cookie is called.
#[derive(Debug, Clone, Copy)]
pub struct Seed<'a> {
    pub users: usize,
    pub sessions_each: usize,
    /// The session cookie's name on this install.
    pub cookie: &'a str,
}

/// Why it stopped. What was committed before stays.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the list could not be written: {0}")]
    Write(#[from] io::Error),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

struct SeededUser {
    id: UserId,
    account: AccountId,
    email: String,
}

struct Session<'a> {
    of: &'a SeededUser,
    id: SessionId,
    token: Token,
    hash: TokenHash,
}

/// Creates users on the Enterprise plan with live sessions. Calls `line` for each session, once it is committed, with
/// its user's email, a tab and the `Cookie` header that is signed in.
///
/// # Errors
/// See [`SeedError`].
pub async fn seed(
    instance: &Instance,
    how_many: Seed<'_>,
    now: Moment,
    mut line: impl FnMut(&str) -> io::Result<()>,
) -> Result<(), SeedError> {
    // No user signs in with it: it is thrown away.
    let password = Secret::new(Token::random().expose().to_owned());
    let hasher = instance.hasher.known(&Client::default());
    let hash = hasher.hash(&password).await?;
    // So that seeding again gives other email addresses.
    let run = now.id();
    let users: Vec<SeededUser> = (0..how_many.users)
        .map(|number| SeededUser {
            id: UserId(now.id()),
            account: AccountId(now.id()),
            email: format!("{number}@{run}.seed.example"),
        })
        .collect();
    for some in users.chunks(ROWS_A_COMMIT) {
        let mut tx = instance.db.write().await?;
        users::note_first_user(&mut tx, now.at).await?;
        for some in some.chunks(ROWS) {
            insert_users(&mut tx, some, &hash, now).await?;
        }
        tx.commit().await?;
    }
    let mut all = users
        .iter()
        .flat_map(|user| std::iter::repeat_n(user, how_many.sessions_each));
    loop {
        let some: Vec<Session<'_>> = all
            .by_ref()
            .take(ROWS_A_COMMIT)
            .map(|p| start(p, now))
            .collect();
        if some.is_empty() {
            return Ok(());
        }
        let mut tx = instance.db.write().await?;
        for some in some.chunks(ROWS) {
            insert_sessions(&mut tx, some, &instance.limits, now).await?;
        }
        tx.commit().await?;
        for session in &some {
            let (email, value) = (&session.of.email, session.token.expose());
            line(&format!("{email}\t{}={value}", how_many.cookie))?;
        }
    }
}

fn start(of: &SeededUser, now: Moment) -> Session<'_> {
    let token = Token::random();
    Session {
        of,
        id: SessionId(now.id()),
        hash: token.hash(),
        token,
    }
}

async fn insert_users(
    tx: &mut Tx,
    users: &[SeededUser],
    password_hash: &str,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => {
        let mut insert = sqlx::QueryBuilder::new("insert into accounts (id, name, plan, created_at) ");
        insert.push_values(users, |mut row, user| {
            row.push_bind(&user.account)
                .push_bind("Seeded")
                .push_bind(Plan::Enterprise)
                .push_bind(now.at);
        });
        insert.build().execute(&mut *c).await?;
        let mut insert = sqlx::QueryBuilder::new(
            "insert into users (id, account_id, role, name, email, password_hash,
                                password_changed_at, epoch, created_at) ");
        insert.push_values(users, |mut row, user| {
            row.push_bind(&user.id)
                .push_bind(&user.account)
                .push_bind("owner")
                .push_bind("Seeded")
                .push_bind(&user.email)
                .push_bind(password_hash)
                .push_bind(now.at)
                .push_bind(1_i64)
                .push_bind(now.at);
        });
        insert.build().execute(c).await.map(|_| ())
    })
}

async fn insert_sessions(
    tx: &mut Tx,
    sessions: &[Session<'_>],
    limits: &Limits,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => {
        let mut insert = sqlx::QueryBuilder::new(
            "insert into sessions (id, user_id, token_hash, epoch, auth_method, ip, user_agent,
                                   started_at, last_active_at, expires_at) ");
        insert.push_values(sessions, |mut row, session| {
            row.push_bind(&session.id)
                .push_bind(&session.of.id)
                .push_bind(&session.hash)
                .push_bind(1_i64)
                .push_bind("password")
                .push_bind("192.0.2.1")
                .push_bind("curfew seed")
                .push_bind(now.at)
                .push_bind(now.at)
                .push_bind(now.at + limits.session_max);
        });
        insert.build().execute(c).await.map(|_| ())
    })
}
