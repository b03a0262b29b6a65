//! `curfew user …`: what it refuses it explains, with the way on.

use std::{io::Write, process::Stdio};

use super::program::curfew;
use crate::test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp};

on_both!(
    a_user_that_is_not_created_is_said_why,
    the_last_owner_is_disabled_with_a_way_on,
);

/// `curfew user create`, with a password on standard input. What it says, and whether it succeeded.
fn creates(app: &TestApp, name: &str, email: &str, password: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut child = curfew(folder.path(), &app.url)
        .env("CURFEW_SECRET_KEY_FILE", app.key_in(folder.path()))
        .args(["user", "create", "--name", name, "--email", email])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{password}").unwrap();
    drop(input);
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    (done.status.success(), said)
}

/// Another `curfew user …`. What it says on both outputs, and whether it succeeded.
fn user(app: &TestApp, arguments: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let done = curfew(folder.path(), &app.url)
        .env("CURFEW_SECRET_KEY_FILE", app.key_in(folder.path()))
        .arg("user")
        .args(arguments)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

async fn a_user_that_is_not_created_is_said_why(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.user_count().await;
    let refused = |name, email, password, words: &[&str]| {
        let (done, said) = creates(&app, name, email, password);
        assert!(!done, "{said}");
        for words in words {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("wrong fields"), "{said}");
    };
    refused(
        "",
        "eve",
        "short",
        &["name: Enter your name.", "email: ", "password: "],
    );
    refused(
        "Eve",
        "İ@example.com",
        PASSWORD,
        &["no user was created: email: No email can be sent to what is before the @"],
    );
    refused(
        "Ada",
        "ADA@example.com",
        PASSWORD,
        &["ADA@example.com is a user here already", "curfew user list"],
    );
    // A disabled one is said to be there, and how to enable them.
    let (done, said) = user(&app, &["disable", "--last-owner", "ada@example.com"]);
    assert!(done, "{said}");
    assert!(!ada.is_signed_in().await);
    refused(
        "Ada",
        "ada@example.com",
        PASSWORD,
        &["who is disabled", "`curfew user enable ada@example.com`"],
    );
    let (done, said) = user(&app, &["enable", "ada@example.com"]);
    assert!(done, "{said}");
    ada.sign_in("Ada").await;
    assert!(ada.is_signed_in().await);
    let (done, said) = user(&app, &["enable", "ada@example.com"]);
    assert!(done && said.contains("Nothing was changed"), "{said}");
    assert_eq!(app.user_count().await, before);
}

async fn the_last_owner_is_disabled_with_a_way_on(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let made = ada.call("invite_member", &[("role", "member")]).await;
    let link: String = serde_json::from_value(made.is(200).json()).unwrap();
    let ben = app.browser(FIREFOX_ON_LINUX);
    ben.joins(link.strip_prefix("http://curfew.test").unwrap(), "Ben")
        .await;
    let (done, said) = user(&app, &["disable", "ada@example.com"]);
    assert!(!done, "{said}");
    for way in [
        "`curfew user role OTHER-EMAIL owner`",
        "`curfew user disable --last-owner ada@example.com`",
    ] {
        assert!(said.contains(way), "{said}");
    }
    assert!(ada.is_signed_in().await);
    let (done, said) = user(&app, &["role", "ada@example.com", "member"]);
    assert!(!done && said.contains("last owner"), "{said}");

    let (done, said) = user(&app, &["role", "ben@example.com", "owner"]);
    assert!(
        done && said.contains("was Member and is Owner now"),
        "{said}"
    );
    let (done, said) = user(&app, &["disable", "ada@example.com"]);
    assert!(done && said.contains("Disabled ada@example.com"), "{said}");
    assert!(!ada.is_signed_in().await && ben.is_signed_in().await);
    ben.get("/settings/members").await.is(200).says("Disabled");

    let (done, said) = user(&app, &["role", "ben@example.com", "king"]);
    assert!(
        !done && said.contains("use owner, admin, editor, member or watch_only"),
        "{said}"
    );
    app.chains_are_whole().await;
}
