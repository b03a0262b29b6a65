//! What a backup asks of the database itself. It opens nothing with [`Db::open`](super::Db::open), which would migrate: a
//! backup is taken before a new version is started.

use std::{path::Path, str::FromStr};

use sqlx::{
    Connection, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{PATIENCE, migrating::MIGRATIONS};

/// Why a database cannot be backed up, or a backup not be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("it is not whole: {0}")]
    NotWhole(String),
    #[error("it is not a database of Curfew")]
    NotOurs,
    #[error("a newer version of Curfew has written it (migration {0}): use that version")]
    Newer(i64),
    #[error("{0}")]
    Database(#[from] sqlx::Error),
}

/// Writes all of the SQLite database at `url`, as it is at one moment, into an empty file, while others read and write.
/// It is not durable before the caller makes it so.
///
/// # Errors
/// When it could not be read, or not be written; what the file holds then is of no use.
pub async fn back_up(url: &str, into: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(false)
        .busy_timeout(PATIENCE);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    newest_migration(&mut conn).await?;
    sqlx::query("vacuum into $1")
        .bind(into.display().to_string())
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    Ok(())
}

/// Checks every page and every index of the SQLite file, and that its version is not newer than this program's. Returns
/// the number of its newest migration.
///
/// # Errors
/// See [`BackupError`].
pub async fn check_integrity(file: &Path) -> Result<i64, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false);
    // Closed at the end, whichever way that comes.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(options);
    let checked = async {
        let mut conn = pool.acquire().await.map_err(not_whole)?;
        let said: Vec<String> = sqlx::query_scalar("pragma integrity_check(5)")
            .fetch_all(&mut *conn)
            .await
            .map_err(not_whole)?;
        if said != ["ok"] {
            return Err(BackupError::NotWhole(said.join("; ")));
        }
        newest_migration(&mut conn).await
    };
    let checked = checked.await;
    pool.close().await;
    checked
}

fn not_whole(error: sqlx::Error) -> BackupError {
    BackupError::NotWhole(error.to_string())
}

async fn newest_migration(conn: &mut SqliteConnection) -> Result<i64, BackupError> {
    let newest: Option<i64> =
        sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
            .fetch_one(conn)
            .await
            .map_err(|_| BackupError::NotOurs)?;
    let newest = newest.ok_or(BackupError::NotOurs)?;
    if MIGRATIONS.version_exists(newest) {
        Ok(newest)
    } else {
        Err(BackupError::Newer(newest))
    }
}

/// Takes what lies in the files beside an SQLite database into it. Nothing else may have it open.
///
/// # Errors
/// When it cannot be read; the files beside it are as they were.
pub async fn check_point(file: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql("pragma wal_checkpoint(truncate)")
        .execute(&mut conn)
        .await?;
    conn.close().await
}

/// How many servers are on the PostgreSQL at `url`: each has one connection that listens.
///
/// # Errors
/// When the database is unavailable.
pub async fn postgres_servers(url: &str) -> Result<i64, sqlx::Error> {
    let mut conn = PgConnection::connect(url).await?;
    let sql = "select count(*) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen \"curfew_%'";
    let servers = sqlx::query_scalar(sql).fetch_one(&mut conn).await?;
    conn.close().await?;
    Ok(servers)
}
