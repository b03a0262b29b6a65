//! Files that cannot be used: which path, whose it is, as which user the program runs, and what to do.
#![cfg(unix)]

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::refuses_to_run;
use crate::processes::program::{Program, curfew};

/// A user without rights, where the tests run as one with all.
const OTHER_USER: u32 = 65_534;

/// A folder that another user may enter, and the program in it: the folder that it is built in may be closed to them.
struct Place {
    folder: TempDir,
    program: PathBuf,
    as_root: bool,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let program = folder.path().join("curfew");
        let built = env!("CARGO_BIN_EXE_curfew");
        if fs::hard_link(built, &program).is_err() {
            fs::copy(built, &program).unwrap();
        }
        let as_root = acting_as().0 == 0;
        fs::create_dir(folder.path().join("data")).unwrap();
        let place = Self {
            folder,
            program,
            as_root,
        };
        place.give(&place.data());
        place
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn database(&self) -> PathBuf {
        self.data().join("curfew.db")
    }

    /// Gives a file or folder to the user that the program runs as.
    fn give(&self, path: &Path) {
        if self.as_root {
            std::os::unix::fs::chown(path, Some(OTHER_USER), Some(OTHER_USER)).unwrap();
        }
    }

    /// The program as a user to whom rights apply.
    fn curfew(&self, arguments: &[&str]) -> Command {
        let url = format!("sqlite://{}", self.database().display());
        let like = curfew(self.folder.path(), &url);
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path()).args(arguments);
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if self.as_root {
            command.uid(OTHER_USER).gid(OTHER_USER);
        }
        command
    }

    /// Runs a command that works, so that everything is there.
    fn is_prepared(&self) {
        let password = self.folder.path().join("password");
        fs::write(&password, "violet tram under seven bridges\n").unwrap();
        self.give(&password);
        let create = [
            "user",
            "create",
            "--name",
            "Ada",
            "--email",
            "ada@example.com",
            "--password-file",
        ];
        let created = self.curfew(&create).arg(&password).output().unwrap();
        assert!(created.status.success(), "{created:?}");
    }

    /// That it is refused, with all that an operator needs.
    fn is_refused(&self, path: &Path, words: &[&str]) {
        for arguments in [&["serve"][..], &["user", "list"]] {
            let said = refuses_to_run(self.curfew(arguments));
            assert!(said.contains(path.to_str().unwrap()), "{said}");
            for words in words {
                assert!(said.contains(words), "{words}: {said}");
            }
        }
    }
}

fn acting_as() -> (u32, u32) {
    use std::os::unix::fs::MetadataExt;

    let me = fs::metadata("/proc/self").unwrap();
    (me.uid(), me.gid())
}

fn runs_as(place: &Place) -> String {
    let (user, group) = if place.as_root {
        (OTHER_USER, OTHER_USER)
    } else {
        acting_as()
    };
    format!("Curfew runs as user {user}, group {group}")
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_database_that_cannot_be_written_is_told_with_path_owner_user_and_what_to_do() {
    let place = Place::new();
    place.is_prepared();
    let user = runs_as(&place);
    let (file, data) = (place.database(), place.data());
    chmod(&file, 0o400);
    place.is_refused(
        &file,
        &["mode 0400", &user, "chown", "CURFEW_DATABASE_URL: "],
    );
    chmod(&file, 0o600);
    // SQLite gives the files beside it the mode of the database.
    for beside in ["curfew.db-wal", "curfew.db-shm"] {
        let _ = fs::remove_file(data.join(beside));
    }
    // The folder: SQLite writes files beside the database.
    chmod(&data, 0o555);
    place.is_refused(&data, &["mode 0555", &user, "folder must be writable"]);
    // What another user has left there, as a command that was run as root does.
    chmod(&data, 0o755);
    let left = data.join("curfew.db-wal");
    fs::write(&left, "").unwrap();
    place.give(&left);
    chmod(&left, 0o000);
    place.is_refused(&left, &["mode 0000", &user, "chown"]);
}

#[test]
fn a_folder_in_place_of_the_database_and_what_is_no_database_are_told() {
    let place = Place::new();
    fs::create_dir(place.database()).unwrap();
    place.give(&place.database());
    place.is_refused(&place.database(), &["is a folder", "CURFEW_DATABASE_URL: "]);
    fs::remove_dir(place.database()).unwrap();
    fs::write(
        place.database(),
        "not a database, but long enough to be looked at as one".repeat(40),
    )
    .unwrap();
    place.give(&place.database());
    chmod(&place.database(), 0o600);
    place.is_refused(&place.database(), &["not a database"]);
}

#[test]
fn a_key_file_that_cannot_be_read_is_told_with_its_owner() {
    let place = Place::new();
    place.is_prepared();
    let key = place.data().join("secret.key");
    fs::write(&key, accounts::keys::Keys::new_line().as_bytes()).unwrap();
    place.give(&key);
    chmod(&key, 0o000);
    let user = runs_as(&place);
    place.is_refused(&key, &["CURFEW_SECRET_KEY_FILE: ", "mode 0000", &user]);
}

/// While it runs: the file system takes no more. The limit on the size of files stands for a full disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_is_told_in_the_log_with_the_path() {
    use crate::processes::client::Client;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("curfew.db");
    let url = format!("sqlite://{}", file.display());
    // Created without the limit, which its migrations would exceed.
    drop(Program::start(folder.path(), &url));
    let server = Program::start_within(folder.path(), &url, "ulimit -f 800; trap '' XFSZ");
    let mut status = 200;
    for number in 0..400 {
        let email = format!("user{number}@example.com");
        let form = [("email", email.as_str()), ("password", "x")];
        let answer = Client::default()
            .call(&server.address, "sign_in", &form)
            .await
            .unwrap();
        status = answer.status;
        if status == 503 {
            break;
        }
    }
    assert_eq!(status, 503);
    let path = file.to_str().unwrap();
    let told = ["ERROR", "the database is unavailable", path];
    server.logs(&told).await;
}
