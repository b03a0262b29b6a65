//! An export of the real program, over a real connection that is read slowly.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{client::Client, program::Program};
use crate::test_app::TestApp;

on_both!(
    an_export_that_is_read_slowly_breaks_off_after_a_remote_logout,
    an_export_under_way_when_the_program_stops_breaks_off,
);

/// Patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Four megabytes: what is on its way between two ends is a small part of it.
const EVENTS: usize = 8_000;

async fn an_export_that_is_read_slowly_breaks_off_after_a_remote_logout(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let (mut ada, mut phone) = (Client::default(), Client::default());
    ada.sign_up(&server.address, "Ada").await;
    app.records("Ada", "earlier", EVENTS).await;
    for version in ["1.0", "1.1"] {
        phone.sign_in(&server.address, "Ada").await;
        let (mut export, mut taken) = begun(&server.address, &phone, version).await;
        let logged_out = ada.call(&server.address, "remote_logout", &[]).await;
        logged_out.unwrap().is(200);
        app.records("Ada", "later", 10).await;
        let rest = timeout(PATIENCE, export.read_to_end(&mut taken)).await;
        // Neither kind of reader can take it for the whole: the connection is reset.
        assert!(
            rest.unwrap().is_err(),
            "{version}: it ended as if it were whole"
        );
        let said = String::from_utf8_lossy(&taken);
        assert!(!said.contains("later"), "{version}");
        // What was under way in buffers, and not the megabytes of the log.
        assert!(taken.len() < 2_000_000, "{version}: {}", taken.len());
        ada.sign_in(&server.address, "Ada").await;
    }
}

/// An export of which the first part was read.
async fn begun(address: &str, browser: &Client, version: &str) -> (TcpStream, Vec<u8>) {
    let mut export = TcpStream::connect(address).await.unwrap();
    let asked = format!(
        "GET /settings/audit-log/export?format=jsonl HTTP/{version}\r\nHost: {address}\r\nCookie: {}\r\n\r\n",
        browser.cookie_line(),
    );
    export.write_all(asked.as_bytes()).await.unwrap();
    let mut taken = vec![0; 100_000];
    export.read_exact(&mut taken).await.unwrap();
    assert!(taken.starts_with(b"HTTP/1.1 200") || taken.starts_with(b"HTTP/1.0 200"));
    (export, taken)
}

/// A reader for whom the end of the connection is the end of the file must not take a stop for it.
async fn an_export_under_way_when_the_program_stops_breaks_off(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    app.records("Ada", "earlier", EVENTS).await;
    let (mut export, mut taken) = begun(&server.address, &ada, "1.0").await;
    server.is_asked_to_stop();
    let ending = tokio::task::spawn_blocking(move || server.ends_within(Program::STOPS_WITHIN));
    assert!(ending.await.unwrap().success());
    let rest = timeout(PATIENCE, export.read_to_end(&mut taken)).await;
    assert!(rest.unwrap().is_err(), "it ended as if it were whole");
}
