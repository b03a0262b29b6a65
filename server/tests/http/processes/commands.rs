//! Commands that an operator runs when a user is locked out or a phone is lost, and those that ask the server itself.

use super::{
    client::Client,
    program::{Program, curfew, runs},
};
use crate::{databases, test_app::TestApp};

on_both!(
    a_dry_run_says_what_would_end_and_ends_nothing,
    one_session_is_ended_with_its_remembered_device_and_no_other,
    a_user_who_is_locked_out_by_wrong_passwords_is_let_in,
    two_factor_that_was_lost_is_turned_off_and_what_was_signed_in_ends,
    a_link_to_a_new_password_is_printed_and_works_once,
    researchers_are_told_where_to_report_where_that_is_set,
    the_health_check_says_whether_the_server_is_ready,
);

fn said(folder: &std::path::Path, app: &TestApp, arguments: &[&str]) -> (bool, String) {
    let output = runs(folder, &app.url, arguments);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn a_dry_run_says_what_would_end_and_ends_nothing(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let (mut ada, mut phone) = (Client::default(), Client::default());
    ada.sign_up(&server.address, "Ada").await;
    phone.sign_in(&server.address, "Ada").await;
    for arguments in [
        &["remote-logout", "--dry-run", "ada@example.com"][..],
        &["remote-logout", "--everyone", "--dry-run"],
    ] {
        let (done, said) = said(folder.path(), &app, arguments);
        assert!(
            done && said.contains("2 sessions and 1 remembered device")
                && said.contains("Nothing was changed"),
            "{said}"
        );
    }
    assert!(ada.is_signed_in(&server.address).await && phone.is_signed_in(&server.address).await);
    assert_eq!(app.remote_logouts("Ada").await, 0);
}

async fn one_session_is_ended_with_its_remembered_device_and_no_other(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let (mut ada, mut phone) = (Client::default(), Client::default());
    ada.sign_up(&server.address, "Ada").await;
    phone.sign_in(&server.address, "Ada").await;
    let id = "select id from sessions where remembered_device_id is not null";
    let id = testing::databases::text(app.db(), id).await;
    // What it records is signed, so it does nothing without the key.
    let mut without = curfew(folder.path(), &app.url);
    without.args(["sessions", "end", "ada@example.com", &id]);
    without.env("CURFEW_SECRET_KEY_FILE", folder.path().join("no.key"));
    let refused = without.output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(phone.is_signed_in(&server.address).await);
    let (done, told) = said(
        folder.path(),
        &app,
        &["sessions", "end", "ada@example.com", &id],
    );
    assert!(
        done && told.contains("1 session and 1 remembered device ended"),
        "{told}"
    );
    assert!(ada.is_signed_in(&server.address).await && !phone.is_signed_in(&server.address).await);
    assert!(
        !phone
            .only("curfew_remember")
            .comes_back(&server.address)
            .await
    );
    let by = "select actor from audit_events where action = 'user.device_ended'";
    assert_eq!(databases::texts(app.db(), by).await, ["operator"]);
    for id in [id.as_str(), "none", ""] {
        let (done, told) = said(
            folder.path(),
            &app,
            &["sessions", "end", "ada@example.com", id],
        );
        assert!(!done && told.contains("nothing was changed"), "{told}");
    }
}

async fn a_user_who_is_locked_out_by_wrong_passwords_is_let_in(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("CURFEW_ATTEMPTS_PER_USER", "3")];
    let server = Program::start_with(folder.path(), &app.url, &settings);
    Client::default().sign_up(&server.address, "Ada").await;
    let form = [
        ("email", "ada@example.com"),
        ("password", "not the password at all"),
    ];
    for _ in 0..3 {
        Client::default()
            .call(&server.address, "sign_in", &form)
            .await
            .unwrap();
    }
    let right = [
        ("email", "ada@example.com"),
        ("password", crate::test_app::PASSWORD),
    ];
    let locked = Client::default()
        .call(&server.address, "sign_in", &right)
        .await
        .unwrap();
    assert_eq!(locked.status, 429);
    let (done, told) = said(folder.path(), &app, &["user", "unlock", "ada@example.com"]);
    assert!(done && told.contains("Unlocked ada@example.com"), "{told}");
    Client::default().sign_in(&server.address, "Ada").await;
}

async fn two_factor_that_was_lost_is_turned_off_and_what_was_signed_in_ends(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let off = ["user", "disable-two-factor", "ada@example.com"];
    let (done, told) = said(folder.path(), &app, &off);
    assert!(done && told.contains("is not on"), "{told}");
    assert!(ada.is_signed_in(&server.address).await);
    databases::run(app.db(), "update users set two_factor_since = 1").await;
    let (done, told) = said(folder.path(), &app, &off);
    assert!(done && told.contains("is off"), "{told}");
    assert!(!ada.is_signed_in(&server.address).await);
    // The password alone is enough now.
    ada.sign_in(&server.address, "Ada").await;
    assert!(ada.is_signed_in(&server.address).await);
    let event = "select actor from audit_events where action = 'user.two_factor_disabled'";
    assert_eq!(databases::texts(app.db(), event).await, ["operator"]);
}

async fn the_health_check_says_whether_the_server_is_ready(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let check = |address: &str| {
        let mut command = curfew(folder.path(), &app.url);
        command.env("CURFEW_LISTEN", address).arg("healthcheck");
        command.output().unwrap()
    };
    let ready = check(&server.address);
    assert!(ready.status.success(), "{ready:?}");
    assert_eq!(ready.stdout, b"ready\n");
    let address = server.address.clone();
    drop(server);
    let gone = check(&address);
    assert_eq!(gone.status.code(), Some(1), "{gone:?}");
    assert!(String::from_utf8_lossy(&gone.stderr).contains("there is no answer"));
}

async fn a_link_to_a_new_password_is_printed_and_works_once(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let (done, told) = said(
        folder.path(),
        &app,
        &["user", "reset-password", "ada@example.com"],
    );
    assert!(done, "{told}");
    let token = told.split("/reset-password?token=").nth(1).unwrap();
    let token = token.lines().next().unwrap();
    let new = "seven violet bridges under a tram";
    let form = [("token", token), ("new_password", new)];
    let reset = Client::default()
        .call(&server.address, "reset_password", &form)
        .await;
    reset.unwrap().is(200);
    assert!(!ada.is_signed_in(&server.address).await);
    let sign_in = [("email", "ada@example.com"), ("password", new)];
    let signed_in = ada.call(&server.address, "sign_in", &sign_in).await;
    signed_in.unwrap().is(200);
    let again = Client::default()
        .call(&server.address, "reset_password", &form)
        .await;
    again.unwrap().refuses(410, "link_expired");
}

/// The answer to a GET.
pub(super) fn got(address: &str, path: &str) -> String {
    use std::io::{Read, Write};

    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

async fn researchers_are_told_where_to_report_where_that_is_set(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let path = "/.well-known/security.txt";
    let server = Program::start(folder.path(), &app.url);
    assert!(got(&server.address, path).starts_with("HTTP/1.0 404"));
    drop(server);
    for (contact, said) in [
        (
            "security@example.com",
            "Contact: mailto:security@example.com\n",
        ),
        (
            "https://example.com/report",
            "Contact: https://example.com/report\n",
        ),
    ] {
        let settings = [("CURFEW_SECURITY_CONTACT", contact)];
        let server = Program::start_with(folder.path(), &app.url, &settings);
        let answer = got(&server.address, path);
        assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
        for part in [said, "\nExpires: 20", "text/plain"] {
            assert!(answer.contains(part), "{answer}");
        }
    }
}
