//! The file of the audit log's high-water marks: in the data folder, outside the database, so that who can write to the
//! database alone cannot cut the newest events without it showing.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use accounts::{
    audit::{self, Marks},
    db::{DatabaseError, Db},
    keys::Keys,
};

/// How soon an event is marked.
const EVERY: Duration = Duration::from_secs(1);

/// How soon what other processes have written is marked: that many times [`EVERY`].
const OTHERS_EVERY: u32 = 60;

/// How much of its time it may spend writing: one part in so many.
const SHARE: u32 = 20;

/// Where the marks are kept.
#[derive(Debug, Clone)]
pub struct MarksFile(PathBuf);

impl MarksFile {
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Gives the file another name, and returns it: after the loss of a key its signature says nothing any more.
    ///
    /// # Errors
    /// What could not be done; the file is as it was.
    pub fn set_aside(&self) -> io::Result<PathBuf> {
        self.keep_as("lost-key.txt")
    }

    /// Gives the file another ending, and returns what it is called then.
    ///
    /// # Errors
    /// As [`MarksFile::set_aside`].
    pub fn keep_as(&self, ending: &str) -> io::Result<PathBuf> {
        let aside = self.0.with_extension(ending);
        fs::rename(&self.0, &aside)?;
        Ok(aside)
    }

    /// The marks; none when there is no file.
    ///
    /// # Errors
    /// One plain sentence that names the file.
    pub fn read(&self, keys: &Keys) -> Result<Option<Marks>, String> {
        let why = |error: &dyn std::fmt::Display| format!("{}: {error}", self.0.display());
        let text = match fs::read(&self.0) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(why(&error)),
        };
        Marks::parse(&text, keys).map(Some).map_err(|e| why(&e))
    }

    /// Replaces the file, durably: after a power cut it is the old one or the new one.
    ///
    /// # Errors
    /// What could not be done; the file is as it was.
    pub fn write(&self, marks: &Marks, keys: &Keys) -> io::Result<()> {
        let folder = self.0.parent().filter(|f| !f.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Each process has a file of its own, because a command may write beside the server.
        let beside = self.0.with_extension(format!("new-{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(marks.as_text(keys).as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &self.0)?;
        // The name is durable with its folder only.
        #[cfg(unix)]
        fs::File::open(folder)?.sync_all()?;
        Ok(())
    }
}

/// Keeps the file up to date while the server runs.
#[derive(Debug)]
pub struct Keeper {
    db: Db,
    keys: Keys,
    file: MarksFile,
    /// What this process knows, whatever happens to the file.
    marks: Marks,
    /// Whether the file is as it was left.
    kept: bool,
    /// What was logged already.
    told: Option<String>,
    failed: Option<String>,
}

impl Keeper {
    #[must_use]
    pub fn new(db: Db, keys: Keys, file: MarksFile) -> Self {
        Self {
            db,
            keys,
            file,
            marks: Marks::default(),
            kept: false,
            told: None,
            failed: None,
        }
    }

    /// Marks what this process has written within a second, and what others have within a minute.
    pub async fn keep_writing(mut self) {
        let mut marked = None;
        let mut idle = 0;
        loop {
            let appended = audit::appended();
            idle += 1;
            let mut pause = EVERY;
            if marked != Some(appended) || idle >= OTHERS_EVERY {
                idle = 0;
                let start = Instant::now();
                match self.write().await {
                    Ok(()) => marked = Some(appended),
                    Err(error) => self.tell(&error),
                }
                pause = EVERY.max(start.elapsed() * SHARE);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Marks what was written last, before the program ends.
    pub async fn write_last(mut self) {
        if let Err(error) = self.write().await {
            self.tell(&error);
        }
    }

    /// Logs a failure when it is another than the last.
    fn tell(&mut self, error: &str) {
        if self.failed.as_deref() != Some(error) {
            tracing::warn!(error, "the audit log's high-water marks are not written");
            self.failed = Some(error.to_owned());
        }
    }

    /// Raises the marks and writes the file where they have changed.
    ///
    /// # Errors
    /// One plain sentence; the next time makes up for it.
    pub async fn write(&mut self) -> Result<(), String> {
        let keys = &self.keys;
        let mut begins = false;
        // The file before the chains, so that the chains are never older than the marks.
        match self.file.read(keys) {
            Ok(Some(marks)) => self.marks.merge(marks),
            Ok(None) if self.kept => {
                tracing::error!(
                    "the audit log's high-water marks were removed, and are written anew"
                );
                self.kept = false;
            }
            Ok(None) => begins = true,
            // A file that was altered before this process knew any marks is kept for the operator to look at.
            Err(why) if !self.kept => return Err(why),
            Err(why) => {
                tracing::error!(
                    why,
                    "the audit log's high-water marks were altered, and are written anew"
                );
                self.kept = false;
            }
        }
        let unavailable = |error: DatabaseError| format!("the database is unavailable: {error}");
        let mut conn = self.db.read().await.map_err(unavailable)?;
        let raised = self.marks.raise(&mut conn).await.map_err(unavailable)?;
        drop(conn);
        if let Some(broken) = raised.contradiction.map(|broken| broken.to_string())
            && self.told.as_ref() != Some(&broken)
        {
            tracing::error!(%broken, "the audit log was altered");
            self.told = Some(broken);
        }
        if !raised.changed && self.kept {
            return Ok(());
        }
        let (file, marks, keys) = (self.file.clone(), self.marks.clone(), keys.clone());
        let written = tokio::task::spawn_blocking(move || file.write(&marks, &keys)).await;
        written
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| format!("{}: {error}", self.file.path().display()))?;
        if begins && !self.marks.is_empty() {
            tracing::warn!("there were no high-water marks of the audit log: they begin now");
        }
        self.kept = true;
        self.failed = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_as_a_whole_and_one_that_is_not_ours_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = MarksFile::at(folder.path().join("deeper/audit-marks.txt"));
        let keys = Keys::parse(&Keys::new_line()).unwrap();
        assert_eq!(file.read(&keys), Ok(None));
        for _ in 0..2 {
            file.write(&Marks::default(), &keys).unwrap();
            assert_eq!(file.read(&keys), Ok(Some(Marks::default())));
        }
        let names = fs::read_dir(file.path().parent().unwrap()).unwrap();
        assert_eq!(names.count(), 1);
        fs::write(file.path(), b"\xff nonsense").unwrap();
        let why = file.read(&keys).unwrap_err();
        assert!(why.contains("audit-marks.txt"), "{why}");
    }
}
