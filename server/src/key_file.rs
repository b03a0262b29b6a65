//! The file that holds the instance's keys: created on the first start, readable by its owner only.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use accounts::{
    db::{DatabaseError, Db},
    files, instance_keys,
    keys::Keys,
    sealed::{self, Unopened},
    time::Moment,
};
use zeroize::Zeroizing;

/// Opens the key file of that database, and creates one when there is none and the instance uses no key yet.
///
/// # Errors
/// One plain sentence that names the setting. Keys that are not those of the instance, or do not open what is sealed,
/// are refused, with the number of users concerned and two ways on.
pub async fn open(path: &Path, db: &Db) -> Result<Keys, String> {
    let there = read(path)?;
    fits(path, db, there.as_ref()).await?;
    let (keys, made) = match there {
        Some(keys) => (keys, false),
        None => create_or_read(path)?,
    };
    let begun = instance_keys::begin(db, &keys).await;
    if begun.map_err(|error| unavailable(db, &error))? {
        return Ok(keys);
    }
    // Another node has begun in the meantime, with a key of its own.
    if made {
        let _ = fs::remove_file(path);
    }
    fits(path, db, (!made).then_some(&keys)).await?;
    Err(format!(
        "CURFEW_SECRET_KEY_FILE: another node has just begun with a key that is not in {}",
        path.display()
    ))
}

async fn fits(path: &Path, db: &Db, keys: Option<&Keys>) -> Result<(), String> {
    let looked = async {
        let mut conn = db.read().await?;
        let lacks = instance_keys::lacks_one(&mut conn, keys).await?;
        let unopened = sealed::unopened(&mut conn, keys, Moment::now()).await?;
        Ok::<_, DatabaseError>((lacks, unopened))
    };
    let (lacks, unopened) = looked.await.map_err(|error| unavailable(db, &error))?;
    if lacks || !unopened.is_none() {
        return Err(does_not_fit(path, keys.is_some(), unopened));
    }
    Ok(())
}

/// Refuses keys that lack one of the instance's, though they open all that is sealed: they can check no signature.
///
/// # Errors
/// As [`open`].
pub async fn is_of_the_instance(path: &Path, db: &Db, keys: &Keys) -> Result<(), String> {
    let looked = async {
        let mut conn = db.read().await?;
        instance_keys::lacks_one(&mut conn, Some(keys)).await
    };
    if looked.await.map_err(|error| unavailable(db, &error))? {
        return fits(path, db, Some(keys)).await;
    }
    Ok(())
}

fn unavailable(db: &Db, error: &DatabaseError) -> String {
    format!("the database is unavailable: {}", db.explain(error))
}

/// Reads the key file. None when there is none.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> Result<Option<Keys>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(path, &error)),
    };
    warn_if_others_may_read(path);
    let again: PathBuf = path.to_owned();
    let keys = Keys::parse_and_reread(&text, move || {
        fs::read_to_string(&again).ok().map(Zeroizing::new)
    });
    keys.map(Some)
        .map_err(|error| format!("CURFEW_SECRET_KEY_FILE: {}: {error}", path.display()))
}

/// Reads the key file, and creates one when there is none, whatever is sealed.
///
/// # Errors
/// As [`open`].
pub fn create(path: &Path) -> Result<Keys, String> {
    create_or_read(path).map(|(keys, _)| keys)
}

/// As [`create`], and whether the file was created here.
fn create_or_read(path: &Path) -> Result<(Keys, bool), String> {
    if let Some(keys) = read(path)? {
        return Ok((keys, false));
    }
    let made = match write_whole(path, &Keys::new_line()) {
        Ok(()) => true,
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(cannot(path, &error)),
    };
    if made {
        tracing::info!(
            file = %path.display(),
            "key file created: keep a copy with your backups, and copy it to every node"
        );
    }
    let keys = read(path)?.ok_or_else(|| cannot(path, &io::ErrorKind::NotFound.into()))?;
    Ok((keys, made))
}

/// What to say when the key file cannot be read or written.
#[must_use]
pub fn cannot(path: &Path, error: &io::Error) -> String {
    format!("CURFEW_SECRET_KEY_FILE: {}", files::explain(path, error))
}

fn does_not_fit(path: &Path, there: bool, unopened: Unopened) -> String {
    let path = path.display();
    let what = if !there {
        format!(
            "there is no key file at {path}, and this instance has a key already, with which it seals secrets and signs \
             its audit log"
        )
    } else if unopened.is_none() {
        format!("the key in {path} is not the one that this instance signs its audit log with")
    } else {
        format!("the key in {path} does not open what is sealed in this database")
    };
    format!(
        "CURFEW_SECRET_KEY_FILE: {what}: {unopened}. Two ways on: put the right key file there (from a backup or \
         another node), or, if it is lost for good, run `curfew key accept-loss`: these authenticator apps are off \
         then and their users sign in with password and recovery code, webhook secrets are created anew, and the audit log goes on \
         with the new key"
    )
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

/// Writes a file that is there as a whole or not at all, so that another process never reads half of it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    write_new(&beside, text)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        // Some file systems have no links.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => write_new(path, text),
        linked => linked,
    }
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
        assert!(read(&path).unwrap().is_none());
        let first = create(&path).unwrap().newest();
        assert_eq!(create(&path).unwrap().newest(), first);
        let reads = || read(&path).unwrap().unwrap().newest();
        assert_eq!(reads(), first);
        #[cfg(unix)]
        {
            let mode = fs::metadata(&path).unwrap().permissions();
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
                0o600
            );
        }
        add_key(&path).unwrap();
        let second = reads();
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        forget_old_keys(&path).unwrap();
        assert_eq!(reads(), second);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[test]
    fn a_broken_key_file_is_refused_by_the_setting_s_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        fs::write(&path, "nonsense\n").unwrap();
        let why = read(&path).unwrap_err();
        assert!(why.starts_with("CURFEW_SECRET_KEY_FILE"), "{why}");
        assert!(why.contains("line 1") && !why.contains("nonsense"), "{why}");
    }

    /// What a container runtime creates where the file to mount does not exist.
    #[test]
    fn a_folder_in_the_place_of_the_key_file_is_said_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        for why in [read(folder.path()), create(folder.path()).map(Some)] {
            let why = why.unwrap_err();
            assert!(why.starts_with("CURFEW_SECRET_KEY_FILE: /"), "{why}");
            assert!(why.contains("is a folder"), "{why}");
        }
    }
}
