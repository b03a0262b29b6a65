//! The operator's file of applications, as the program applies it when it starts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    client::Client,
    program::{Program, runs},
    start::refuses,
};
use crate::{
    browser::encoded,
    databases::{number, texts},
    oauth::relying::form_to,
    test_app::TestApp,
};

on_both!(
    it_waits_for_the_first_user_and_is_applied_once,
    another_address_at_the_next_start_is_a_change,
    two_nodes_that_start_at_once_apply_it_once,
    an_error_in_it_stops_the_start_and_changes_nothing,
);

const SECRET: &str = "cfw_app_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const SETTING: &str = "CURFEW_APPLICATIONS_FILE";

/// Writes the file, and the secret beside it.
fn written(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("applications.toml");
    fs::write(&file, text).unwrap();
    fs::write(folder.join("files.secret"), format!("{SECRET}\n")).unwrap();
    file
}

fn two(host: &str) -> String {
    format!(
        "[applications.wiki]\nkind = \"gate\"\nname = \"Wiki\"\naddress = \"https://{host}\"\n\n\
         [applications.files]\nname = \"Files\"\nredirects = [\"https://files.example.com/callback\"]\n\
         client_id = \"5f0c7a52-3f0e-4a57-9d0a-6f1f5e2f9f11\"\nsecret_file = \"files.secret\"\n"
    )
}

async fn events(app: &TestApp) -> Vec<String> {
    let sql = "select action || ' ' || actor from audit_events where action like 'application.%' order by seq";
    texts(app.db(), sql).await
}

const REGISTERED: [&str; 2] = [
    "application.registered operator",
    "application.registered operator",
];

async fn it_waits_for_the_first_user_and_is_applied_once(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), &two("wiki.example.com"));
    let settings = [(SETTING, file.to_str().unwrap())];
    let server = Program::start_with(folder.path(), &app.url, &settings);
    server.logs(&["the file of applications waits"]).await;
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    for key in ["wiki", "files"] {
        server
            .logs(&["an application of the file was registered", key])
            .await;
    }
    assert_eq!(events(&app).await, REGISTERED);
    // The deployment knows its client id and its secret.
    let redeems = [
        ("grant_type", "authorization_code"),
        ("client_id", "5f0c7a52-3f0e-4a57-9d0a-6f1f5e2f9f11"),
        ("client_secret", SECRET),
        ("code", "unknown"),
        ("redirect_uri", "https://files.example.com/callback"),
    ];
    let node = app.browser("node");
    let answer = node
        .send(form_to("/oauth/token"), encoded(&redeems).into())
        .await;
    assert_eq!(answer.json()["error"], "invalid_grant", "{answer:?}");
    let log = server.log();
    assert!(!log.contains(SECRET), "{log}");
    server.dies();

    let server = Program::start_with(folder.path(), &app.url, &settings);
    assert_eq!(events(&app).await, REGISTERED);
    server.dies();
    let listed = runs(folder.path(), &app.url, &["application", "list"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains("wiki.example.com") && listed.contains("files.example.com"),
        "{listed}"
    );
}

/// The database of an install whose first user has signed up.
async fn claimed(folder: &Path, app: &TestApp) {
    let server = Program::start(folder, &app.url);
    Client::default().sign_up(&server.address, "Ada").await;
    server.dies();
}

async fn another_address_at_the_next_start_is_a_change(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    claimed(folder.path(), &app).await;
    let file = written(folder.path(), &two("wiki.example.com"));
    let settings = [(SETTING, file.to_str().unwrap())];
    Program::start_with(folder.path(), &app.url, &settings).dies();
    written(folder.path(), &two("notes.example.com"));
    Program::start_with(folder.path(), &app.url, &settings).dies();
    let hosts = "select host from application_hosts where kind = 'gate'";
    assert_eq!(texts(app.db(), hosts).await, ["notes.example.com"]);
    assert_eq!(
        events(&app).await.last().unwrap(),
        "application.changed operator"
    );
    // What it no longer names is left alone; what it says to remove goes.
    written(folder.path(), "");
    Program::start_with(folder.path(), &app.url, &settings).dies();
    let left = "select count(*) from applications where removed_at is null";
    assert_eq!(number(app.db(), left).await, 2);
    written(folder.path(), "[applications.wiki]\nremove = true\n");
    Program::start_with(folder.path(), &app.url, &settings).dies();
    assert_eq!(number(app.db(), left).await, 1);
}

async fn two_nodes_that_start_at_once_apply_it_once(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    claimed(folder.path(), &app).await;
    let file = written(folder.path(), &two("wiki.example.com"));
    let settings = [(SETTING, file.to_str().unwrap())];
    let starts: Vec<Program> = std::thread::scope(|scope| {
        let nodes: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| Program::start_with(folder.path(), &app.url, &settings)))
            .collect();
        nodes.into_iter().map(|node| node.join().unwrap()).collect()
    });
    for node in starts {
        node.dies();
    }
    assert_eq!(events(&app).await, REGISTERED);
}

async fn an_error_in_it_stops_the_start_and_changes_nothing(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    claimed(folder.path(), &app).await;
    let before = app.everything().await;
    for (text, line, says) in [
        ("[applications.wiki]\nkind = gate\n", 2, "Example: "),
        (
            "[applications.ok]\nkind = \"gate\"\nname = \"OK\"\naddress = \"https://ok.example.com\"\n\
             [applications.wiki]\nkind = \"gate\"\nname = \"Wiki\"\naddress = \"https://wiki.example.com/path\"\n",
            8,
            "wiki: address: Enter its host alone",
        ),
        (
            "[applications.files]\nname = \"Files\"\nredirects = [\"https://files.example.com/callback\"]\n",
            1,
            "openssl rand",
        ),
        (
            "[applications.a]\nkind = \"gate\"\nname = \"A\"\naddress = \"https://wiki.example.com\"\n\
             [applications.b]\nkind = \"gate\"\nname = \"B\"\naddress = \"https://wiki.example.com\"\n",
            8,
            "belongs to another application",
        ),
    ] {
        let file = written(folder.path(), text);
        let settings = [(SETTING, file.to_str().unwrap())];
        // All of it can be known without the database, so the command says it as well.
        for command in [&["config", "check"][..], &["serve"]] {
            let said = refuses(folder.path(), &app.url, &settings, command);
            assert!(said.contains(SETTING), "{said}");
            assert!(said.contains(&format!("line {line}: ")), "{text}: {said}");
            assert!(said.contains(says), "{text}: {said}");
            assert_eq!(app.everything().await, before, "{text}");
        }
    }
    let gone = [(SETTING, "/nowhere/applications.toml")];
    let said = refuses(folder.path(), &app.url, &gone, &["config", "check"]);
    assert!(said.contains("/nowhere/applications.toml"), "{said}");
}
