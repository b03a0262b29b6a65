//! A node whose clock is ten years ahead, beside one whose clock is right: the database's clock counts.

use std::{path::PathBuf, time::Duration};

use accounts::db::Db;

use super::{
    client::{Client, arrived},
    program::Program,
};
use crate::{databases, test_app::TestApp};

/// Lets a program believe that it is ten years later (Debian: faketime). Its monotonic clock, by which it waits, is right.
fn ten_years_ahead() -> [(&'static str, &'static str); 3] {
    let library = std::fs::read_dir("/usr/lib")
        .unwrap()
        .map_while(Result::ok)
        .map(|folder| folder.path().join("faketime/libfaketime.so.1"))
        .find(|library: &PathBuf| library.exists())
        .expect("libfaketime is not there: run ci/install.sh postgres");
    let library: &'static str = library.to_str().unwrap().to_owned().leak();
    [
        ("LD_PRELOAD", library),
        ("FAKETIME", "+3650d"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ]
}

/// One node with the right clock and one ten years ahead, over one PostgreSQL, with one key.
struct Nodes {
    right: Program,
    ahead: Program,
    _folder: tempfile::TempDir,
}

impl Nodes {
    fn start(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let right = Program::start(folder.path(), &app.url);
        let ahead = Program::start_with(folder.path(), &app.url, &ten_years_ahead());
        Self {
            right,
            ahead,
            _folder: folder,
        }
    }
}

/// What a node says of itself.
async fn readiness(address: &str) -> (u16, String) {
    use tokio::io::AsyncWriteExt;

    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = arrived(stream).await.unwrap();
    (answer.status, answer.text())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_ten_years_ahead_signs_no_user_out_and_is_not_ready() {
    databases::postgres(async |app: TestApp| {
        let nodes = Nodes::start(&app);
        let mut ada = Client::default();
        ada.sign_up(&nodes.right.address, "Ada").await;
        ada.sign_in(&nodes.right.address, "Ada").await;
        let cookies = ada.cookies.clone();
        let answer = ada
            .call(&nodes.ahead.address, "still_signed_in", &[])
            .await
            .unwrap();
        answer.is(200);
        assert_eq!(ada.cookies, cookies);
        assert!(ada.is_signed_in(&nodes.right.address).await);

        // What it starts itself is good on the other, and no longer than usual.
        let mut phone = Client::default();
        phone.sign_in(&nodes.ahead.address, "Ada").await;
        assert!(phone.is_signed_in(&nodes.right.address).await);
        let far = "select count(*) from sessions where expires_at > (extract(epoch from now()) + 86400 * 365) * 1000";
        assert_eq!(databases::number(app.db(), far).await, 0);

        assert_eq!(readiness(&nodes.right.address).await.0, 200);
        let (status, said) = readiness(&nodes.ahead.address).await;
        assert_eq!(status, 503);
        assert!(said.contains("seconds ahead of the database's"), "{said}");
        nodes.ahead.logs(&["disagree"]).await;
        assert!(!nodes.right.log().contains("disagree"));
    })
    .await;
}

/// Which of the two clocks is wrong is not known, so that node neither tells nor removes what only ended by time.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_verdict_would_be_expired_that_node_answers_503_and_removes_no_cookie() {
    databases::postgres(async |app: TestApp| {
        let nodes = Nodes::start(&app);
        for (columns, reason) in [
            ("expires_at = 1000", "expired"),
            ("curfew_ends_at = 1000", "curfew"),
            ("started_at = 1000, last_active_at = 1000", "expired"),
        ] {
            let mut ada = Client::default();
            if columns.starts_with("expires_at") {
                ada.sign_up(&nodes.right.address, "Ada").await;
            }
            ada.sign_in(&nodes.right.address, "Ada").await;
            ada = ada.only("curfew_session");
            let cookies = ada.cookies.clone();
            databases::run(
                app.db(),
                &format!("update sessions set {columns} where ended_at is null"),
            )
            .await;

            let answer = ada
                .call(&nodes.ahead.address, "still_signed_in", &[])
                .await
                .unwrap();
            answer.refuses(503, "service_unavailable");
            assert!(answer.touches_no_cookie(), "{answer:?}");
            assert_eq!(ada.cookies, cookies);

            let answer = ada
                .call(&nodes.right.address, "still_signed_in", &[])
                .await
                .unwrap();
            answer.refuses(401, "session_ended");
            assert_eq!(answer.json()["reason"]["end_reason"], reason);
        }
    })
    .await;
}

/// The cleanup runs at the start: by a clock ten years ahead it would delete what ended lately.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_ten_years_ahead_deletes_nothing() {
    databases::postgres(async |app: TestApp| {
        let folder = tempfile::tempdir().unwrap();
        let right = Program::start(folder.path(), &app.url);
        let mut ada = Client::default();
        ada.sign_up(&right.address, "Ada").await;
        ada.call(&right.address, "sign_out", &[]).await.unwrap();
        assert_eq!(sessions(app.db()).await, 1);
        let ahead = Program::start_with(folder.path(), &app.url, &ten_years_ahead());
        // Each reads the database, as the cleanup does that began with the start.
        for _ in 0..50 {
            assert_eq!(readiness(&ahead.address).await.0, 503);
        }
        let mut ahead = ahead;
        ahead.is_asked_to_stop();
        assert!(ahead.ends_within(Duration::from_secs(20)).success());
        assert_eq!(sessions(app.db()).await, 1);
    })
    .await;
}

async fn sessions(db: &Db) -> i64 {
    databases::number(
        db,
        "select count(*) from sessions where ended_at is not null",
    )
    .await
}
