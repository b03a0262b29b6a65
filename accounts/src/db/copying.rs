//! The two ends of a move from SQLite to PostgreSQL or back: each held alone, of this version, in one transaction.
//!
//! It opens an SQLite file without [`Db::open`], which would hold the file with others.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, migrate::MigrateError,
    postgres::PgConnectOptions,
};

use super::{
    Conn, Db, Held, InUse, MIGRATIONS, OpenError, backup::postgres_servers, in_use, sqlite,
};
use crate::on;

/// Nothing of it is cut off, however much there is. What waits for a lock does so no longer than a user would.
const UNBOUNDED: &str = "begin isolation level repeatable read;
     set local synchronous_commit = on; set local statement_timeout = 0; set local lock_timeout = 5000;
     set local idle_in_transaction_session_timeout = 0";

/// Every table of the install, for a statement.
const POSTGRES_TABLES: &str = "select string_agg(quote_ident(tablename), ', ') from pg_tables
     where schemaname = current_schema() and tablename <> '_sqlx_migrations'";

/// Why a database cannot be an end of a move.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    #[error("there is no database at {0}")]
    Nothing(String),
    #[error("{0} is in use: stop every server, and wait for other commands")]
    InUse(String),
    #[error("{0}: a database in memory is of one process alone")]
    InMemory(String),
    #[error("{0}: {1}")]
    Open(String, OpenError),
    #[error("{0}: {1}")]
    Database(String, sqlx::Error),
}

/// One end. Until it is committed nothing has changed, and no server starts on it.
#[derive(Debug)]
pub(crate) struct End {
    pub conn: Conn,
    /// Where it is, without user and password.
    pub name: String,
    _held: Option<InUse>,
}

impl End {
    /// The database at `url`, brought up to this version. One that is not there is created only as a target.
    pub(crate) async fn open(url: &str, is_target: bool) -> Result<Self, EndError> {
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url, is_target).await
        } else {
            Self::open_postgres(url).await
        }
    }

    async fn open_sqlite(url: &str, is_target: bool) -> Result<Self, EndError> {
        let about = |error: OpenError| EndError::Open("the SQLite file".into(), error);
        let options = sqlite::options(url).map_err(about)?;
        let file = options.get_filename().to_owned();
        let name = sqlite_name(&file);
        if file.starts_with(":memory:") || file.starts_with("file:") {
            return Err(EndError::InMemory(name));
        }
        if is_target {
            sqlite::create(&file).map_err(about)?;
        } else if !file.exists() {
            return Err(EndError::Nothing(name));
        }
        let held = in_use::exclusive(&file).ok_or_else(|| EndError::InUse(name.clone()))?;
        let opened = async {
            let mut conn = SqliteConnection::connect_with(&options).await?;
            let mut tx = conn.begin_with("begin immediate").await?;
            match MIGRATIONS.run_direct(None, &mut *tx, false).await {
                Ok(()) => tx.commit().await?,
                Err(MigrateError::VersionMissing(version)) => {
                    return Err(OpenError::Newer(version));
                }
                Err(other) => return Err(OpenError::Migrate(other)),
            }
            sqlx::raw_sql("begin immediate").execute(&mut conn).await?;
            Ok::<_, OpenError>(conn)
        };
        let conn = opened.await.map_err(|error| {
            EndError::Open("the SQLite file".into(), sqlite::explained(url, error))
        })?;
        Ok(Self {
            conn: Conn::Sqlite(Held::Own(conn)),
            name,
            _held: Some(held),
        })
    }

    async fn open_postgres(url: &str) -> Result<Self, EndError> {
        let name = "the PostgreSQL database".to_owned();
        let open = |error: OpenError| EndError::Open(name.clone(), error);
        let options: PgConnectOptions = url
            .parse()
            .map_err(|error: sqlx::Error| open(error.into()))?;
        // Refuses a pooler and a standby, migrates, and knows the server from then on.
        let db = Db::open_though_moved(url).await.map_err(open)?;
        db.close().await;
        let fails = |error: sqlx::Error| EndError::Database(name.clone(), error);
        if postgres_servers(url).await.map_err(fails)? > 0 {
            return Err(EndError::InUse(postgres_name(&options)));
        }
        let held = async {
            let mut conn = PgConnection::connect_with(&options).await?;
            let tables: String = sqlx::query_scalar(POSTGRES_TABLES)
                .fetch_one(&mut conn)
                .await?;
            // Before anything is read: a server that starts now waits at its first look, and so does every writer.
            let lock = format!("{UNBOUNDED}; lock table {tables} in exclusive mode");
            sqlx::raw_sql(AssertSqlSafe(lock))
                .execute(&mut conn)
                .await?;
            Ok::<_, sqlx::Error>(conn)
        };
        let conn = held.await.map_err(fails)?;
        Ok(Self {
            conn: Conn::Postgres(Held::Own(conn)),
            name: postgres_name(&options),
            _held: None,
        })
    }

    /// Commits, durably.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        on!(&mut self.conn, c => sqlx::raw_sql("commit").execute(c).await.map(drop))?;
        self.conn.close().await;
        Ok(())
    }

    /// Gives up what was done, and closes in good order.
    pub(crate) async fn roll_back(mut self) {
        // A connection that is gone has rolled back by itself.
        let _ = on!(&mut self.conn, c => sqlx::raw_sql("rollback").execute(c).await.map(drop));
        self.conn.close().await;
    }
}

/// Whole, for who starts the server in another folder.
fn sqlite_name(file: &Path) -> String {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    format!("sqlite://{}", whole.display())
}

fn postgres_name(options: &PgConnectOptions) -> String {
    let (host, port) = (options.get_host(), options.get_port());
    let database = options.get_database().unwrap_or(options.get_username());
    format!("postgres://{host}:{port}/{database}")
}
