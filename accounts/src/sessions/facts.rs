//! What a remote logout would end and what it would leave alone, counted now.

use sqlx::FromRow;

use crate::{
    ids::UserId,
    instance::Reader,
    live::{live_device, live_session},
    on, tokens,
};

/// What the dialog says will end and will stay.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Facts {
    /// The epoch under which all of this is live.
    pub epoch: i64,
    pub sessions: i64,
    pub remembered_devices: i64,
    /// Open invitations of the user, which will wait for a confirmation.
    pub invitations: i64,
    #[sqlx(skip)]
    pub api_tokens: i64,
    #[sqlx(skip)]
    pub mcp_tokens: i64,
}

/// Counts what a remote logout would end now, and the tokens it would leave alone.
///
/// # Errors
/// When the database is unavailable.
pub async fn facts(conn: &mut Reader, user: &UserId) -> Result<Facts, sqlx::Error> {
    let live = count_live(conn, user).await?;
    Ok(Facts {
        api_tokens: tokens::count(conn, user, tokens::Kind::Api).await?,
        mcp_tokens: tokens::count(conn, user, tokens::Kind::Mcp).await?,
        ..live
    })
}

/// The user's live sessions and remembered devices; tokens are not counted.
pub(crate) async fn count_live(conn: &mut Reader, user: &UserId) -> Result<Facts, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select u.epoch, (select count(*) from sessions s where s.user_id = u.id and ", live_session!("$1", "$2"), ") as sessions,
                (select count(*) from remembered_devices d where d.user_id = u.id and ", live_device!("$1"), ") as remembered_devices,
                (select count(*) from invitations i where i.created_by = u.id and i.used_at is null
                 and i.revoked_at is null and i.waits_since is null and i.expires_at > $1) as invitations
         from users u where u.id = $3"))
        .bind(now)
        .bind(idle)
        .bind(user)
        .fetch_one(c)
        .await)
}
