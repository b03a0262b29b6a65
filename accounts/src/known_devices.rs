//! Known devices: browsers on which a user has signed in before (OWASP "device cookies"). Their failures are
//! counted apart, so that a stranger's failures do not lock the user out. Being known grants nothing.

use crate::{db::Conn, execute, ids::UserId, on, operation::Operation, secret::Token};

/// A known device, as far as rate limits and emails go.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The first digits of its cookie's hash: enough to tell devices apart, of no use to a reader of the tables.
    pub(crate) prefix: String,
    /// What ends everything has forgotten it: its next sign-in is announced, and until then its rate limit is smaller.
    pub(crate) forgotten: bool,
}

impl Known {
    /// Whose failures are counted together with its own: its own alone, or those of all forgotten devices of the user,
    /// because a thief who has signed in often has many.
    pub(crate) fn counted_as(&self) -> &str {
        if self.forgotten {
            "forgotten"
        } else {
            &self.prefix
        }
    }
}

/// The browser that asks, and whether the user has signed in on it before.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) known: Option<Known>,
}

impl Browser {
    /// Looks whether the user has signed in on this browser before.
    pub(crate) async fn of(op: &mut Operation, user: &UserId) -> Result<Self, sqlx::Error> {
        let Some(token) = op.client().known_device.clone() else {
            return Ok(Self { known: None });
        };
        let found: Option<bool> = on!(op, c => sqlx::query_scalar(
            "select forgotten_at is not null from known_devices where token_hash = $1 and user_id = $2")
            .bind(token.hash())
            .bind(user)
            .fetch_optional(c)
            .await)?;
        Ok(Self::found(&token, found))
    }

    /// The same for the user of an email address, whom the caller has not looked up.
    pub(crate) async fn of_email(op: &mut Operation, email: &str) -> Result<Self, sqlx::Error> {
        let Some(token) = op.client().known_device.clone() else {
            return Ok(Self { known: None });
        };
        let found: Option<bool> = on!(op, c => sqlx::query_scalar(
            "select k.forgotten_at is not null from known_devices k join users u on u.id = k.user_id
             where k.token_hash = $1 and u.email = $2")
            .bind(token.hash())
            .bind(email)
            .fetch_optional(c)
            .await)?;
        Ok(Self::found(&token, found))
    }

    fn found(token: &Token, forgotten: Option<bool>) -> Self {
        Self {
            known: forgotten.map(|forgotten| Known {
                prefix: token.hash().prefix(),
                forgotten,
            }),
        }
    }

    /// Whether a sign-in on it is that of a new device, which the user is told of.
    pub(crate) fn is_new(&self) -> bool {
        self.known.as_ref().is_none_or(|known| known.forgotten)
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

/// Forgets the user's known devices, as far as the email about a new device goes; the browser that asks stays known
/// where `but_this` says so. Each keeps a rate limit of its own, so that a stranger's failures do not lock the user out.
pub(crate) async fn forget_devices(
    op: &mut Operation,
    user: &UserId,
    but_this: bool,
) -> Result<(), sqlx::Error> {
    let this = op.client().known_device.as_ref().filter(|_| but_this);
    let (this, now) = (this.map(Token::hash), op.now.at);
    execute!(
        op,
        "update known_devices set forgotten_at = $3
         where user_id = $1 and token_hash <> coalesce($2, '') and forgotten_at is null",
        user,
        this,
        now
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
         on conflict (token_hash, user_id) do update set last_used_at = $3, forgotten_at = null",
        token.hash(),
        user,
        now.at
    )?;
    Ok(())
}
