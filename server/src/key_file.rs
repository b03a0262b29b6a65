//! The file that holds the instance's keys: created on the first start, readable by its owner only.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use accounts::keys::Keys;
use zeroize::Zeroizing;

/// Opens the key file; creates one when there is none.
///
/// # Errors
/// One plain sentence that names the setting.
pub fn open(path: &Path) -> Result<Keys, String> {
    let why =
        |e: &dyn std::fmt::Display| format!("CURFEW_SECRET_KEY_FILE: {}: {e}", path.display());
    if !path.exists() {
        match write_new(path, &Keys::new_line()) {
            Ok(()) => tracing::info!(
                file = %path.display(),
                "key file created: keep a copy with your backups"
            ),
            // Another process was faster.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(why(&e)),
        }
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|e| why(&e))?);
    warn_if_others_may_read(path);
    let again: PathBuf = path.to_owned();
    Keys::parse_and_reread(&text, move || {
        fs::read_to_string(&again).ok().map(Zeroizing::new)
    })
    .map_err(|e| why(&e))
}

/// Puts a new key first; the others stay, to open what they have sealed. The file changes at once or
/// not at all.
///
/// # Errors
/// What could not be done; the file is as it was.
pub fn add_key(path: &Path) -> io::Result<()> {
    let before = Zeroizing::new(fs::read_to_string(path)?);
    let after = Zeroizing::new(format!("{}{}", *Keys::new_line(), *before));
    replace(path, &after)
}

/// Forgets all keys but the newest.
///
/// # Errors
/// What could not be done; the file is as it was.
pub fn forget_old_keys(path: &Path) -> io::Result<()> {
    let before = Zeroizing::new(fs::read_to_string(path)?);
    let newest = before
        .lines()
        .find(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let after = Zeroizing::new(format!("{}\n", newest.unwrap_or_default()));
    replace(path, &after)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    // One that was left half written is of no use.
    let _ = fs::remove_file(&beside);
    write_new(&beside, text)?;
    fs::rename(&beside, path)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn warn_if_others_may_read(path: &Path) {
    #[cfg(unix)]
    if let Ok(about) = fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions());
        if mode & 0o077 != 0 {
            tracing::warn!(
                file = %path.display(),
                "the key file can be read by other users of this machine: run chmod 600 on it"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_created_kept_and_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/secret.key");
        let first = open(&path).unwrap().newest();
        assert_eq!(open(&path).unwrap().newest(), first);
        #[cfg(unix)]
        {
            let mode = fs::metadata(&path).unwrap().permissions();
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
                0o600
            );
        }
        add_key(&path).unwrap();
        let second = open(&path).unwrap().newest();
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        forget_old_keys(&path).unwrap();
        assert_eq!(open(&path).unwrap().newest(), second);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[test]
    fn a_broken_key_file_is_refused_by_the_setting_s_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        fs::write(&path, "nonsense\n").unwrap();
        let why = open(&path).unwrap_err();
        assert!(why.starts_with("CURFEW_SECRET_KEY_FILE"), "{why}");
        assert!(why.contains("line 1") && !why.contains("nonsense"), "{why}");
    }
}
