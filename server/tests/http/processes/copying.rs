//! `curfew copy-to`: an install moves from SQLite to PostgreSQL and back, with every row and all that is signed in, and the
//! database that it came from serves no more.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
    time::Duration,
};

use accounts::db::Db;
use tempfile::TempDir;

use super::{
    client::Client,
    program::{Program, curfew},
};
use crate::{
    databases,
    test_app::{PASSWORD, TestApp},
};

/// An install in an SQLite file, and a PostgreSQL database with nothing in it.
struct Move {
    folder: TempDir,
    postgres: String,
}

impl Move {
    fn new(app: &TestApp) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            postgres: app.url.clone(),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sqlite(&self, name: &str) -> String {
        format!("sqlite://{}", self.file(name).display())
    }

    /// A command beside the database at that address, with the one key of them all.
    fn command(&self, url: &str) -> Command {
        let mut command = curfew(self.folder.path(), url);
        command.env("CURFEW_SECRET_KEY_FILE", self.file("secret.key"));
        command
    }

    fn runs(&self, url: &str, arguments: &[&str]) -> Output {
        self.command(url).args(arguments).output().unwrap()
    }

    fn works(&self, url: &str, arguments: &[&str]) -> String {
        let output = self.runs(url, arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refuses(&self, url: &str, arguments: &[&str]) -> String {
        let output = self.runs(url, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("Moved"));
        String::from_utf8(output.stderr).unwrap()
    }

    fn serves(&self, url: &str) -> Program {
        let key = self.file("secret.key");
        let key = [("CURFEW_SECRET_KEY_FILE", key.to_str().unwrap())];
        Program::start_with(self.folder.path(), url, &key)
    }
}

/// Every row of every table but those that tell where it is, in one form: one text a row, in one order. Read by what the
/// SQLite database at `like` says of its columns.
async fn dump(url: &str, like: &str) -> Vec<String> {
    let db = Db::open_though_moved(url).await.unwrap();
    let like = Db::open_though_moved(like).await.unwrap();
    let columns = databases::texts(
        &like,
        "select t.name || ' ' || c.name || ' ' || c.type from sqlite_schema t, pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite%' and t.name <> '_sqlx_migrations'
         order by t.name, c.cid",
    )
    .await;
    let mut tables: Vec<(&str, Vec<String>)> = Vec::new();
    for column in &columns {
        let [table, name, kind] = column.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{column}")
        };
        if ["lineage", "moved_to"].contains(&name) {
            continue;
        }
        // PostgreSQL writes booleans as words, SQLite as digits.
        let value = match kind {
            "boolean" => format!("cast(cast(\"{name}\" as integer) as text)"),
            _ => format!("cast(\"{name}\" as text)"),
        };
        let value = format!("'{name}=' || coalesce({value}, '(null)')");
        match tables.last_mut() {
            Some((last, values)) if *last == table => values.push(value),
            _ => tables.push((table, vec![value])),
        }
    }
    assert!(tables.len() > 35, "{tables:?}");
    let mut rows = Vec::new();
    for (table, values) in tables {
        let sql = format!(
            "select '{table} ' || {} from {table}",
            values.join(" || ' ' || ")
        );
        rows.extend(databases::texts(&db, &sql).await);
    }
    rows.sort();
    db.close().await;
    like.close().await;
    rows
}

/// A demo with Zoe beside it, who is signed in, has a token of an API, and a phone that is remembered.
async fn lived_in(moving: &Move, url: &str) -> (Client, Client, String) {
    moving.works(url, &["demo"]);
    fs::write(moving.file("password"), PASSWORD).unwrap();
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
    moving.works(url, &create);
    let server = moving.serves(url);
    let (mut zoe, mut phone) = (Client::default(), Client::default());
    zoe.sign_in(&server.address, "Zoe").await;
    phone.sign_in(&server.address, "Zoe").await;
    let form = [("name", "Backup"), ("confirmation", PASSWORD)];
    let made = zoe
        .call(&server.address, "create_api_token", &form)
        .await
        .unwrap();
    let token = made.is(200).json()["value"].as_str().unwrap().to_owned();
    server.is_asked_to_stop();
    let mut server = server;
    assert!(server.ends_within(Program::STOPS_WITHIN).success());
    (zoe, phone, token)
}

async fn answers_token(address: &str, token: &str) -> u16 {
    let request = format!(
        "GET /api/v1/me HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    super::client::sent(address, &request).await.unwrap().status
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_moves_there_and_back_with_every_row_and_all_that_is_signed_in() {
    databases::postgres(there_and_back).await;
}

async fn there_and_back(app: TestApp) {
    let moving = Move::new(&app);
    let (first, second) = (moving.sqlite("first.db"), moving.sqlite("second.db"));
    let (mut zoe, phone, token) = lived_in(&moving, &first).await;
    let before = dump(&first, &first).await;
    assert!(before.len() > 500, "{}", before.len());

    let said = moving.works(&first, &["copy-to", &moving.postgres]);
    for part in [
        "users ",
        "audit_events ",
        "counted on both sides",
        "secret.key",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let users = said.lines().find(|line| line.starts_with("users "));
    assert!(users.unwrap().ends_with(" 9"), "{said}");
    assert_eq!(dump(&moving.postgres, &first).await, before);

    // Where it came from it serves no more, and says where it went.
    let refused = moving.refuses(&first, &["serve"]);
    assert!(
        refused.contains("was moved to postgres://") && refused.contains("raise-epoch"),
        "{refused}"
    );
    moving.refuses(&first, &["user", "list"]);

    let server = moving.serves(&moving.postgres);
    assert!(zoe.is_signed_in(&server.address).await);
    assert!(
        phone
            .only("curfew_remember")
            .comes_back(&server.address)
            .await
    );
    assert_eq!(answers_token(&server.address, &token).await, 200);
    let mut again = Client::default();
    again.sign_in(&server.address, "Zoe").await;
    zoe.call(&server.address, "remote_logout", &[])
        .await
        .unwrap()
        .is(200);
    for client in [&phone, &again] {
        assert!(!client.is_signed_in(&server.address).await);
        assert!(!client.comes_back(&server.address).await);
    }
    assert!(
        moving
            .works(&moving.postgres, &["audit", "verify"])
            .contains("all as they were")
    );
    drop(server);

    let before = dump(&moving.postgres, &first).await;
    moving.works(&moving.postgres, &["copy-to", &second]);
    assert_eq!(dump(&second, &first).await, before);
    let refused = moving.refuses(&moving.postgres, &["serve"]);
    assert!(refused.contains("second.db"), "{refused}");
    let server = moving.serves(&second);
    // What had ended between stays ended, and what is new works.
    for client in [&phone, &again] {
        assert!(!client.comes_back(&server.address).await);
    }
    again.sign_in(&server.address, "Zoe").await;
    assert!(again.is_signed_in(&server.address).await);
    assert_eq!(answers_token(&server.address, &token).await, 200);
    drop(server);

    // The way back to the first ends everything, so that what ended elsewhere is not live again.
    let said = moving.works(&first, &["instance", "raise-epoch"]);
    assert!(said.contains("ended"), "{said}");
    let server = moving.serves(&first);
    assert!(!phone.is_signed_in(&server.address).await);
    assert!(!phone.comes_back(&server.address).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_copied_over_and_nothing_that_is_in_use_is_copied() {
    databases::postgres(refusals).await;
}

async fn refusals(app: TestApp) {
    let moving = Move::new(&app);
    let (first, second) = (moving.sqlite("first.db"), moving.sqlite("second.db"));
    let said = moving.refuses(&first, &["copy-to", &moving.postgres]);
    assert!(
        said.contains("no key") || said.contains("no database"),
        "{said}"
    );
    let server = moving.serves(&first);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let said = moving.refuses(&first, &["copy-to", &moving.postgres]);
    assert!(
        said.contains("cannot copy from sqlite://") && said.contains("it is in use"),
        "{said}"
    );
    drop(server);
    // Two of one kind, and what is no address. A password is not quoted.
    let said = moving.refuses(&first, &["copy-to", &second]);
    assert!(said.contains("pg_dump"), "{said}");
    let said = moving.refuses(&first, &["copy-to", "mysql://ada:Sesame@db.example/x"]);
    assert!(
        said.contains("sqlite://") && !said.contains("Sesame"),
        "{said}"
    );
    let said = moving.refuses(&first, &["copy-to", "postgres://ada:Sesame@127.0.0.1:1/x"]);
    assert!(
        said.contains("cannot copy to postgres://127.0.0.1:1/x: ") && !said.contains("Sesame"),
        "{said}"
    );

    // A server that has been started on the target once: what is there is not written over.
    let server = moving.serves(&moving.postgres);
    let said = moving.refuses(&first, &["copy-to", &moving.postgres]);
    assert!(
        said.contains("cannot copy to postgres://") && said.contains("it is in use"),
        "{said}"
    );
    let mut eve = Client::default();
    eve.sign_up(&server.address, "Eve").await;
    drop(server);
    until_no_server(&moving.postgres).await;
    let said = moving.refuses(&first, &["copy-to", &moving.postgres]);
    assert!(
        said.contains("cannot copy to postgres://") && said.contains("it is not empty: its table"),
        "{said}"
    );
    assert_eq!(
        databases::texts(app.db(), "select name from users").await,
        ["Eve"]
    );

    // None of that has changed the source.
    let server = moving.serves(&first);
    assert!(ada.is_signed_in(&server.address).await);
}

/// PostgreSQL notices a connection that was cut a moment later.
async fn until_no_server(url: &str) {
    let start = std::time::Instant::now();
    while accounts::db::postgres_servers(url).await.unwrap() > 0 {
        assert!(start.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_leaves_the_source_as_it_was_and_the_target_empty() {
    databases::postgres(killed).await;
}

async fn killed(app: TestApp) {
    let moving = Move::new(&app);
    let first = moving.sqlite("first.db");
    moving.works(&first, &["demo"]);
    let db = Db::open(&first).await.unwrap();
    // Enough that it takes a while, and more than one statement.
    let many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
                insert into rate_limits (subject, failures, window_ends_at) select 'n' || i, 1, 1 from n";
    databases::run(&db, many).await;
    db.close().await;
    drop(db);
    let before = dump(&first, &first).await;
    let mut killed = 0;
    for n in 0..8 {
        let mut child = moving
            .command(&first)
            .args(["copy-to", &moving.postgres])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(60 * (n + 1)));
        let _ = child.kill();
        if child.wait().unwrap().success() {
            break;
        }
        killed += 1;
        until_idle(&app).await;
        let users = databases::number(app.db(), "select count(*) from users").await;
        assert_eq!(users, 0);
    }
    assert!(killed > 0, "none was killed in time");
    if databases::number(app.db(), "select count(*) from users").await == 0 {
        assert_eq!(dump(&first, &first).await, before);
        moving.works(&first, &["copy-to", &moving.postgres]);
    }
    assert_eq!(dump(&moving.postgres, &first).await, before);
}

/// Waits until what the killed program has begun is rolled back.
async fn until_idle(app: &TestApp) {
    let busy = "select count(*) from pg_stat_activity where datname = current_database()
                and pid <> pg_backend_pid() and xact_start is not null";
    let start = std::time::Instant::now();
    while databases::number(app.db(), busy).await > 0 {
        assert!(start.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_was_moved_goes_nowhere_else() {
    databases::postgres(async |app: TestApp| {
        let moving = Move::new(&app);
        let first = moving.sqlite("first.db");
        moving.works(&first, &["demo"]);
        let db = Db::open(&first).await.unwrap();
        let elsewhere = "update instance set moved_to = 'postgres://db.example:5432/curfew'";
        databases::run(&db, elsewhere).await;
        db.close().await;
        drop(db);
        let said = moving.refuses(&first, &["copy-to", &moving.postgres]);
        assert!(
            said.contains("postgres://db.example:5432/curfew before"),
            "{said}"
        );
        assert_eq!(
            databases::number(app.db(), "select count(*) from users").await,
            0
        );
        // A backup of it says nothing of the move once it is restored: everything in it has ended.
        moving.works(&first, &["backup", "copy.db"]);
        moving.works(&first, &["restore", "copy.db"]);
        drop(moving.serves(&first));
    })
    .await;
}
