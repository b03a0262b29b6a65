//! Whether the SQLite file is the one that was opened. Moved or replaced while the program runs, it is another one to new
//! connections and the old one to those that are open: a remote logout in one would be unknown to the other.

use std::{io, path::Path, sync::Arc};

/// The file that was opened, by device and number.
#[derive(Debug, Clone)]
pub struct SameFile {
    path: Arc<Path>,
    number: Option<(u64, u64)>,
}

impl SameFile {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.into(),
            number: number_of(path),
        }
    }

    /// One look at the file system, no read.
    ///
    /// # Errors
    /// When there is another file at its place, or none: then the database is unavailable until it is back.
    pub(super) fn check(&self) -> Result<(), sqlx::Error> {
        if self.number.is_none() || number_of(&self.path) == self.number {
            return Ok(());
        }
        Err(sqlx::Error::Io(io::Error::other(format!(
            "{} was moved or replaced while it was open: put it back, or stop the server first",
            self.path.display()
        ))))
    }
}

#[cfg(unix)]
fn number_of(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    let about = std::fs::metadata(path).ok()?;
    Some((about.dev(), about.ino()))
}

/// It is not looked at there.
#[cfg(not(unix))]
fn number_of(_: &Path) -> Option<(u64, u64)> {
    None
}
