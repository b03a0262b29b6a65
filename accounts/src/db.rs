//! The database: SQLite in a file, or PostgreSQL for many nodes. The only file that knows there are two.
//!
//! Domain functions take `&mut Conn` and run one SQL text on either, with [`on!`](crate::on). A read
//! takes [`Db::read`], an operation takes [`Db::write`] and commits once, in its outermost caller.

mod notifier;

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Connection, Database, Postgres, Sqlite, Transaction,
    migrate::{MigrateError, Migrator},
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};

pub(crate) use notifier::INSTANCE;
pub use notifier::{Change, Notifier};
pub use sqlx::Error as DatabaseError;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long an operation waits for a connection before the database counts as away.
const PATIENCE: Duration = Duration::from_secs(3);

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// One writer at a time and many readers, as SQLite's WAL mode has it.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        notifier: Notifier,
    },
    Postgres {
        pool: PgPool,
        notifier: Notifier,
    },
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("it must begin with sqlite:// or postgres://")]
    Scheme,
    #[error(
        "the database was made by a newer version of Curfew (migration {0}); start that version, or restore a backup"
    )]
    Newer(i64),
    #[error("{0} could not be made: {1}")]
    Path(String, std::io::Error),
    #[error("the database could not be migrated: {0}")]
    Migrate(MigrateError),
    #[error("the database could not be reached: {0}")]
    Database(#[from] sqlx::Error),
}

impl Db {
    /// Opens the database at `url` and brings it up to this version.
    ///
    /// # Errors
    /// [`OpenError::Newer`] when a newer version has been here; the others say what failed.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let db = if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await?
        } else {
            return Err(OpenError::Scheme);
        };
        let migrated = match &db {
            // Two processes that open a new file at once would both migrate it: on SQLite, unlike
            // PostgreSQL, sqlx takes no lock of its own. (`run_direct`, as `run` makes no `Send` future.)
            Self::Sqlite { write, .. } => {
                let mut alone = write.begin_with("begin immediate").await?;
                match MIGRATIONS.run_direct(None, &mut *alone, false).await {
                    Ok(()) => alone.commit().await.map_err(MigrateError::from),
                    refused => refused,
                }
            }
            Self::Postgres { pool, .. } => MIGRATIONS.run(pool).await,
        };
        match migrated {
            Ok(()) => Ok(db),
            Err(MigrateError::VersionMissing(version)) => Err(OpenError::Newer(version)),
            Err(other) => Err(OpenError::Migrate(other)),
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit lost with the power would bring an ended session back.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        make_folder_of(options.get_filename())?;
        make_file(options.get_filename())?;
        // One connection writes, so writers of this process wait in line here and not in SQLite's
        // busy loop, which is unfair; `begin immediate` keeps other processes out.
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            // On a full disk SQLite rolls back by itself and the driver loses count: such a
            // connection would refuse every later transaction. A new one takes its place.
            .before_acquire(|conn, _| {
                Box::pin(async move {
                    conn.ping().await?;
                    Ok(!conn.is_in_transaction())
                })
            })
            .connect_lazy_with(options.clone());
        first_connection(&write).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options);
        Ok(Self::Sqlite {
            read,
            write,
            notifier: Notifier::default(),
        })
    }

    async fn open_postgres(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)?.options([
            // The answer to a remote logout leaves only once it is on disk, whatever the server's default.
            ("synchronous_commit", "on"),
            ("statement_timeout", "5000"),
            ("lock_timeout", "5000"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(20)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await?;
        Ok(Self::Postgres {
            pool,
            notifier: Notifier::default(),
        })
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn read(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            Self::Sqlite { read, .. } => Conn::Sqlite(Held::Plain(read.acquire().await?)),
            Self::Postgres { pool, .. } => Conn::Postgres(Held::Plain(pool.acquire().await?)),
        })
    }

    /// A transaction for what is no operation, because no user asks for it: cleanup, outboxes, times of use.
    /// Dropped without [`Tx::commit`], nothing has happened.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn write(&self) -> Result<Tx, sqlx::Error> {
        self.begin().await.map(Tx)
    }

    pub(crate) async fn begin(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            // A deferred transaction that turns into a writer fails at once and ignores the busy timeout.
            Self::Sqlite { write, .. } => {
                Conn::Sqlite(Held::InTx(write.begin_with("begin immediate").await?))
            }
            Self::Postgres { pool, .. } => Conn::Postgres(Held::InTx(pool.begin().await?)),
        })
    }

    pub(crate) fn notifier(&self) -> &Notifier {
        match self {
            Self::Sqlite { notifier, .. } | Self::Postgres { notifier, .. } => notifier,
        }
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Opens the file. A new one is switched to WAL, for which SQLite does not wait in line when another
/// process does the same.
async fn first_connection(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    const BUSY: &str = "5";
    let mut tries = 0;
    loop {
        match pool.acquire().await {
            Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some(BUSY) && tries < 30 => {
                tries += 1;
                tokio::time::sleep(PATIENCE / 30).await;
            }
            opened => return opened.map(drop),
        }
    }
}

/// Makes a database file that is not there yet, for the owner's eyes only, whatever the folder is like.
/// SQLite gives the files beside it the same rights.
#[cfg(unix)]
fn make_file(file: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::OpenOptionsExt;

    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    match made {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made
            .map(drop)
            .map_err(|error| OpenError::Path(file.display().to_string(), error)),
    }
}

#[cfg(not(unix))]
fn make_file(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// Makes the folder of a database file, for the owner's eyes only.
fn make_folder_of(file: &Path) -> Result<(), OpenError> {
    let Some(folder) = file
        .parent()
        .filter(|f| !f.as_os_str().is_empty() && !f.exists())
    else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| OpenError::Path(folder.display().to_string(), error))
}

/// A connection to either database, in a transaction or not. Use it with [`on!`](crate::on).
#[derive(Debug)]
pub enum Conn {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
}

/// How a connection is held.
#[derive(Debug)]
pub enum Held<D: Database> {
    Plain(PoolConnection<D>),
    InTx(Transaction<'static, D>),
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Plain(conn) => conn,
            Self::InTx(tx) => tx,
        }
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Plain(conn) => conn,
            Self::InTx(tx) => tx,
        }
    }
}

impl Conn {
    /// Commits the transaction that this connection is in.
    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(Held::InTx(tx)) => tx.commit().await,
            Self::Postgres(Held::InTx(tx)) => tx.commit().await,
            // No path leads here: only `begin` makes what is committed.
            Self::Sqlite(Held::Plain(_)) | Self::Postgres(Held::Plain(_)) => {
                Err(sqlx::Error::Protocol(
                    "a connection that is in no transaction commits nothing".into(),
                ))
            }
        }
    }
}

/// A transaction. Derefs to its [`Conn`].
#[derive(Debug)]
pub struct Tx(Conn);

impl Tx {
    /// Makes it so, durably: when this returns, what was written survives a power cut.
    ///
    /// # Errors
    /// When the database is unavailable; then nothing has happened.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.0.commit().await
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Runs one body on whichever database the connection is of:
/// `on!(conn, c => sqlx::query("…").bind(x).execute(c).await)`.
#[macro_export]
macro_rules! on {
    ($conn:expr, $c:ident => $body:expr) => {{
        let conn: &mut $crate::db::Conn = $conn;
        match conn {
            $crate::db::Conn::Sqlite(held) => {
                let $c = &mut **held;
                $body
            }
            $crate::db::Conn::Postgres(held) => {
                let $c = &mut **held;
                $body
            }
        }
    }};
}

/// Runs one statement that returns no rows, with its parameters in order; the number of rows it changed:
/// `let renamed = execute!(conn, "update users set name = $2 where id = $1", id, name)?;`
#[macro_export]
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($conn, c => sqlx::query($sql)$(.bind($bind))*.execute(c).await
            .map(|done| done.rows_affected()))
    };
}
