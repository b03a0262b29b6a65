//! Links that were mailed to a user: good once, for a while, under the epoch they were made in. A link
//! signs nobody in. [`Purpose::NotMe`] alone outlives the epoch: whoever has signed in as somebody else can
//! raise that, and must not take the owner's way to throw them out along.

use std::time::Duration;

use sqlx::FromRow;

use crate::{
    execute,
    ids::{SessionId, UserId},
    instance::Reader,
    limits::Limits,
    locks::LockedUser,
    on,
    operation::Operation,
    secret::Token,
    time::UnixMillis,
};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    ResetPassword,
    ChangeEmail,
    /// Logs out everywhere, for somebody who did not sign in.
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

/// A link that still stands.
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

/// Issues a link for a user, and says when it expires; for no user a row is written that nothing opens.
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

/// The link, if it still stands: not used, not too old, of this epoch. Uses nothing up.
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

/// Uses the link up. The caller holds the user's lock and has seen with [`find`] that it stands.
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

/// Uses up the links of a user that went to an address they no longer have; those with which one logs
/// out everywhere stay good, for whoever has changed the address may be somebody else.
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

/// Uses up every link of a user that is for this.
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
