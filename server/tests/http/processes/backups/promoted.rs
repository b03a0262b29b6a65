//! PostgreSQL that is another than before: a standby, and a standby that was promoted without the last commits.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use crate::processes::{
    client::Client,
    program::{Program, curfew, runs},
};

/// A PostgreSQL server of its own, whose data can be copied and put back.
struct Cluster {
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    fn new() -> Self {
        let shell = "mktemp -d /tmp/curfew-promoted.XXXXXX";
        let made = Command::new("sh").args(["-c", shell]).output().unwrap();
        let folder = PathBuf::from(String::from_utf8(made.stdout).unwrap().trim());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let cluster = Self { folder, port };
        if is_root() {
            cluster.sh("chown postgres \"$folder\"", false);
        }
        cluster.sh(
            "\"$bin/initdb\" -D \"$folder/data\" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync",
            true,
        );
        cluster.start();
        cluster
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs a script, as the user that PostgreSQL runs as.
    fn sh(&self, script: &str, as_postgres: bool) {
        let finds = concat!(env!("CARGO_MANIFEST_DIR"), "/../ci/with-postgres.sh");
        let bin = Command::new(finds).arg("--find").output();
        let bin = String::from_utf8(bin.unwrap().stdout).unwrap();
        let mut command = if as_postgres && is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh", "-ec", script]);
            command
        } else {
            let mut command = Command::new("sh");
            command.args(["-ec", script]);
            command
        };
        let output = command
            .current_dir("/")
            .env("bin", bin.trim())
            .env("folder", &self.folder)
            .env("port", self.port.to_string())
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {output:?}");
    }

    fn start(&self) {
        self.sh(
            "\"$bin/pg_ctl\" -D \"$folder/data\" -l \"$folder/log\" -w -o \"-c listen_addresses=127.0.0.1 -c port=$port \
             -c unix_socket_directories=$folder -c fsync=off -c max_connections=100\" start >/dev/null",
            true,
        );
    }

    fn stop(&self) {
        self.sh("\"$bin/pg_ctl\" -D \"$folder/data\" -m fast -w stop", true);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = format!(
            "kill -QUIT $(head -1 {0}/data/postmaster.pid 2>/dev/null) 2>/dev/null; sleep 0.2; rm -rf {0}",
            self.folder.display()
        );
        let _ = Command::new("sh").args(["-c", &stop]).status();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;

    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// What a request with its cookies is answered, once the database is available.
async fn answered(client: &Client, address: &str) -> crate::answer::Answer {
    let start = Instant::now();
    loop {
        let answer = client
            .clone()
            .call(address, "still_signed_in", &[])
            .await
            .unwrap();
        if answer.status != 503 {
            return answer;
        }
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "the database stays unavailable"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_without_the_last_remote_logout_revives_nothing() {
    let cluster = Cluster::new();
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &cluster.url());
    let (mut ada, mut phone) = (Client::default(), Client::default());
    ada.sign_up(&server.address, "Ada").await;
    phone.sign_in(&server.address, "Ada").await;
    // What a standby has received so far.
    cluster.stop();
    cluster.sh("cp -a \"$folder/data\" \"$folder/standby\"", true);
    cluster.start();
    answered(&ada, &server.address).await.is(200);
    let logged_out = runs(
        folder.path(),
        &cluster.url(),
        &["remote-logout", "ada@example.com"],
    );
    assert!(logged_out.status.success(), "{logged_out:?}");
    // The primary is lost, and the standby takes its address.
    cluster.stop();
    cluster.sh(
        "mv \"$folder/data\" \"$folder/lost\"; mv \"$folder/standby\" \"$folder/data\"; touch \"$folder/data/standby.signal\"",
        true,
    );
    cluster.start();
    for _ in 0..2 {
        let answer = ada
            .clone()
            .call(&server.address, "still_signed_in", &[])
            .await
            .unwrap();
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    let refused = curfew(folder.path(), &cluster.url())
        .arg("serve")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("is a standby"),
        "{said}"
    );

    cluster.sh("\"$bin/pg_ctl\" -D \"$folder/data\" -w promote", true);
    for client in [&ada, &phone] {
        let refused = answered(client, &server.address).await;
        refused.refuses(401, "session_ended");
        assert_eq!(
            refused.json()["reason"]["end_reason"],
            "instance_epoch_raised"
        );
    }
    server
        .logs(&["the instance epoch was raised", "other_server"])
        .await;
    // Once: a sign-in afterwards outlives a start, on the same server.
    ada.sign_in(&server.address, "Ada").await;
    drop(server);
    let server = Program::start(folder.path(), &cluster.url());
    let answer = answered(&ada, &server.address).await;
    if answer.status != 200 {
        // Its own marks had seen the remote logout that was lost, so this start has ended everything once more.
        answer.refuses(401, "session_ended");
        assert!(server.log().contains("is older than the audit log"));
        ada.sign_in(&server.address, "Ada").await;
    }
    drop(server);
    let server = Program::start(folder.path(), &cluster.url());
    answered(&ada, &server.address).await.is(200);
}
