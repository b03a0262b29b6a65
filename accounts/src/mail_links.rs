//! Links that were mailed: good once, for half an hour, under the epoch they were made in. A link
//! signs nobody in.

use sqlx::FromRow;

use crate::{
    db::{Conn, Tx},
    limits::Limits,
    on,
    secret::Token,
    time::Moment,
    users::UserId,
};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    ResetPassword,
    ChangeEmail,
}

/// A link that still stands.
#[derive(Debug, Clone, FromRow)]
pub struct Link {
    pub user_id: UserId,
    /// The new address, for a change of address.
    pub email: Option<String>,
}

/// Makes a link for a person; for nobody a row is written that nothing opens.
pub(crate) async fn issue(
    tx: &mut Tx,
    purpose: Purpose,
    user: Option<(&UserId, i64)>,
    email: Option<&str>,
    limits: &Limits,
    now: Moment,
) -> Result<Token, sqlx::Error> {
    let token = Token::random();
    on!(tx, c => sqlx::query(
        "insert into mail_links (token_hash, user_id, purpose, epoch, email, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(token.hash())
        .bind(user.map(|(id, _)| id))
        .bind(purpose)
        .bind(user.map_or(0, |(_, epoch)| epoch))
        .bind(email)
        .bind(now.at)
        .bind(now.at + limits.mail_link)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(token)
}

/// The link, if it still stands: not used, not too old, of this epoch. Uses nothing up.
///
/// # Errors
/// When the store is away.
pub async fn find(
    conn: &mut Conn,
    purpose: Purpose,
    token: &Token,
    now: Moment,
) -> Result<Option<Link>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select l.user_id, l.email from mail_links l join users u on u.id = l.user_id and u.epoch = l.epoch
         where l.token_hash = $1 and l.purpose = $2 and l.used_at is null and l.expires_at > $3
           and u.disabled_at is null")
        .bind(token.hash())
        .bind(purpose)
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Uses the link up. The caller holds the person's lock and has seen with [`find`] that it stands.
pub(crate) async fn spend(tx: &mut Tx, token: &Token, now: Moment) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update mail_links set used_at = $2 where token_hash = $1")
        .bind(token.hash())
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Uses up every link of a person: those that went to an address they no longer have.
pub(crate) async fn spend_all(tx: &mut Tx, user: &UserId, now: Moment) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update mail_links set used_at = $2 where user_id = $1 and used_at is null")
        .bind(user)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}
