//! The user and session that a request was authenticated with.

use sqlx::FromRow;

use crate::{ids::SessionId, time::UnixMillis, users::User};

/// A request's user and session.
#[derive(Debug, Clone, FromRow)]
pub struct SignedIn {
    #[sqlx(flatten)]
    pub user: User,
    #[sqlx(rename = "session_id")]
    pub session: SessionId,
    /// The epoch under which the session is live.
    pub epoch: i64,
    pub started_at: UnixMillis,
    pub last_active_at: UnixMillis,
    /// When the user last showed a password or a code in this session.
    pub confirmed_at: Option<UnixMillis>,
    /// A remember-me exchange gave the session, and no request has presented it yet: the first that does says so
    /// ([`remember_me::first_use`](crate::remember_me::first_use)).
    pub first_use: bool,
}
