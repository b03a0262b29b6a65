//! The setup code of the real program: in the log of every node, from the command beside it, and gone with the first user.

use super::{
    client::{Client, sent},
    nodes::Nodes,
    program::{Program, curfew, runs},
};
use crate::{
    answer::Answer,
    databases,
    test_app::{PASSWORD, TestApp},
};

on_both!(
    the_command_prints_what_the_log_shows,
    an_operators_first_user_claims_the_install,
);

/// The code in a log, if it is there.
fn logged(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("\"setup_code\":\"")?;
    rest.split('"').next().map(str::to_owned)
}

/// A request as a proxy on this machine sends it.
async fn through_a_proxy(address: &str, code: Option<&str>) -> Answer {
    let mut form = vec![
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    form.extend(code.map(|code| ("setup_code", code)));
    let (head, body) = Client::default().written(address, "sign_up", &form);
    let head = head.replacen("\r\n", "\r\nX-Forwarded-For: 192.0.2.9\r\n", 1);
    sent(address, &format!("{head}{body}")).await.unwrap()
}

async fn the_command_prints_what_the_log_shows(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let said = runs(folder.path(), &app.url, &["setup-code"]);
    assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
    let said = String::from_utf8(said.stdout).unwrap();
    let code = said.trim_end().to_owned();
    assert_eq!(logged(&server.log()), Some(code.clone()));

    // The peer is this machine, and its client is not.
    through_a_proxy(&server.address, None)
        .await
        .refuses(422, "validation_failed");
    through_a_proxy(&server.address, Some("0000-0000-0000-0000"))
        .await
        .refuses(422, "validation_failed");
    through_a_proxy(&server.address, Some(&code)).await.is(200);

    let said = runs(folder.path(), &app.url, &["setup-code"]);
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    let why = String::from_utf8_lossy(&said.stderr);
    assert!(
        said.stdout.is_empty() && why.contains("has had its first user"),
        "{said:?}"
    );
    assert_eq!(server.log().matches(&code).count(), 1, "{}", server.log());
    drop(server);
    // Nothing is said of it any more.
    let server = Program::start(folder.path(), &app.url);
    assert_eq!(logged(&server.log()), None);
}

async fn an_operators_first_user_claims_the_install(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let closed = [("CURFEW_SIGN_UP", "closed")];
    let server = Program::start_with(folder.path(), &app.url, &closed);
    // No user signs up there, so there is nothing to say.
    assert_eq!(logged(&server.log()), None);
    let said = curfew(folder.path(), &app.url)
        .envs(closed)
        .arg("setup-code")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    assert!(
        String::from_utf8_lossy(&said.stderr).contains("CURFEW_SIGN_UP"),
        "{said:?}"
    );
    drop(server);

    let password = folder.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let create = [
        "user",
        "create",
        "--name",
        "Ada",
        "--email",
        "ada@example.com",
        "--password-file",
        password.to_str().unwrap(),
    ];
    let created = runs(folder.path(), &app.url, &create);
    assert!(created.status.success(), "{created:?}");
    databases::run(app.db(), "delete from users").await;
    // Where all may sign up, the next one is asked for the code again, and the command prints what the log shows.
    let said = runs(folder.path(), &app.url, &["setup-code"]);
    assert!(said.status.success(), "{said:?}");
    let code = String::from_utf8(said.stdout).unwrap();
    let server = Program::start(folder.path(), &app.url);
    assert_eq!(logged(&server.log()).as_deref(), Some(code.trim_end()));
    drop(server);
    // Without a user, on this machine, and it is not open.
    let first = [("CURFEW_SIGN_UP", "first")];
    let said = curfew(folder.path(), &app.url)
        .envs(first)
        .arg("setup-code")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    let server = Program::start_with(folder.path(), &app.url, &first);
    assert_eq!(logged(&server.log()), None);
    let form = [
        ("name", "Eve"),
        ("email", "eve@example.com"),
        ("password", PASSWORD),
    ];
    let refused = Client::default()
        .call(&server.address, "sign_up", &form)
        .await;
    refused.unwrap().refuses(403, "sign_up_closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_have_the_same_code() {
    databases::postgres(async |app: TestApp| {
        let nodes = Nodes::start(&app, &[]);
        let first = logged(&nodes.first.log());
        assert!(first.is_some(), "{}", nodes.first.log());
        assert_eq!(first, logged(&nodes.second.log()));
    })
    .await;
}
