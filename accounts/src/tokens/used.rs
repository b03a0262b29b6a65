//! When tokens were last used.

use crate::{
    db::{Conn, Tx},
    execute,
    ids::TokenId,
    time::UnixMillis,
};

/// Stores when tokens were last used. Times only move forward, and revoked rows stay as they are.
///
/// # Errors
/// When the database is unavailable.
pub async fn note_used(tx: &mut Tx, seen: &[(TokenId, UnixMillis)]) -> Result<(), sqlx::Error> {
    let sql = match &**tx {
        Conn::Sqlite(_) => {
            "update tokens set last_used_at = $2
             where id = $1 and coalesce(last_used_at, 0) < $2 and revoked_at is null"
        }
        // These are rows of many users in no order: waiting for a row that is being revoked could be a deadlock.
        Conn::Postgres(_) => {
            "update tokens set last_used_at = $2
             where id = (select id from tokens
                         where id = $1 and coalesce(last_used_at, 0) < $2 and revoked_at is null
                         for update skip locked)"
        }
    };
    for (token, at) in seen {
        execute!(tx, sql, token, at)?;
    }
    Ok(())
}
