//! Why a file cannot be used, in words that an operator can act on: which path, who owns it, as which user the
//! program runs, and what to do.

use std::{
    fs::{self, Metadata, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// What is written to find out whether anything can be: more than a page, so that a full disk refuses it.
const PROBE: [u8; 16 * 1024] = [0; 16 * 1024];

/// Says what is wrong with `path`, which `error` was met at.
#[must_use]
pub fn explain(path: &Path, error: &io::Error) -> String {
    let shown = path.display();
    if path.is_dir() && error.kind() != ErrorKind::StorageFull && is_no_folder(error) {
        return format!(
            "{shown} is a folder, and a file is expected there. A container runtime creates one where the file to \
             mount does not exist: remove the folder, and name the file ({error})"
        );
    }
    match error.kind() {
        ErrorKind::PermissionDenied => {
            let (nearest, about) = nearest(path);
            let place = nearest.display();
            let owner = about.as_ref().map_or(String::new(), |about| {
                format!("; {place} {}", ownership(about))
            });
            let advice = advice(&nearest, about.as_ref());
            format!("{shown}: {error}{owner}. {}{advice}", runs_as())
        }
        ErrorKind::ReadOnlyFilesystem => format!(
            "{shown} is on a file system that is mounted read-only ({error}): mount it for writing, or choose another \
             folder"
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk that holds {shown} is full ({error}): make room there")
        }
        ErrorKind::NotFound => {
            let (nearest, _) = nearest(path);
            format!(
                "{shown}: {error}; the nearest folder that exists is {}",
                nearest.display()
            )
        }
        _ => format!("{shown}: {error}"),
    }
}

/// Looks for what a database in `file` needs, and explains the first thing that is refused. None when all is there.
///
/// It opens none of the database's files: closing one would end every lock that this process holds on it, and SQLite
/// relies on those (<https://sqlite.org/howtocorrupt.html>, 2.2).
#[must_use]
pub(crate) fn refused_to_database(file: &Path) -> Option<String> {
    if file.is_dir() {
        let error = io::Error::from(ErrorKind::IsADirectory);
        return Some(explain(file, &error));
    }
    for ending in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        let path = PathBuf::from(path);
        if fs::metadata(&path).is_ok_and(|about| !may_read_and_write(&about)) {
            let error = io::Error::from(ErrorKind::PermissionDenied);
            return Some(explain(&path, &error));
        }
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let error = write_probe(folder).err()?;
    Some(format!(
        "{}. SQLite writes files beside the database, so its folder must be writable too",
        explain(folder, &error)
    ))
}

/// Whether the mode lets this process read and write.
#[cfg(unix)]
fn may_read_and_write(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    let Some((user, group)) = acting() else {
        return true;
    };
    let bits = if about.uid() == user {
        about.mode() >> 6
    } else if about.gid() == group || groups().contains(&about.gid()) {
        about.mode() >> 3
    } else {
        about.mode()
    };
    user == 0 || bits & 0o6 == 0o6
}

#[cfg(not(unix))]
fn may_read_and_write(about: &Metadata) -> bool {
    !about.permissions().readonly()
}

/// The other groups that this process acts for.
#[cfg(unix)]
fn groups() -> Vec<u32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:"));
    let groups = groups.unwrap_or_default().split_whitespace();
    groups.filter_map(|group| group.parse().ok()).collect()
}

fn write_probe(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".curfew-probe-{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&probe)
        .and_then(|mut file| {
            file.write_all(&PROBE)?;
            file.sync_all()
        });
    // What was not created cannot be removed, and neither changes what was found out.
    let _ = fs::remove_file(&probe);
    written
}

/// Whether it is what a folder in a file's place leads to.
fn is_no_folder(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::IsADirectory | ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty
    )
}

/// The path itself, or the nearest folder above it that can be looked at.
fn nearest(path: &Path) -> (PathBuf, Option<Metadata>) {
    let ancestors = path.ancestors().map(|at| {
        if at.as_os_str().is_empty() {
            Path::new(".")
        } else {
            at
        }
    });
    for at in ancestors {
        if let Ok(about) = fs::metadata(at) {
            return (at.to_owned(), Some(about));
        }
    }
    (path.to_owned(), None)
}

#[cfg(unix)]
fn ownership(about: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;

    format!(
        "belongs to user {}, group {}, mode {:04o}",
        about.uid(),
        about.gid(),
        about.mode() & 0o7777
    )
}

#[cfg(not(unix))]
fn ownership(_: &Metadata) -> String {
    "belongs to another user".into()
}

/// The user and the group that this process acts as: they own what `/proc` tells of it.
#[cfg(unix)]
fn acting() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;

    let about = fs::metadata("/proc/self").ok()?;
    Some((about.uid(), about.gid()))
}

#[cfg(not(unix))]
fn acting() -> Option<(u32, u32)> {
    None
}

fn runs_as() -> String {
    acting().map_or(String::new(), |(user, group)| {
        format!("Curfew runs as user {user}, group {group}: ")
    })
}

fn advice(path: &Path, about: Option<&Metadata>) -> String {
    let shown = path.display();
    let flag = if about.is_some_and(Metadata::is_dir) {
        "-R "
    } else {
        ""
    };
    match acting() {
        Some((user, group)) => {
            format!(
                "give it to that user (chown {flag}{user}:{group} {shown}), or run Curfew as its owner"
            )
        }
        None => format!("let the user that Curfew runs as read and write {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_path_owner_the_acting_user_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("curfew.db");
        fs::write(&file, "").unwrap();
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        let told = explain(&file, &denied);
        let (user, group) = acting().unwrap();
        for part in [
            format!(
                "{} belongs to user {user}, group {group}, mode 0",
                file.display()
            ),
            format!("Curfew runs as user {user}, group {group}"),
            format!("chown {user}:{group} {}", file.display()),
        ] {
            assert!(told.contains(&part), "{told}");
        }
        // Of what is not there, the folder decides.
        let told = explain(&folder.path().join("deep/er/file"), &denied);
        let named = format!("{} belongs to", folder.path().display());
        assert!(told.contains(&named) && told.contains("chown -R"), "{told}");
    }

    #[test]
    fn a_full_disk_a_read_only_one_and_a_folder_in_the_place_of_a_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let told = |kind| explain(path, &io::Error::from(kind));
        assert!(told(ErrorKind::StorageFull).contains("is full"));
        assert!(told(ErrorKind::ReadOnlyFilesystem).contains("mounted read-only"));
        assert!(told(ErrorKind::IsADirectory).contains("is a folder"));
        assert!(refused_to_database(path).unwrap().contains("is a folder"));
        let absent = path.join("none/curfew.db");
        let told = refused_to_database(&absent).unwrap();
        assert!(
            told.contains(&format!("exists is {}", path.display())),
            "{told}"
        );
        assert_eq!(refused_to_database(&path.join("curfew.db")), None);
        assert_eq!(fs::read_dir(path).unwrap().count(), 0, "no probe is left");
    }
}
