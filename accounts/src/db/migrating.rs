//! Bringing the schema up to this version, and going on beside a newer one.

use sqlx::{
    Connection,
    migrate::{MigrateError, Migrator},
};

use super::{Db, OpenError};
use crate::on;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!();

impl Db {
    /// Brings the schema up to this version. A newer version may have taken it further: while the nodes of an install are
    /// upgraded one by one, or were to go back, both run on one database.
    pub(super) async fn migrated(self) -> Result<Self, OpenError> {
        let migrated = match &self {
            // Two processes that open a new file at once would both migrate it: on SQLite, unlike
            // PostgreSQL, sqlx takes no lock of its own. (`run_direct`, because `run` gives no `Send` future.)
            Self::Sqlite { write, .. } => {
                let mut tx = write.begin_with("begin immediate").await?;
                match MIGRATIONS.run_direct(None, &mut *tx, false).await {
                    Ok(()) => tx.commit().await.map_err(MigrateError::from),
                    refused => refused,
                }
            }
            // On a connection of its own: where a migration is missing here, sqlx returns with its lock still held, and every other
            // start would wait for it.
            Self::Postgres { pool, .. } => {
                let mut own = pool.acquire().await?.detach();
                let migrated = MIGRATIONS.run_direct(None, &mut own, false).await;
                // Gone in any case; what came of the migrations counts.
                own.close().await.ok();
                migrated
            }
        };
        match migrated {
            Err(MigrateError::VersionMissing(newer)) if !self.takes_this_version().await? => {
                Err(OpenError::Newer(newer))
            }
            Ok(()) | Err(MigrateError::VersionMissing(_)) => Ok(self),
            Err(other) => Err(OpenError::Migrate(other)),
        }
    }

    /// Whether the newest migration that this version knows is not below the floor that the newer ones have left.
    async fn takes_this_version(&self) -> Result<bool, sqlx::Error> {
        let newest = MIGRATIONS.iter().map(|it| it.version).max();
        let mut conn = self.read().await?;
        let sql = "select oldest_migration from instance where one = 1";
        let floor: Result<i64, _> = on!(&mut conn, c => sqlx::query_scalar(sql).fetch_one(c).await);
        match floor {
            Ok(floor) => Ok(newest >= Some(floor)),
            // No such column, or no such table: whatever has written it, it is none of ours.
            Err(sqlx::Error::Database(error)) if is_unknown(error.code().as_deref()) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether a database says so of a column or a table: SQLite in general (`SQLITE_ERROR`), PostgreSQL of either.
fn is_unknown(code: Option<&str>) -> bool {
    matches!(code, Some("1" | "42703" | "42P01"))
}
