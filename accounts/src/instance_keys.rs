//! Which keys the instance uses, as its database has it. A process that starts with others, or with none, would seal and
//! sign what the rest of the instance can neither open nor check.

use crate::{
    db::{Conn, Db},
    execute,
    keys::Keys,
    on,
};

/// Whether the instance uses a key that is not among these; without keys, whether it uses any.
///
/// # Errors
/// When the database is unavailable.
pub async fn lacks_one(conn: &mut Conn, keys: Option<&Keys>) -> Result<bool, sqlx::Error> {
    let used = used(conn).await?;
    Ok(used.iter().any(|id| keys.is_none_or(|keys| !keys.has(id))))
}

/// Begins to use the newest of these keys. False, and nothing has changed, when the instance uses one that is not among
/// them.
///
/// # Errors
/// When the database is unavailable; nothing has changed then.
pub async fn begin(db: &Db, keys: &Keys) -> Result<bool, sqlx::Error> {
    let newest = keys.newest();
    let mut tx = db.write().await?;
    // Of two nodes that begin at once the second one waits here for the first, and then reads what that one has written.
    execute!(
        &mut tx,
        "insert into instance_keys (key_id, number) values ($1, 1) on conflict do nothing",
        &newest
    )?;
    let used = used(&mut tx).await?;
    if used.iter().any(|id| !keys.has(id)) {
        return Ok(false);
    }
    execute!(
        &mut tx,
        "insert into instance_keys (key_id, number) select $1, max(number) + 1 from instance_keys where true
         on conflict do nothing",
        &newest
    )?;
    tx.commit().await?;
    Ok(true)
}

/// Uses the newest of these keys, and none beside it.
pub(crate) async fn use_only_the_newest(conn: &mut Conn, keys: &Keys) -> Result<(), sqlx::Error> {
    execute!(conn, "delete from instance_keys")?;
    let sql = "insert into instance_keys (key_id, number) values ($1, 1)";
    execute!(conn, sql, keys.newest())?;
    Ok(())
}

async fn used(conn: &mut Conn) -> Result<Vec<String>, sqlx::Error> {
    let sql = "select key_id from instance_keys order by number";
    on!(conn, c => sqlx::query_scalar(sql).fetch_all(c).await)
}
