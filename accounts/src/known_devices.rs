//! Known devices: browsers on which a user has signed in before (OWASP "device cookies"). Their failures are
//! counted apart, so that a stranger's failures do not lock the user out. Being known grants nothing.
//!
//! Every sign-in gives the browser a new value, and the old one is forgotten: a thief who has copied it is announced
//! when they sign in with it. A value that the browser came with is never taken over.

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
    /// Whose wrong codes in a row are counted together with its own: its own alone, or those of all forgotten devices
    /// of the user, because who reads the user's email gets another such device with each new password.
    pub(crate) fn in_a_row_with(&self) -> &str {
        if self.forgotten {
            "forgotten"
        } else {
            &self.prefix
        }
    }
}

/// What the known-device cookie of a browser holds from now on.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// For the user who has signed in.
    pub value: Token,
    /// What the browser came with for other users.
    pub others: Vec<Token>,
}

/// The browser that asks, and whether the user has signed in on it before.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) known: Option<Known>,
}

impl Browser {
    /// Looks whether the user has signed in on this browser before.
    pub(crate) async fn of(op: &mut Operation, user: &UserId) -> Result<Self, sqlx::Error> {
        let sql = "select k.epoch <> u.epoch from known_devices k join users u on u.id = k.user_id
                   where k.token_hash = $1 and k.user_id = $2";
        Self::look(op, sql, user.as_str()).await
    }

    /// The same for the user of an email address, whom the caller has not looked up.
    pub(crate) async fn of_email(op: &mut Operation, email: &str) -> Result<Self, sqlx::Error> {
        let sql = "select k.epoch <> u.epoch from known_devices k join users u on u.id = k.user_id
                   where k.token_hash = $1 and u.email = $2";
        Self::look(op, sql, email).await
    }

    async fn look(op: &mut Operation, sql: &'static str, whose: &str) -> Result<Self, sqlx::Error> {
        for token in op.client().known_devices.clone() {
            let forgotten: Option<bool> = on!(op, c => sqlx::query_scalar(sql)
                .bind(token.hash())
                .bind(whose)
                .fetch_optional(c)
                .await)?;
            if let Some(forgotten) = forgotten {
                let prefix = token.hash().prefix();
                return Ok(Self {
                    known: Some(Known { prefix, forgotten }),
                });
            }
        }
        Ok(Self { known: None })
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
    on!(conn, c => sqlx::query_scalar::<_, i64>("select count(*) from known_devices where user_id = $1 and epoch > 0")
        .bind(user)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// Lets the browser that asks stay a known device under the user's new epoch. All others are forgotten by its rise, as
/// far as the email about a new device goes; each has a smaller rate limit, so that a stranger's failures do not lock
/// the user out.
pub(crate) async fn stays_known(op: &mut Operation, user: &LockedUser) -> Result<(), sqlx::Error> {
    op.holds(user)?;
    for token in op.client().known_devices.clone() {
        execute!(
            op,
            "update known_devices set epoch = $4 where user_id = $1 and token_hash = $2 and epoch = $3",
            &user.id,
            token.hash(),
            user.epoch,
            user.epoch + 1
        )?;
    }
    Ok(())
}

/// Remembers that the user has signed in on this browser, by a new value. Grants nothing.
pub(crate) async fn know(op: &mut Operation, user: &LockedUser) -> Result<NewDevice, sqlx::Error> {
    renew(op, user, user.epoch).await
}

/// Counts the next failures of the browser that asks apart from a stranger's. The next sign-in on it is announced all
/// the same: its user has shown that they read the user's email, and no more.
pub(crate) async fn count_apart(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<NewDevice, sqlx::Error> {
    renew(op, user, 0).await
}

/// Gives the browser a new value. The one before is forgotten, and is kept until the new one is presented, because the
/// answer that carries it may be lost: a stranger's failures must not lock the user out then.
async fn renew(
    op: &mut Operation,
    user: &LockedUser,
    epoch: i64,
) -> Result<NewDevice, sqlx::Error> {
    op.holds(user)?;
    let (mut follows, mut others) = (None, Vec::new());
    for token in op.client().known_devices.clone() {
        let hash = token.hash();
        execute!(
            op,
            "delete from known_devices where user_id = $1 and token_hash =
                 (select follows from known_devices where user_id = $1 and token_hash = $2)",
            &user.id,
            &hash
        )?;
        let known = execute!(
            op,
            "update known_devices set epoch = 0 where user_id = $1 and token_hash = $2",
            &user.id,
            &hash
        )?;
        if known == 0 {
            others.push(token);
        } else {
            follows = Some(hash);
        }
    }
    let (value, now) = (Token::random(), op.now);
    execute!(
        op,
        "insert into known_devices (token_hash, user_id, last_used_at, epoch, follows) values ($1, $2, $3, $4, $5)",
        value.hash(),
        &user.id,
        now.at,
        epoch,
        follows
    )?;
    Ok(NewDevice { value, others })
}
