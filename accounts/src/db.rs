//! The database: SQLite in a file, or PostgreSQL for many nodes. The only place that knows there are two.
//!
//! Domain functions take `&mut Conn` and run one SQL text on either, with [`on!`](crate::on). A read takes
//! [`Db::read`]. A change is an [`Operation`](crate::operation::Operation); [`Db::write`] is for what no user asks for.

mod backup;
pub(crate) mod catalogue;
mod clock;
pub(crate) mod copying;
mod in_use;
mod lineage;
mod migrating;
mod notifier;
mod pools;
mod postgres;
pub(crate) mod raise;
pub(crate) mod rows;
mod same_file;
mod sqlite;

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use sqlx::{
    Connection, Database, Postgres, Sqlite, Transaction, migrate::MigrateError,
    pool::PoolConnection, postgres::PgPool, sqlite::SqlitePool,
};

pub use backup::{BackupError, back_up, check_integrity, check_point, postgres_servers};
pub use copying::EndError;
pub use in_use::{InUse, exclusive};
pub(crate) use notifier::INSTANCE;
pub use notifier::{Change, Notifier};
pub use pools::PoolUse;
pub use raise::{InstanceRaise, RaiseReason};
pub use same_file::SameFile;
pub use sqlx::Error as DatabaseError;

/// How long an operation waits for a connection before the database counts as unavailable.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// One writer at a time and many readers, as SQLite's WAL mode has it.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        same: SameFile,
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
        "a newer version of Curfew has brought the database up to a schema (migration {0}) that this one cannot work with; start \
         that version, or restore a backup"
    )]
    Newer(i64),
    #[error("{0} could not be created: {1}")]
    Path(String, std::io::Error),
    /// A sentence that names the file, and what refuses it where that could be found out.
    #[error("{0}")]
    File(String),
    /// Connections that have no session of their own, and how that was noticed.
    #[error(
        "the database is behind a pooler that gives connections no sessions of their own, as pgbouncer in transaction \
         mode does: {0}. Set pool_mode = session in pgbouncer for this database, or connect to PostgreSQL directly"
    )]
    Pooler(String),
    #[error(
        "this PostgreSQL is a standby (in recovery): it takes no writes, and may not know of the last remote logouts. \
         Name the primary, or promote it first"
    )]
    Standby,
    /// Where it is now.
    #[error(
        "this install was moved to {0} by `curfew copy-to`: set CURFEW_DATABASE_URL to that. To go on with this database all the \
         same, run `curfew instance raise-epoch` on it: it knows of nothing that ended there, so everything that was signed in ends"
    )]
    Moved(String),
    #[error("the database could not be migrated: {0}")]
    Migrate(MigrateError),
    #[error("the database could not be reached: {0}")]
    Database(#[from] sqlx::Error),
}

/// As [`Db::explain`], where an error is all there is: of the database that this process has opened.
#[must_use]
pub fn explain(error: &sqlx::Error) -> String {
    match sqlite::opened() {
        Some(file) => sqlite::explain(&file, error),
        None => error.to_string(),
    }
}

impl Db {
    /// Opens the database at `url` and brings it up to this version.
    ///
    /// # Errors
    /// [`OpenError::Newer`] when a newer version has migrated it, [`OpenError::Moved`] when its install is elsewhere; the
    /// other errors say what failed.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let db = Self::open_though_moved(url).await?;
        let mut conn = db.read().await?;
        let sql = "select moved_to from instance where one = 1";
        let moved: Option<String> =
            crate::on!(&mut conn, c => sqlx::query_scalar(sql).fetch_one(c).await)?;
        drop(conn);
        match moved {
            None => Ok(db),
            Some(to) => {
                db.close().await;
                Err(OpenError::Moved(to))
            }
        }
    }

    /// As [`Db::open`], also where the install was moved elsewhere: only to end everything in it.
    ///
    /// # Errors
    /// As [`Db::open`], but for [`OpenError::Moved`].
    pub async fn open_though_moved(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            let opened = async {
                let db = sqlite::open(url).await?.migrated().await?;
                sqlite::refuse_unless_writable(url)?;
                Ok(db)
            };
            opened.await.map_err(|error| sqlite::explained(url, error))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let (db, lineage) = postgres::open(url).await?;
            let db = db.migrated().await?;
            postgres::settle(&lineage).await?;
            Ok(db)
        } else {
            Err(OpenError::Scheme)
        }
    }

    /// Opens the PostgreSQL database at `url` and changes nothing in it: what is run before a new version is started.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_as_it_is(url: &str) -> Result<Self, OpenError> {
        Ok(postgres::open(url).await?.0)
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn read(&self) -> Result<Conn, sqlx::Error> {
        self.still_there()?;
        Ok(match self {
            Self::Sqlite { read, .. } => Conn::Sqlite(Held::Plain(read.acquire().await?)),
            Self::Postgres { pool, .. } => Conn::Postgres(Held::Plain(pool.acquire().await?)),
        })
    }

    /// A connection that belongs to the caller for good: it takes no place in a pool, so using it again costs nothing.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(crate) async fn own(&self) -> Result<Conn, sqlx::Error> {
        self.still_there()?;
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let mut conn = read.acquire().await?.detach();
                sqlx::raw_sql(sqlite::KEEPS_MORE).execute(&mut conn).await?;
                Conn::Sqlite(Held::Own(conn))
            }
            Self::Postgres { pool, .. } => {
                Conn::Postgres(Held::Own(pool.acquire().await?.detach()))
            }
        })
    }

    /// Whether a connection kept from before still leads to the database: one to a file that was moved would go on reading
    /// it.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn still_there(&self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite { same, .. } => same.check(),
            Self::Postgres { .. } => Ok(()),
        }
    }

    /// Whether [`Db::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Sqlite { read, .. } => read.is_closed(),
            Self::Postgres { pool, .. } => pool.is_closed(),
        }
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
        self.still_there()?;
        Ok(match self {
            // A deferred transaction that turns into a writer fails at once and ignores the busy timeout.
            Self::Sqlite { write, .. } => {
                Conn::Sqlite(Held::InTx(write.begin_with("begin immediate").await?))
            }
            Self::Postgres { pool, .. } => Conn::Postgres(Held::InTx(pool.begin().await?)),
        })
    }

    /// An error for the log, with the file's path where it is about a file, and with what refuses it where that can be
    /// found out: owner, user and what to do.
    #[must_use]
    pub fn explain(&self, error: &sqlx::Error) -> String {
        match self {
            Self::Sqlite { write, .. } => {
                sqlite::explain(write.connect_options().get_filename(), error)
            }
            Self::Postgres { .. } => error.to_string(),
        }
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
    /// Of no pool.
    Own(D::Connection),
    InTx(Transaction<'static, D>),
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Plain(conn) => conn,
            Self::Own(conn) => conn,
            Self::InTx(tx) => tx,
        }
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Plain(conn) => conn,
            Self::Own(conn) => conn,
            Self::InTx(tx) => tx,
        }
    }
}

impl Conn {
    /// Closes a connection of no pool in good order; others go back to theirs.
    pub(crate) async fn close(self) {
        // One that cannot be is closed all the same.
        let _ = match self {
            Self::Sqlite(Held::Own(conn)) => conn.close().await,
            Self::Postgres(Held::Own(conn)) => conn.close().await,
            Self::Sqlite(_) | Self::Postgres(_) => Ok(()),
        };
    }

    /// Commits the transaction that this connection is in.
    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(Held::InTx(tx)) => tx.commit().await,
            Self::Postgres(Held::InTx(tx)) => tx.commit().await,
            // Never reached: only `begin` creates what is committed.
            Self::Sqlite(_) | Self::Postgres(_) => Err(sqlx::Error::Protocol(
                "a connection that is in no transaction commits nothing".into(),
            )),
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
