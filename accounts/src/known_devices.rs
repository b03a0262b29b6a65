//! Known devices: browsers on which a user has signed in before (OWASP "device cookies"). Their failures are
//! counted apart, so that a stranger's failures do not lock the user out. Being known grants nothing.

use crate::{
    db::Conn,
    execute,
    ids::UserId,
    on,
    operation::Operation,
    secret::{Token, TokenHash},
};

/// The browser that asks, and whether the user has signed in on it before.
#[derive(Debug)]
pub(crate) struct Browser {
    /// The first digits of its cookie's hash, when it is known.
    pub(crate) known: Option<String>,
}

impl Browser {
    /// Looks whether the user has signed in on this browser before.
    pub(crate) async fn of(op: &mut Operation, user: &UserId) -> Result<Self, sqlx::Error> {
        let Some(token) = op.client().known_device.clone() else {
            return Ok(Self { known: None });
        };
        let known = is_known(op, &token.hash(), user).await?;
        Ok(Self {
            known: known.then(|| token.hash().prefix()),
        })
    }

    /// Whether the user has signed in on it before.
    pub(crate) fn is_known(&self) -> bool {
        self.known.is_some()
    }
}

/// Whether the user has signed in on any browser before.
pub(crate) async fn has_signed_in_before(
    conn: &mut Conn,
    user: &UserId,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>("select count(*) from known_devices where user_id = $1")
        .bind(user)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

async fn is_known(conn: &mut Conn, token: &TokenHash, user: &UserId) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from known_devices where token_hash = $1 and user_id = $2")
        .bind(token)
        .bind(user)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// Forgets every known device of a user.
pub(crate) async fn forget_devices(op: &mut Operation, user: &UserId) -> Result<(), sqlx::Error> {
    execute!(op, "delete from known_devices where user_id = $1", user)?;
    Ok(())
}

/// Forgets every known device of a user except the browser that asks.
pub(crate) async fn forget_other_devices(
    op: &mut Operation,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    let this = op.client().known_device.as_ref().map(Token::hash);
    execute!(
        op,
        "delete from known_devices where user_id = $1 and token_hash <> coalesce($2, '')",
        user,
        this
    )?;
    Ok(())
}

/// Remembers that the user has signed in on this browser. Grants nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn know_device(
    op: &mut Operation,
    user: &UserId,
    token: &Token,
) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "insert into known_devices (token_hash, user_id, last_used_at) values ($1, $2, $3)
         on conflict (token_hash, user_id) do update set last_used_at = $3",
        token.hash(),
        user,
        now.at
    )?;
    Ok(())
}

/// Whether the user of that email has signed in on this browser before.
pub(crate) async fn device_is_known(
    conn: &mut Conn,
    token: &TokenHash,
    email: &str,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from known_devices k join users u on u.id = k.user_id
         where k.token_hash = $1 and u.email = $2")
        .bind(token)
        .bind(email)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}
