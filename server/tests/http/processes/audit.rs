//! `curfew audit verify` against a log that was altered behind the server's back, its high-water marks, and a key that
//! was rotated.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    client::Client,
    program::{Program, runs},
};
use crate::{databases, test_app::TestApp};

on_both!(
    a_tail_cut_behind_a_killed_server_is_named_though_another_start_goes_on_from_there,
    a_hash_of_a_receipt_is_found_and_another_is_not,
    a_rotated_key_leaves_a_log_that_verifies,
    marks_that_were_altered_or_removed_are_named,
);

/// The file of the high-water marks: beside an SQLite file, else in the program's folder.
fn marks_file(folder: &Path, app: &TestApp) -> std::path::PathBuf {
    let sqlite = app.url.strip_prefix("sqlite://");
    let data = sqlite.and_then(|file| Path::new(file).parent());
    let data = data.map_or_else(|| folder.join("data"), Path::to_owned);
    data.join("audit-marks.txt")
}

/// Waits until the server has marked the newest event.
async fn until_marked(folder: &Path, app: &TestApp) {
    let newest = "select head from audit_chains where chain <> 'instance'";
    let newest = databases::texts(app.db(), newest).await.remove(0);
    let start = Instant::now();
    while !fs::read_to_string(marks_file(folder, app)).is_ok_and(|text| text.contains(&newest)) {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{newest} was not marked"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What verifying says, and whether it is content.
fn verify(folder: &Path, app: &TestApp, more: &[&str]) -> (bool, String) {
    let arguments = [&["audit", "verify"][..], more].concat();
    let output = runs(folder, &app.url, &arguments);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn a_tail_cut_behind_a_killed_server_is_named_though_another_start_goes_on_from_there(
    app: TestApp,
) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let copy = "create table copied as select * from audit_chains";
    databases::run(app.db(), copy).await;
    for name in ["One", "Two", "Three"] {
        let renamed = ada
            .call(&server.address, "rename_account", &[("name", name)])
            .await;
        renamed.unwrap().is(200);
    }
    until_marked(folder.path(), &app).await;
    server.dies();
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(whole && said.contains("high-water marks"), "{said}");
    for sql in [
        "delete from audit_events where action = 'account.renamed'",
        "delete from audit_chains",
        "insert into audit_chains select * from copied",
    ] {
        databases::run(app.db(), sql).await;
    }
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(
        !whole && said.contains("high-water mark has seen it"),
        "{said}"
    );
    // The server starts and writes more than was cut.
    let server = Program::start(folder.path(), &app.url);
    // It has ended everything, because what the database held before may have come back with the chain.
    assert!(!ada.is_signed_in(&server.address).await);
    ada.sign_in(&server.address, "Ada").await;
    for name in ["4", "5", "6", "7", "8"] {
        let renamed = ada
            .call(&server.address, "rename_account", &[("name", name)])
            .await;
        renamed.unwrap().is(200);
    }
    drop(server);
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(
        !whole && said.contains("high-water mark has seen"),
        "{said}"
    );
}

async fn a_hash_of_a_receipt_is_found_and_another_is_not(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    Client::default().sign_up(&server.address, "Ada").await;
    let hash = databases::texts(
        app.db(),
        "select hash from audit_events where action = 'user.created'",
    )
    .await
    .remove(0);
    let (found, said) = verify(folder.path(), &app, &["--expect", &hash]);
    assert!(found && said.contains("event 1 of chain"), "{said}");
    assert!(said.contains("user.created"), "{said}");
    let (found, said) = verify(folder.path(), &app, &["--expect", &hash.to_uppercase()]);
    assert!(found, "{said}");
    for other in [
        "0".repeat(64),
        "x".repeat(64),
        String::new(),
        hash[1..].to_owned(),
    ] {
        let (found, said) = verify(folder.path(), &app, &["--expect", &other]);
        assert!(!found, "{other}: {said}");
    }
}

async fn a_rotated_key_leaves_a_log_that_verifies(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    until_marked(folder.path(), &app).await;
    let rotated = runs(folder.path(), &app.url, &["key", "rotate", "--forget-old"]);
    assert!(rotated.status.success(), "{rotated:?}");
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(whole && said.contains("high-water marks of"), "{said}");
    // The running server learns of the key, and goes on.
    let renamed = ada
        .call(&server.address, "rename_account", &[("name", "New")])
        .await;
    renamed.unwrap().is(200);
    until_marked(folder.path(), &app).await;
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(whole && !said.contains("missing where"), "{said}");
}

async fn marks_that_were_altered_or_removed_are_named(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    Client::default().sign_up(&server.address, "Ada").await;
    until_marked(folder.path(), &app).await;
    server.dies();
    let file = marks_file(folder.path(), &app);
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains('-')).collect();
    assert!(lines.len() < text.lines().count(), "{text}");
    fs::write(&file, lines.join("\n")).unwrap();
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(!whole && said.contains("audit-marks.txt"), "{said}");
    // Neither verifying nor a start writes over it.
    drop(Program::start(folder.path(), &app.url));
    let (whole, _) = verify(folder.path(), &app, &[]);
    assert!(!whole);
    fs::remove_file(&file).unwrap();
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(whole && said.contains("no high-water marks"), "{said}");
    let (whole, said) = verify(folder.path(), &app, &[]);
    assert!(whole && said.contains("Nothing is missing"), "{said}");
}
