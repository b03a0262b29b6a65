//! `curfew backup` and `curfew restore`: whole or not there, and nothing that had ended is live again afterwards.

mod by_hand;
mod many;
mod promoted;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{
    client::Client,
    program::{Program, curfew, runs},
};

/// A folder with a database in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn database(&self) -> PathBuf {
        self.path().join("data/curfew.db")
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.database().display())
    }

    fn start(&self) -> Program {
        Program::start(self.path(), &self.url())
    }

    fn runs(&self, arguments: &[&str]) -> Output {
        runs(self.path(), &self.url(), arguments)
    }

    /// Runs a command that must work. What it says.
    fn works(&self, arguments: &[&str]) -> String {
        let output = self.runs(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must not. What it says.
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.runs(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The names of the files in the folder that backups go to.
    fn backups(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.contains("copy")).collect();
        names.sort();
        names
    }
}

/// That what it holds is refused, and why.
async fn is_signed_out(client: &Client, address: &str) {
    for cookie in ["curfew_session", "curfew_remember"] {
        if !client.cookies.contains_key(cookie) {
            continue;
        }
        let mut only = client.only(cookie);
        let refused = only.call(address, "still_signed_in", &[]).await.unwrap();
        refused.refuses(401, "session_ended");
        let reason = refused.json()["reason"]["end_reason"].clone();
        assert_eq!(reason, "instance_epoch_raised", "{cookie}");
        assert!(!client.only(cookie).comes_back(address).await, "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_revives_no_session_and_leaves_a_log_that_verifies() {
    let place = Place::new();
    let server = place.start();
    let (mut ada, mut phone) = (Client::default(), Client::default());
    ada.sign_up(&server.address, "Ada").await;
    phone.sign_in(&server.address, "Ada").await;
    let said = place.works(&["backup", "copy.db"]);
    assert!(said.contains("The key is not in it"), "{said}");
    let copy = place.path().join("copy.db");
    let mode = fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.works(&["remote-logout", "ada@example.com"]);
    // A server holds the database: nothing is touched.
    let before = fs::read(&copy).unwrap();
    let said = place.refuses(&["restore", "copy.db"]);
    assert!(said.contains("is in use"), "{said}");
    assert!(
        place
            .works(&["restore", "--check", "copy.db"])
            .contains("Nothing was changed")
    );
    let mut again = Client::default();
    again.sign_in(&server.address, "Ada").await;
    assert!(again.is_signed_in(&server.address).await);
    drop(server);

    let said = place.works(&["restore", "copy.db"]);
    assert!(
        said.contains("2 sessions and 1 remembered device"),
        "{said}"
    );
    assert_eq!(fs::read(&copy).unwrap(), before);
    let server = place.start();
    for client in [&ada, &phone] {
        is_signed_out(client, &server.address).await;
    }
    assert!(!again.is_signed_in(&server.address).await);
    let said = place.works(&["audit", "verify"]);
    assert!(
        said.contains("Nothing is missing") && said.contains("This cannot see"),
        "{said}"
    );
    // The marks fit, so the next start ends nothing.
    again.sign_in(&server.address, "Ada").await;
    drop(server);
    let server = place.start();
    assert!(again.is_signed_in(&server.address).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_writes_over_nothing_and_leaves_nothing_half_done() {
    let place = Place::new();
    drop(place.start());
    let file = place.path().join("copy.db");
    fs::write(&file, "mine").unwrap();
    assert!(
        place
            .refuses(&["backup", "copy.db"])
            .contains("is there already")
    );
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all", &file).unwrap();
    assert!(
        place
            .refuses(&["backup", "copy.db"])
            .contains("is there already")
    );
    fs::remove_file(&file).unwrap();
    place.refuses(&["backup", "no/such/folder/copy.db"]);
    // As on a full disk: a file may have so many blocks and no more.
    let program = curfew(place.path(), &place.url());
    let limited = std::process::Command::new("sh")
        .current_dir(place.path())
        .env("CURFEW_DATABASE_URL", place.url())
        .arg("-c")
        .arg(format!(
            "trap '' XFSZ; ulimit -f 16; exec '{}' backup copy.db",
            program.get_program().display()
        ))
        .output()
        .unwrap();
    assert_eq!(limited.status.code(), Some(1), "{limited:?}");
    assert_eq!(place.backups(), Vec::<String>::new());
}

/// Others write meanwhile, and each try is killed a little later than the one before.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_killed_is_whole_or_not_there_while_others_write() {
    let place = Place::new();
    place.works(&["demo"]);
    let server = place.start();
    let mut zoe = Client::default();
    let create = [
        "user",
        "create",
        "--name",
        "Zoe",
        "--email",
        "zoe@example.com",
        "--password-file",
        "password",
    ];
    fs::write(place.path().join("password"), crate::test_app::PASSWORD).unwrap();
    place.works(&create);
    zoe.sign_in(&server.address, "Zoe").await;
    let address = server.address.clone();
    let writing = tokio::spawn(async move {
        for n in 0.. {
            let name = format!("Name {n}");
            let renamed = zoe
                .call(&address, "rename_account", &[("name", &name)])
                .await;
            renamed.unwrap().is(200);
        }
    });
    let mut killed = 0;
    for n in 0..12 {
        let name = format!("copy{n}.db");
        let mut child = curfew(place.path(), &place.url())
            .args(["backup", &name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(4 * n));
        let _ = child.kill();
        if !child.wait().unwrap().success() {
            killed += 1;
        }
        if place.path().join(&name).exists() {
            place.works(&["restore", "--check", &name]);
        }
    }
    assert!(killed > 0, "none was killed in time");
    place.works(&["backup", "copy-last.db"]);
    let said = place.works(&["restore", "--check", "copy-last.db"]);
    assert!(said.contains("all as they were written"), "{said}");
    assert!(!writing.is_finished());
    writing.abort();
    // What the killed ones left goes with the next backup of that name.
    for n in 0..12 {
        let name = format!("copy{n}.db");
        if place.path().join(&name).exists() {
            place.refuses(&["backup", &name]);
        } else {
            place.works(&["backup", &name]);
        }
    }
    assert_eq!(place.backups().len(), 13, "{:?}", place.backups());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_backup_is_refused_and_the_database_stays() {
    let place = Place::new();
    let server = place.start();
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    place.works(&["backup", "copy.db"]);
    drop(server);
    let whole = fs::read(place.path().join("copy.db")).unwrap();
    let mut torn = whole.clone();
    for byte in &mut torn[4_096 * 3..4_096 * 9] {
        *byte ^= 0x5a;
    }
    for bytes in [torn.as_slice(), &whole[..whole.len() / 2], b"nonsense", b""] {
        fs::write(place.path().join("bad-copy.db"), bytes).unwrap();
        for arguments in [
            &["restore", "bad-copy.db"][..],
            &["restore", "--check", "bad-copy.db"],
        ] {
            place.refuses(arguments);
        }
    }
    // One whose log was altered.
    let altered = place.path().join("altered-copy.db");
    fs::write(&altered, &whole).unwrap();
    let url = format!("sqlite://{}", altered.display());
    let db = accounts::db::Db::open(&url).await.unwrap();
    crate::databases::run(&db, "update audit_events set actor = 'operator'").await;
    db.close().await;
    let said = place.refuses(&["restore", "altered-copy.db"]);
    assert!(said.contains("cannot be restored"), "{said}");
    let server = place.start();
    assert!(ada.is_signed_in(&server.address).await);
}
