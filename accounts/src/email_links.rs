//! One-time links that were emailed to a user: valid once, for a while, under the epoch they were issued in. A link
//! signs no user in. Only [`Purpose::NotMe`] outlives the epoch, because a thief who has signed in as the user can
//! raise the epoch, and must not take away with it the link by which the user ends the thief's sessions.

use std::time::Duration;

use sqlx::FromRow;

use crate::{
    execute,
    ids::{SessionId, UserId},
    instance::Reader,
    limits::Limits,
    on,
    operation::{LockedUser, Operation},
    secret::Token,
    time::UnixMillis,
};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    ResetPassword,
    ChangeEmail,
    /// Logs out everywhere, for a user who says that a sign-in was not theirs.
    NotMe,
}

impl Purpose {
    fn good_for(self, limits: &Limits) -> Duration {
        match self {
            Self::ResetPassword | Self::ChangeEmail => limits.email_link,
            Self::NotMe => limits.not_me_link,
        }
    }
}

/// A link that is still valid.
#[derive(Debug, Clone, FromRow)]
pub struct Link {
    pub user_id: UserId,
    /// The new address, for a change of address.
    pub email: Option<String>,
    /// The session that the email told of, for a sign-in on a new device.
    pub session_id: Option<SessionId>,
    pub created_at: UnixMillis,
}

/// What a link is about, beside its user.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub email: Option<&'a str>,
    pub session: Option<&'a SessionId>,
}

/// Issues a link for a user, and says when it expires. For no user a row is written that no link opens, so that an
/// unknown address takes as long as a known one.
pub(crate) async fn issue(
    op: &mut Operation,
    purpose: Purpose,
    user: Option<&LockedUser>,
    about: About<'_>,
) -> Result<(Token, UnixMillis), sqlx::Error> {
    let now = op.now.at;
    let token = Token::random();
    let expires_at = now + purpose.good_for(&op.limits);
    execute!(
        op,
        "insert into email_links (token_hash, user_id, purpose, epoch, email, session_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        token.hash(),
        user.map(|user| &user.id),
        purpose,
        user.map_or(0, |user| user.epoch),
        about.email,
        about.session,
        now,
        expires_at
    )?;
    Ok((token, expires_at))
}

/// The link, if it is still valid: not used, not too old, and of this epoch unless it is there to
/// end everything. Consumes nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(
    conn: &mut Reader,
    purpose: Purpose,
    token: &Token,
) -> Result<Option<Link>, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_as(
        "select l.user_id, l.email, l.session_id, l.created_at from email_links l join users u on u.id = l.user_id and (u.epoch = l.epoch or l.purpose = 'not_me')
         where l.token_hash = $1 and l.purpose = $2 and l.used_at is null and l.expires_at > $3
           and u.disabled_at is null")
        .bind(token.hash())
        .bind(purpose)
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Consumes the link. The caller holds the user's lock and has seen with [`find`] that the link is valid.
pub(crate) async fn consume(op: &mut Operation, token: &Token) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "update email_links set used_at = $2 where token_hash = $1",
        token.hash(),
        now.at
    )?;
    Ok(())
}

/// Consumes the links of a user that went to an address they no longer have. Those that log the user out everywhere
/// stay valid, because a thief may have changed the address.
pub(crate) async fn consume_all(op: &mut Operation, user: &UserId) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "update email_links set used_at = $2 where user_id = $1 and used_at is null and purpose <> 'not_me'",
        user,
        now.at
    )?;
    Ok(())
}

/// Consumes every link of a user that is for `purpose`.
pub(crate) async fn consume_for(
    op: &mut Operation,
    user: &UserId,
    purpose: Purpose,
) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "update email_links set used_at = $3 where user_id = $1 and used_at is null and purpose = $2",
        user,
        purpose,
        now.at
    )?;
    Ok(())
}
