//! The key: a start with one that does not fit what is sealed.

use std::fs;

use super::{super::client::Client, refuses};
use crate::{
    processes::program::{Program, runs},
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp, email_of},
    two_factor::protect,
};

on_both!(a_key_that_does_not_fit_stops_the_start_until_the_loss_is_accepted);

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
async fn a_new_key_is_made_where_nothing_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let key = folder.path().join("secret.key");
    drop(Program::start(folder.path(), &url));
    let made = fs::read_to_string(&key).unwrap();
    drop(Program::start(folder.path(), &url));
    assert_eq!(fs::read_to_string(&key).unwrap(), made);
    // Nothing is sealed yet, so its loss costs nothing.
    fs::remove_file(&key).unwrap();
    drop(Program::start(folder.path(), &url));
    assert_ne!(fs::read_to_string(&key).unwrap(), made);
}
