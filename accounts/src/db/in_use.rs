//! Whether an SQLite database is in use: each process that has it open holds a lock on a file beside it, shared with the
//! others, for as long as it runs. What replaces the database holds it alone.
//!
//! It is not SQLite's own lock, which a process holds only while one of its connections is open, and those come and go.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::OpenError;

/// The lock, held until it is dropped.
#[derive(Debug, Clone)]
pub struct InUse {
    _file: Arc<File>,
}

/// The file beside the database.
fn lock_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}

/// Holds it with others. None where there can be no such file: then nothing can be held, and the database says itself
/// what is wrong with the folder.
pub(super) fn shared(database: &Path) -> Result<Option<InUse>, OpenError> {
    if database.starts_with(":memory:") || database.starts_with("file:") {
        return Ok(None);
    }
    let Some(file) = open(database) else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Err(OpenError::File(format!(
            "{} is being restored or copied: start again when that has ended",
            database.display()
        ))),
        _ => Ok(Some(held(file))),
    }
}

/// Holds it alone. None while another process has the database open.
#[must_use]
pub fn exclusive(database: &Path) -> Option<InUse> {
    let file = open(database)?;
    file.try_lock().ok()?;
    Some(held(file))
}

fn held(file: File) -> InUse {
    InUse {
        _file: Arc::new(file),
    }
}

fn open(database: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(lock_file(database)).ok()
}
