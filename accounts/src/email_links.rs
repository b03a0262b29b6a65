//! Links that were mailed to a user: good once, for a while, under the epoch they were made in. A link
//! signs nobody in. [`Purpose::NotMe`] alone outlives the epoch: whoever has signed in as somebody else can
//! raise that, and must not take the owner's way to throw them out along.

use std::time::Duration;

use sqlx::FromRow;

use crate::{
    db::{Conn, Tx},
    limits::Limits,
    on,
    secret::Token,
    sessions::SessionId,
    time::{Moment, UnixMillis},
    users::UserId,
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

/// Makes a link for a user, and says how long it is good; for nobody a row is written that nothing opens.
pub(crate) async fn issue(
    tx: &mut Tx,
    purpose: Purpose,
    user: Option<(&UserId, i64)>,
    about: About<'_>,
    limits: &Limits,
    now: Moment,
) -> Result<(Token, UnixMillis), sqlx::Error> {
    let token = Token::random();
    let good_until = now.at + purpose.good_for(limits);
    on!(tx, c => sqlx::query(
        "insert into email_links (token_hash, user_id, purpose, epoch, email, session_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(token.hash())
        .bind(user.map(|(id, _)| id))
        .bind(purpose)
        .bind(user.map_or(0, |(_, epoch)| epoch))
        .bind(about.email)
        .bind(about.session)
        .bind(now.at)
        .bind(good_until)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok((token, good_until))
}

/// The link, if it still stands: not used, not too old, of this epoch. Uses nothing up.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(
    conn: &mut Conn,
    purpose: Purpose,
    token: &Token,
    now: Moment,
) -> Result<Option<Link>, sqlx::Error> {
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
pub(crate) async fn consume(tx: &mut Tx, token: &Token, now: Moment) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update email_links set used_at = $2 where token_hash = $1")
        .bind(token.hash())
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Uses up the links of a user that went to an address they no longer have; those with which one logs
/// out everywhere stay good, for whoever has changed the address may be somebody else.
pub(crate) async fn consume_all(
    tx: &mut Tx,
    user: &UserId,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "update email_links set used_at = $2 where user_id = $1 and used_at is null and purpose <> 'not_me'")
        .bind(user)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Uses up every link of a user that is for this.
pub(crate) async fn consume_for(
    tx: &mut Tx,
    user: &UserId,
    purpose: Purpose,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "update email_links set used_at = $3 where user_id = $1 and used_at is null and purpose = $2")
        .bind(user)
        .bind(purpose)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}
