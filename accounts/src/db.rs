//! The database: SQLite in a file, or PostgreSQL for many nodes. The only file that knows there are two.
//!
//! Domain functions take `&mut Conn` and run one SQL text on either, with [`on!`](crate::on). A read takes
//! [`Db::read`]. A change is an [`Operation`](crate::operation::Operation); [`Db::write`] is for what no user asks for.

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

/// How long an operation waits for a connection before the database counts as unavailable.
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
        "the database was created by a newer version of Curfew (migration {0}); start that version, or restore a backup"
    )]
    Newer(i64),
    #[error("{0} could not be created: {1}")]
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
    /// [`OpenError::Newer`] when a newer version has migrated it; the other errors say what failed.
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
            // PostgreSQL, sqlx takes no lock of its own. (`run_direct`, because `run` gives no `Send` future.)
            Self::Sqlite { write, .. } => {
                let mut tx = write.begin_with("begin immediate").await?;
                match MIGRATIONS.run_direct(None, &mut *tx, false).await {
                    Ok(()) => tx.commit().await.map_err(MigrateError::from),
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
            // A commit that is lost in a power cut would make an ended session live again.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        create_folder_of(options.get_filename())?;
        create_file(options.get_filename())?;
        // One connection writes, so writers of this process queue here and not in SQLite's busy loop, which
        // is unfair; `begin immediate` keeps other processes out.
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            // On a full disk SQLite rolls back by itself, and the driver still counts a transaction as open:
            // such a connection would refuse every later transaction, so a new one takes its place.
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
            // A remote logout is answered only once it is on disk, whatever the server's default is.
            ("synchronous_commit", "on"),
            ("statement_timeout", "5000"),
            ("lock_timeout", "5000"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(20)
            .acquire_timeout(PATIENCE)
            // The pool tests each connection that comes back, but waits for ever for one whose both directions are
            // swallowed: it would keep its place until none is left.
            .after_release(|conn, _| {
                Box::pin(async move {
                    match tokio::time::timeout(PATIENCE, conn.ping()).await {
                        Ok(answered) => answered.map(|()| true),
                        Err(_) => Err(sqlx::Error::PoolTimedOut),
                    }
                })
            })
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
    /// When it is dropped without [`Tx::commit`], it is rolled back.
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

/// Opens the file. A new file is switched to WAL; SQLite fails that at once, without waiting, when another process
/// does the same, so it is tried again.
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

/// Creates a database file that does not exist yet, readable by its owner only, whatever the folder's rights are.
/// SQLite gives the files beside it the same rights.
#[cfg(unix)]
fn create_file(file: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::OpenOptionsExt;

    let created = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    match created {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        created => created
            .map(drop)
            .map_err(|error| OpenError::Path(file.display().to_string(), error)),
    }
}

#[cfg(not(unix))]
fn create_file(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// Creates the folder of a database file, readable by its owner only.
fn create_folder_of(file: &Path) -> Result<(), OpenError> {
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
            // Never reached: only `begin` creates what is committed.
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
    /// Commits durably: when this returns, what was written survives a power cut.
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

/// Runs one statement that returns no rows, with its parameters in order. Gives the number of rows it changed:
/// `let renamed = execute!(conn, "update users set name = $2 where id = $1", id, name)?;`
#[macro_export]
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($conn, c => sqlx::query($sql)$(.bind($bind))*.execute(c).await
            .map(|done| done.rows_affected()))
    };
}
