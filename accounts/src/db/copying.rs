//! The two ends of a move from SQLite to PostgreSQL or back: each held alone, of this version, in one transaction.
//!
//! It opens an SQLite file without [`Db::open`], which would hold the file with others.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, migrate::MigrateError,
    postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};

use super::{
    Conn, Db, Held, InUse, OpenError, backup::postgres_servers, catalogue, in_use,
    migrating::MIGRATIONS, rows, sqlite,
};
use crate::on;

/// Nothing of it is cut off, however much there is. What waits for a lock does so no longer than a user would.
const UNBOUNDED: &str = "begin isolation level repeatable read;
     set local synchronous_commit = on; set local statement_timeout = 0; set local lock_timeout = 5000;
     set local idle_in_transaction_session_timeout = 0";

/// Every table of the install, for a statement.
const POSTGRES_TABLES: &str = "select string_agg(quote_ident(tablename), ', ') from pg_tables
     where schemaname = current_schema() and tablename <> '_sqlx_migrations'";

/// The table whose one row the migrations write.
pub(crate) const INSTANCE: &str = "instance";

/// Why a database cannot be an end of a move. The first field is where it is, without user and password.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    #[error("there is no database")]
    Nothing(String),
    #[error("it is in use. Stop every server, and wait for other commands")]
    InUse(String),
    #[error("a database in memory is of one process alone")]
    InMemory(String),
    /// A table of a target that has rows, and how many.
    #[error(
        "it is not empty: its table {1} has {rows}. Nothing is ever copied over: name an empty database, or drop that one and \
         create it anew",
        rows = counted(.2)
    )]
    NotEmpty(String, String, u64),
    /// A table of a target that is none of ours.
    #[error(
        "it is not empty: its table {1} is not Curfew’s. Name a database of Curfew’s own, because its tables would lie among those \
         of another program"
    )]
    Foreign(String, String),
    #[error("{1}")]
    Open(String, OpenError),
    #[error("{1}")]
    Database(String, sqlx::Error),
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "thiserror hands its fields over by reference"
)]
fn counted(rows: &u64) -> String {
    match rows {
        1 => "1 row".into(),
        rows => format!("{rows} rows"),
    }
}

impl EndError {
    /// Where the database is, without user and password.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Nothing(name)
            | Self::InUse(name)
            | Self::InMemory(name)
            | Self::NotEmpty(name, ..)
            | Self::Foreign(name, _)
            | Self::Open(name, _)
            | Self::Database(name, _) => name,
        }
    }
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
    /// The database at `url`, brought up to this version.
    pub(crate) async fn source(url: &str) -> Result<Self, EndError> {
        Self::open(url, None).await
    }

    /// The database at `url`, with the tables of this version and nothing in them. A file that is not there is created. What
    /// holds anything, or a table that is none of `ours`, is refused before anything is created in it.
    pub(crate) async fn target(url: &str, ours: &[String]) -> Result<Self, EndError> {
        Self::open(url, Some(ours)).await
    }

    async fn open(url: &str, target: Option<&[String]>) -> Result<Self, EndError> {
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url, target).await
        } else {
            Self::open_postgres(url, target).await
        }
    }

    async fn open_sqlite(url: &str, target: Option<&[String]>) -> Result<Self, EndError> {
        let about = |error: OpenError| EndError::Open("the SQLite file".into(), error);
        let options = sqlite::options(url).map_err(about)?;
        let file = options.get_filename().to_owned();
        let name = sqlite_name(&file);
        if file.starts_with(":memory:") || file.starts_with("file:") {
            return Err(EndError::InMemory(name));
        }
        if target.is_some() {
            sqlite::create(&file).map_err(about)?;
        } else if !file.exists() {
            return Err(EndError::Nothing(name));
        }
        let held = in_use::exclusive(&file).ok_or_else(|| EndError::InUse(name.clone()))?;
        if let Some(ours) = target {
            // Read only: to be opened as ours would change the file of another program.
            let looks = SqliteConnectOptions::new().filename(&file).read_only(true);
            let conn = SqliteConnection::connect_with(&looks).await;
            let conn = conn.map_err(|error| EndError::Database(name.clone(), error))?;
            refuse_unless_free(Conn::Sqlite(Held::Own(conn)), &name, ours).await?;
        }
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

    async fn open_postgres(url: &str, target: Option<&[String]>) -> Result<Self, EndError> {
        let unnamed = |error: sqlx::Error| EndError::Open("PostgreSQL".into(), error.into());
        let options: PgConnectOptions = url.parse().map_err(unnamed)?;
        let name = postgres_name(&options);
        let open = |error: OpenError| EndError::Open(name.clone(), error);
        refuse_in_use(url, &name).await?;
        if let Some(ours) = target {
            let conn = PgConnection::connect_with(&options).await;
            let conn = conn.map_err(|error| open(error.into()))?;
            refuse_unless_free(Conn::Postgres(Held::Own(conn)), &name, ours).await?;
        }
        // Refuses a pooler and a standby, migrates, and knows the server from then on.
        let db = Db::open_though_moved(url).await.map_err(open)?;
        db.close().await;
        refuse_in_use(url, &name).await?;
        let fails = |error: sqlx::Error| EndError::Database(name.clone(), error);
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
            name,
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

/// Refuses a PostgreSQL that a server is on: before it is migrated under that server's hands, and once more after it.
async fn refuse_in_use(url: &str, name: &str) -> Result<(), EndError> {
    match postgres_servers(url).await {
        Ok(0) => Ok(()),
        Ok(_) => Err(EndError::InUse(name.to_owned())),
        Err(error) => Err(EndError::Open(name.to_owned(), error.into())),
    }
}

/// Refuses a target that is of another program, or in which an install lives, and closes the connection.
async fn refuse_unless_free(mut conn: Conn, name: &str, ours: &[String]) -> Result<(), EndError> {
    let refusal = async {
        let there = catalogue::names(&mut conn).await?;
        let has_ours = there.iter().any(|table| table == catalogue::MIGRATIONS);
        let foreign = |table: &&String| !has_ours || !ours.contains(table);
        if let Some(table) = there.iter().find(foreign) {
            return Ok(Some(EndError::Foreign(name.to_owned(), table.clone())));
        }
        let tables = there.iter().map(String::as_str);
        let tables = tables.filter(|table| *table != catalogue::MIGRATIONS);
        let occupied = occupied(&mut conn, tables).await?;
        Ok(occupied.map(|(table, rows)| EndError::NotEmpty(name.to_owned(), table, rows)))
    };
    let refusal: Result<Option<EndError>, sqlx::Error> = refusal.await;
    conn.close().await;
    match refusal.map_err(|error| EndError::Database(name.to_owned(), error))? {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

/// The first of those tables that has rows, and how many, but for the row that the migrations write.
pub(crate) async fn occupied(
    conn: &mut Conn,
    tables: impl Iterator<Item = &str>,
) -> Result<Option<(String, u64)>, sqlx::Error> {
    for table in tables {
        let rows = rows::count(conn, table).await?;
        if rows > u64::from(table == INSTANCE) {
            return Ok(Some((table.to_owned(), rows)));
        }
    }
    Ok(None)
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
