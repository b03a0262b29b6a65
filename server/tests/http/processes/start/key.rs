//! The key: a start with one that does not fit what is sealed.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use super::{super::client::Client, refuses};
use crate::{
    databases,
    processes::program::{Program, runs},
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp, email_of},
    two_factor::protect,
};

on_both!(
    a_key_that_does_not_fit_stops_the_start_until_the_loss_is_accepted,
    a_node_with_a_key_of_its_own_is_refused,
    a_command_before_the_first_start_makes_the_key_that_the_server_uses,
    nodes_that_start_a_new_install_at_once_agree_on_its_key,
);

async fn a_key_that_does_not_fit_stops_the_start_until_the_loss_is_accepted(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path(), app.url.as_str());
    let key = path.join("keys/secret.key");
    let named = [("CURFEW_SECRET_KEY_FILE", key.to_str().unwrap())];
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    // Sealed with a key that the program will not find.
    let (codes, code) = protect(&ada).await;

    let said = refuses(path, url, &named, &["serve"]);
    for words in [
        "CURFEW_SECRET_KEY_FILE: there is no key file at",
        key.to_str().unwrap(),
        "1 user",
        "curfew key accept-loss",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(
        !key.exists(),
        "a new key was made where something is sealed"
    );
    fs::create_dir(key.parent().unwrap()).unwrap();
    let another = accounts::keys::Keys::new_line();
    fs::write(&key, another.as_bytes()).unwrap();
    for command in [
        &["serve"][..],
        &["key", "rotate"],
        &["key", "rotate", "--forget-old"],
    ] {
        let said = refuses(path, url, &named, command);
        assert!(said.contains("does not open what is sealed"), "{said}");
        assert!(
            said.contains("1 user") && said.contains("accept-loss"),
            "{said}"
        );
    }
    // What needs no key works all the same, and the file is as it was.
    let listed = runs(path, url, &["user", "list"]);
    assert!(listed.status.success(), "{listed:?}");
    assert_eq!(fs::read_to_string(&key).unwrap(), *another);

    let accepted = super::super::program::curfew(path, url)
        .envs(named)
        .args(["key", "accept-loss"])
        .output()
        .unwrap();
    assert!(accepted.status.success(), "{accepted:?}");
    let said = String::from_utf8(accepted.stdout).unwrap();
    assert!(said.contains("Authenticator apps off: 1"), "{said}");

    let server = Program::start_with(path, url, &named);
    let mut phone = Client::default();
    let form = [("email", email_of("Ada")), ("password", PASSWORD.into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    phone.call(&server.address, "sign_in", &form).await.unwrap();
    assert!(
        !phone.cookies.contains_key("curfew_session"),
        "a password alone"
    );
    let refused = phone
        .call(&server.address, "verify_code", &[("code", &code(1))])
        .await
        .unwrap();
    refused.refuses(422, "validation_failed");
    let message = refused.json()["fields"]["code"].to_string();
    assert!(message.contains("Use a recovery code"), "{message}");
    let let_in = phone
        .call(&server.address, "verify_code", &[("code", &codes[0])])
        .await
        .unwrap();
    let_in.is(200);
    assert!(phone.is_signed_in(&server.address).await);
    assert_eq!(app.events("Ada", "user.authenticator_off").await, 1);
}

#[tokio::test]
async fn quotes_left_in_a_path_are_refused_and_no_key_is_made() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, example) in [
        (
            "CURFEW_SECRET_KEY_FILE",
            "\"key/secret.key\"",
            "/run/secrets/curfew.key",
        ),
        (
            "CURFEW_SECRET_KEY_FILE",
            "'key/secret.key'",
            "/run/secrets/curfew.key",
        ),
        ("CURFEW_MAIL_FOLDER", "\"mail\"", "/var/lib/curfew/mail"),
        ("CURFEW_LISTEN", "\"127.0.0.1:0\"", "0.0.0.0:3000"),
        (
            "CURFEW_DATABASE_URL",
            "\"sqlite://x.db\"",
            "postgres://curfew",
        ),
        (
            "CURFEW_DATABASE_URL",
            "sqlite://\"x.db\"",
            "postgres://curfew",
        ),
    ] {
        let said = refuses(
            folder.path(),
            "sqlite://here.db",
            &[(name, value)],
            &["serve"],
        );
        assert!(said.starts_with(&format!("curfew: {name} ")), "{said}");
        assert!(
            said.contains("quotes") && said.contains("leave them out"),
            "{said}"
        );
        assert!(
            said.contains(&format!("Example: {name}={example}")),
            "{said}"
        );
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A start on a new database makes a key; the next one finds it.
#[tokio::test]
async fn a_new_key_is_made_on_a_new_install_alone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let key = folder.path().join("secret.key");
    drop(Program::start(folder.path(), &url));
    let made = fs::read_to_string(&key).unwrap();
    drop(Program::start(folder.path(), &url));
    assert_eq!(fs::read_to_string(&key).unwrap(), made);
    // Another node may have it: without it the start is refused, whatever is sealed.
    fs::remove_file(&key).unwrap();
    let said = refuses(folder.path(), &url, &[], &["serve"]);
    assert!(
        said.contains("there is no key file at") && said.contains("0 users"),
        "{said}"
    );
    assert!(!key.exists());
}

/// The file that the settings name, for a folder of a node's own.
fn own_key(folder: &Path) -> PathBuf {
    folder.join("own.key")
}

fn runs_on(folder: &Path, url: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = super::super::program::curfew(folder, url);
    let output = command
        .env("CURFEW_SECRET_KEY_FILE", own_key(folder))
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn a_node_with_a_key_of_its_own_is_refused(app: TestApp) {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (here, there, url) = (here.path(), there.path(), app.url.as_str());
    let named = own_key(here);
    let first = Program::start_with(
        here,
        url,
        &[("CURFEW_SECRET_KEY_FILE", named.to_str().unwrap())],
    );
    let mut ada = Client::default();
    ada.sign_up(&first.address, "Ada").await;
    let other = own_key(there);
    let setting = [("CURFEW_SECRET_KEY_FILE", other.to_str().unwrap())];
    let said = refuses(there, url, &setting, &["serve"]);
    for words in [
        "there is no key file at",
        other.to_str().unwrap(),
        "0 users",
        "of the audit log",
        "curfew key accept-loss",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!other.exists(), "a key was made that the others lack");
    let another = accounts::keys::Keys::new_line();
    fs::write(&other, another.as_bytes()).unwrap();
    for command in [
        &["serve"][..],
        &["key", "rotate"],
        &["remote-logout", "ada@example.com"],
        &["audit", "verify"],
    ] {
        let said = refuses(there, url, &setting, command);
        assert!(
            said.contains("is not the one that this instance signs its audit log with"),
            "{command:?}: {said}"
        );
    }
    assert!(ada.is_signed_in(&first.address).await);
    let (whole, said) = runs_on(here, url, &["audit", "verify"]);
    assert!(whole && !said.contains("missing where"), "{said}");

    // After a rotation the old key is not enough, and a copy of the file is.
    fs::copy(&named, &other).unwrap();
    let (rotated, said) = runs_on(here, url, &["key", "rotate"]);
    assert!(rotated, "{said}");
    let said = refuses(there, url, &setting, &["serve"]);
    assert!(said.contains("is not the one"), "{said}");
    fs::copy(&named, &other).unwrap();
    let second = Program::start_with(there, url, &setting);
    assert!(ada.is_signed_in(&second.address).await);
}

async fn a_command_before_the_first_start_makes_the_key_that_the_server_uses(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let (folder, url) = (folder.path(), app.url.as_str());
    let key = own_key(folder);
    let password = folder.join("password.txt");
    fs::write(&password, PASSWORD).unwrap();
    let runs_create = |name: &str| {
        let (email, file) = (email_of(name), password.to_str().unwrap());
        let create = ["user", "create", "--name", name, "--email", &email];
        runs_on(
            folder,
            url,
            &[&create[..], &["--password-file", file]].concat(),
        )
    };
    let (created, said) = runs_create("Ada");
    assert!(created, "{said}");
    let made = fs::read_to_string(&key).unwrap();
    let verifies = || runs_on(folder, url, &["audit", "verify"]);
    let (whole, said) = verifies();
    assert!(whole && !said.contains("missing where"), "{said}");
    let named = [("CURFEW_SECRET_KEY_FILE", key.to_str().unwrap())];
    drop(Program::start_with(folder, url, &named));
    assert_eq!(fs::read_to_string(&key).unwrap(), made);

    // Lost, nothing goes on by itself; accepted, everything does.
    fs::remove_file(&key).unwrap();
    let (created, said) = runs_create("Grace");
    assert!(!created && said.contains("0 users"), "{said}");
    assert!(!key.exists());
    let (accepted, said) = runs_on(folder, url, &["key", "accept-loss"]);
    assert!(accepted && said.contains("from now on"), "{said}");
    let (created, said) = runs_create("Grace");
    assert!(created, "{said}");
    let (whole, said) = verifies();
    assert!(whole && said.contains("key that was missing"), "{said}");
    let server = Program::start_with(folder, url, &named);
    Client::default().sign_in(&server.address, "Ada").await;
}

async fn nodes_that_start_a_new_install_at_once_agree_on_its_key(app: TestApp) {
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let password = folders[0].path().join("password.txt");
    fs::write(&password, PASSWORD).unwrap();
    let file = password.to_str().unwrap();
    let done: Vec<bool> = thread::scope(|scope| {
        let url = app.url.as_str();
        let starts = folders.iter().enumerate().map(|(n, folder)| {
            scope.spawn(move || {
                let (name, email) = (format!("N{n}"), format!("n{n}@example.com"));
                let create = ["user", "create", "--name", &name, "--email", &email];
                let create = [&create[..], &["--password-file", file]].concat();
                runs_on(folder.path(), url, &create).0
            })
        });
        let starts: Vec<_> = starts.collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    let users = "select count(*) from users";
    assert_eq!(databases::number(app.db(), users).await, 1);
    for (folder, done) in folders.iter().zip(done) {
        assert_eq!(own_key(folder.path()).exists(), done);
    }
}
