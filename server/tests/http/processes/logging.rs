//! Standard error that cannot be written: requests are answered all the same.

use std::{
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use super::{
    client::Client,
    program::{Program, curfew},
    stream::Stream,
};
use crate::test_app::TestApp;

on_both!(
    a_full_disk_below_the_log_takes_no_request_down,
    a_log_whose_reader_is_gone_takes_no_request_down,
    a_log_whose_reader_reads_nothing_takes_no_request_down,
    the_log_says_whose_stream_opens_and_ends_and_who_ended_it,
);

/// Patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program where what it logs goes there, on a port that was free a moment ago, since it cannot say which.
struct Silent {
    child: Child,
    address: String,
}

impl Silent {
    async fn start(folder: &Path, url: &str, stderr: Stdio) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let child = curfew(folder, url)
            .env("CURFEW_LISTEN", &address)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut silent = Self { child, address };
        let start = Instant::now();
        while tokio::net::TcpStream::connect(&silent.address)
            .await
            .is_err()
        {
            let ended = silent.child.try_wait().unwrap();
            assert!(ended.is_none(), "it does not start: {ended:?}");
            assert!(start.elapsed() < PATIENCE, "it does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        silent
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requests of several kinds, refused ones among them, which log more than one line.
async fn requests_are_answered(address: &str, name: &str) {
    let mut ada = Client::default();
    ada.sign_up(address, name).await;
    for _ in 0..5 {
        assert!(ada.is_signed_in(address).await);
        let refused = ada.call(address, "rename_device", &[]).await.unwrap();
        assert!((400..500).contains(&refused.status), "{refused:?}");
    }
    ada.call(address, "remote_logout", &[])
        .await
        .unwrap()
        .is(200);
    assert!(!ada.is_signed_in(address).await);
}

async fn a_full_disk_below_the_log_takes_no_request_down(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let server = Silent::start(folder.path(), &app.url, full.into()).await;
    requests_are_answered(&server.address, "Ada").await;
}

async fn a_log_whose_reader_is_gone_takes_no_request_down(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let server = Silent::start(folder.path(), &app.url, writer.into()).await;
    requests_are_answered(&server.address, "Ada").await;
}

/// The pipe fills up, and then a write to it waits for ever.
async fn a_log_whose_reader_reads_nothing_takes_no_request_down(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let server = Silent::start(folder.path(), &app.url, writer.into()).await;
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    // A pipe takes 64 KiB, and a line has a few hundred bytes.
    let asking = async {
        for _ in 0..500 {
            assert!(ada.is_signed_in(&server.address).await);
        }
    };
    let answered = tokio::time::timeout(3 * PATIENCE, asking).await;
    assert!(answered.is_ok(), "requests wait for the log");
    requests_are_answered(&server.address, "Bob").await;
    // And it stops when it is asked to, without the lines that wait.
    let mut server = server;
    let id = server.child.id().to_string();
    let asked = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(asked.unwrap().success());
    let start = Instant::now();
    let status = loop {
        if let Some(status) = server.child.try_wait().unwrap() {
            break status;
        }
        assert!(start.elapsed() < Program::STOPS_WITHIN, "it still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(status.success(), "{status}");
    drop(reader);
}

async fn the_log_says_whose_stream_opens_and_ends_and_who_ended_it(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let user = format!("\"user\":\"{}\"", app.id_of("Ada").await);
    let ended = "\"message\":\"event stream ended\"";

    let stream = Stream::open(&server.address, &ada).await;
    let opened = ["request answered", "\"route\":\"/events\"", user.as_str()];
    server.logs(&opened).await;
    drop(stream);
    let by_client = [ended, user.as_str(), "\"by\":\"client\"", "\"session\""];
    server.logs(&by_client).await;

    let mut stream = Stream::open(&server.address, &ada).await;
    ada.call(&server.address, "remote_logout", &[])
        .await
        .unwrap()
        .is(200);
    stream.ends(PATIENCE).await;
    server
        .logs(&[ended, user.as_str(), "\"by\":\"server\""])
        .await;
}
