//! Opening an SQLite file, and saying why it cannot be used.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use sqlx::{
    Connection,
    error::DatabaseError,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};

use super::{Db, Notifier, OpenError, PATIENCE, in_use, same_file::SameFile};
use crate::files;

/// The primary result codes of SQLite that are about its files: read-only, input and output, corrupt, full, cannot be
/// opened, not authorised, no database (<https://sqlite.org/rescode.html>).
const ABOUT_FILES: [i32; 7] = [8, 10, 11, 13, 14, 23, 26];

/// For the one connection that every session check reads with: 16 MiB of pages instead of two, which hold the upper levels of
/// the indexes of a million sessions.
pub(super) const KEEPS_MORE: &str = "pragma cache_size = -16384";

static OPENED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// How every connection is opened.
pub(super) fn options(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    Ok(SqliteConnectOptions::from_str(url)?
        // A connection that is opened later must not create it: it may have been moved while the program runs.
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that is lost in a power cut would make an ended session live again.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE))
}

/// Creates the file and its folder where they are not there.
pub(super) fn create(file: &Path) -> Result<(), OpenError> {
    create_folder_of(file)?;
    create_file(file)
}

pub(super) async fn open(url: &str) -> Result<Db, OpenError> {
    let options = options(url)?;
    let file = options.get_filename().to_owned();
    *OPENED.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    create(options.get_filename())?;
    let in_use = in_use::shared(options.get_filename())?;
    let same = SameFile::of(options.get_filename());
    // One connection writes, so writers of this process queue here and not in SQLite's busy loop, which
    // is unfair; `begin immediate` keeps other processes out.
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        // On a full disk SQLite rolls back by itself, and the driver still counts a transaction as open:
        // such a connection would refuse every later transaction, so a new one takes its place.
        .before_acquire(move |conn, _| {
            // Held as long as the pool is.
            let _ = &in_use;
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
        // Asks the connection's thread whether it is there. There is no network in between that could break.
        .test_before_acquire(false)
        .connect_lazy_with(options);
    Ok(Db::Sqlite {
        read,
        write,
        same,
        notifier: Notifier::default(),
    })
}

/// A file that can only be read opens without an error, and the first request would meet one.
pub(super) fn refuse_unless_writable(url: &str) -> Result<(), OpenError> {
    let options = SqliteConnectOptions::from_str(url)?;
    let file = options.get_filename();
    if file.starts_with(":memory:") || file.starts_with("file:") {
        return Ok(());
    }
    files::refused_to_database(file).map_or(Ok(()), |why| Err(OpenError::File(why)))
}

/// The error with the file's path, and with what the file system refuses where that is the cause.
pub(super) fn explained(url: &str, error: OpenError) -> OpenError {
    let file = SqliteConnectOptions::from_str(url).map(|options| options.get_filename().to_owned());
    let (Ok(file), OpenError::Database(_) | OpenError::Migrate(_) | OpenError::Path(..)) =
        (file, &error)
    else {
        return error;
    };
    OpenError::File(files::refused_to_database(&file).unwrap_or_else(|| {
        let shown = file.display();
        format!("{shown}: {error}")
    }))
}

/// As [`Db::explain`].
pub(super) fn explain(file: &Path, error: &sqlx::Error) -> String {
    let about_files = |code: i32| ABOUT_FILES.contains(&(code & 0xff));
    let code = error.as_database_error().and_then(DatabaseError::code);
    if !code.is_some_and(|code| code.parse().is_ok_and(about_files)) {
        return error.to_string();
    }
    let why = files::refused_to_database(file).unwrap_or_else(|| file.display().to_string());
    format!("{error}: {why}")
}

/// The file that this process has opened last: it is the file of all its errors, but for tests.
pub(super) fn opened() -> Option<PathBuf> {
    OPENED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
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
fn create_file(file: &Path) -> Result<(), OpenError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        created => created
            .map(drop)
            .map_err(|error| OpenError::Path(file.display().to_string(), error)),
    }
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
