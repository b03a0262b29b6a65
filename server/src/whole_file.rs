//! Files that are there as a whole or not at all: written under another name beside their place, and given their own name
//! when they are durable.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use accounts::files;

/// A file on its way. Removed when it is dropped before it has its name.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    /// The name it is to have.
    target: PathBuf,
    /// Held so that another process can tell this file from one that a killed process left.
    file: File,
    folder: PathBuf,
}

impl Partial {
    /// Begins one beside `target`, readable by its owner alone. What killed processes have left there is removed.
    ///
    /// # Errors
    /// One plain sentence.
    pub(crate) fn beside(target: &Path) -> Result<Self, String> {
        let name = target
            .file_name()
            .ok_or_else(|| format!("{} names no file", target.display()))?;
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let mut start = OsString::from(".");
        start.push(name);
        start.push(".partial-");
        remove_left(&folder, &start);
        let mut unique = start;
        unique.push(std::process::id().to_string());
        let path = folder.join(unique);
        let mut options = OpenOptions::new();
        // A new one: a link that lies there is not followed.
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&path)
            .map_err(|error| files::explain(&path, &error))?;
        let partial = Self {
            path,
            target: target.to_owned(),
            file,
            folder,
        };
        partial
            .file
            .try_lock()
            .map_err(|error| format!("{}: {error}", partial.path.display()))?;
        Ok(partial)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes it durable and gives it the name, unless a file has that already.
    ///
    /// # Errors
    /// What could not be done; there is no file of that name, or the one that was there.
    pub(crate) fn name(self) -> io::Result<()> {
        self.file.sync_all()?;
        // Renaming would replace a file that came meanwhile; a second name does not.
        fs::hard_link(&self.path, &self.target)?;
        self.sync_folder()
    }

    /// Makes it durable and puts it in place of a file of that name.
    ///
    /// # Errors
    /// What could not be done; the file that was there is as it was.
    pub(crate) fn replace(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        self.sync_folder()
    }

    /// A name is durable with its folder only.
    fn sync_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What SQLite leaves beside a database goes with it.
        for ending in ["", "-wal", "-shm", "-journal", "-lock"] {
            let mut path = self.path.clone().into_os_string();
            path.push(ending);
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes what no process holds any more, with what SQLite has left beside it.
fn remove_left(folder: &Path, start: &OsString) {
    let start = start.to_string_lossy();
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let Some(rest) = name.strip_prefix(&*start).filter(|_| is_file) else {
            continue;
        };
        // The lock is on the file itself, whatever lies beside it.
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let number = &rest[..digits.unwrap_or(rest.len())];
        let owner = folder.join(format!("{start}{number}"));
        let held = File::open(owner).is_ok_and(|file| file.try_lock().is_err());
        if !held {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_its_name_once_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("copy.db");
        fs::write(
            folder.path().join(".copy.db.partial-1"),
            "left by a killed one",
        )
        .unwrap();
        Partial::beside(&target).unwrap().name().unwrap();
        let error = Partial::beside(&target).unwrap().name().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_another_process_still_writes_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("copy.db");
        let other = folder.path().join(".copy.db.partial-1");
        let held = File::create(&other).unwrap();
        held.lock().unwrap();
        let beside = folder.path().join(".copy.db.partial-1-wal");
        fs::write(&beside, "its newest writes").unwrap();
        drop(Partial::beside(&target).unwrap());
        assert!(other.exists() && beside.exists());
        drop(held);
        drop(Partial::beside(&target).unwrap());
        assert!(!other.exists() && !beside.exists());
    }
}
