//! The database: SQLite in a file, or PostgreSQL for many nodes. The only place that knows there are two.
//!
//! Domain functions take `&mut Conn` and run one SQL text on either, with [`on!`](crate::on). A read takes
//! [`Db::read`]. A change is an [`Operation`](crate::operation::Operation); [`Db::write`] is for what no user asks for.

mod backup;
pub(crate) mod catalogue;
mod clock;
mod conn;
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

use std::time::Duration;

use sqlx::{migrate::MigrateError, postgres::PgPool, sqlite::SqlitePool};
use tracing::instrument;

pub use backup::{BackupError, back_up, check_integrity, check_point, postgres_servers};
pub use conn::{Conn, Held, Tx};
pub use copying::EndError;
pub use in_use::{InUse, exclusive};
pub(crate) use notifier::INSTANCE;
pub use notifier::{Change, Notifier};
pub use pools::PoolUse;
pub use raise::{InstanceRaise, RaiseReason};
pub use same_file::SameFile;
pub use sqlx::Error as DatabaseError;

/// The target of spans that only traces take (server/src/traces.rs).
pub const TRACES: &str = "curfew::traces";

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
    #[instrument(target = TRACES, level = "trace", name = "wait for a connection", skip_all)]
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

    #[instrument(target = TRACES, level = "trace", name = "begin a transaction", skip_all)]
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
