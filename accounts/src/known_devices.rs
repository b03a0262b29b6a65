//! Known devices: browsers on which a user has signed in before (OWASP "device cookies"). Their failures are
//! counted apart, so that a stranger's failures do not lock the user out. Being known grants nothing.

use crate::{
    db::Conn,
    execute,
    ids::UserId,
    on,
    operation::{LockedUser, Operation},
    secret::Token,
};

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
            "select k.epoch <> u.epoch from known_devices k join users u on u.id = k.user_id
             where k.token_hash = $1 and k.user_id = $2")
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
            "select k.epoch <> u.epoch from known_devices k join users u on u.id = k.user_id
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

/// Lets the browser that asks stay a known device under the user's new epoch. All others are forgotten by its rise, as
/// far as the email about a new device goes; they share a rate limit, so that a stranger's failures do not lock the
/// user out.
pub(crate) async fn stays_known(op: &mut Operation, user: &LockedUser) -> Result<(), sqlx::Error> {
    op.holds(user)?;
    let Some(this) = op.client().known_device.as_ref().map(Token::hash) else {
        return Ok(());
    };
    execute!(
        op,
        "update known_devices set epoch = $4 where user_id = $1 and token_hash = $2 and epoch = $3",
        &user.id,
        this,
        user.epoch,
        user.epoch + 1
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
        "insert into known_devices (token_hash, user_id, last_used_at, epoch)
         select $1, id, $3, epoch from users where id = $2
         on conflict (token_hash, user_id) do update set last_used_at = $3, epoch = excluded.epoch",
        token.hash(),
        user,
        now.at
    )?;
    Ok(())
}
