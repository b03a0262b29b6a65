//! Logout notices and the real program: sent within a second of the answer, and by the next start when it was killed.

use std::time::{Duration, Instant};

use super::{
    client::Client,
    program::{Program, runs},
    until,
};
use crate::{
    applications::{sign_in_at, signed::token_of},
    databases,
    receiver::Receiver,
    test_app::TestApp,
};

on_both!(
    an_application_is_told_within_a_second_of_the_answer,
    what_a_killed_program_owed_is_told_by_the_next,
    a_remote_logout_of_the_command_line_tells_applications_too,
);

/// Ada, signed in, with an application that is told at that receiver.
async fn ada(app: &TestApp, server: &Program, receiver: &Receiver) -> (Client, String) {
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let url = receiver.url();
    let form = [
        ("name", "Wiki"),
        ("redirects", "http://127.0.0.1/callback"),
        ("logout_address", url.as_str()),
    ];
    let made = ada
        .call(&server.address, "register_application", &form)
        .await
        .unwrap();
    let id = made.is(200).json()["id"].as_str().unwrap().to_owned();
    sign_in_here(app, &id).await;
    (ada, id)
}

/// A sign-in at the application, from Ada's newest session.
async fn sign_in_here(app: &TestApp, application: &str) -> String {
    let user = app.id_of("Ada").await;
    let session = testing::databases::text(
        app.db(),
        "select id from sessions order by started_at desc, id desc limit 1",
    )
    .await;
    sign_in_at(app, &user, &session, application).await
}

async fn an_application_is_told_within_a_second_of_the_answer(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::that_answers(&[]).await;
    let server = Program::start(folder.path(), &app.url);
    let (mut ada, id) = ada(&app, &server, &receiver).await;
    let mut took = Vec::new();
    for round in 0..5 {
        if round > 0 {
            ada.sign_in(&server.address, "Ada").await;
            sign_in_here(&app, &id).await;
        }
        let answered = ada
            .call(&server.address, "remote_logout", &[("from", "security")])
            .await
            .unwrap();
        let answered_at = Instant::now();
        answered.is(200);
        while receiver.arrived().len() <= round {
            assert!(
                answered_at.elapsed() < Duration::from_secs(30),
                "it is not told"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        took.push(answered_at.elapsed());
    }
    took.sort();
    // The middle one, because other tests share this machine.
    assert!(took[2] < Duration::from_secs(1), "{took:?}");
    until(
        &app,
        "select count(*) from logout_notices where outcome = 'logged_out'",
        5,
    )
    .await;
    server.dies();
}

async fn what_a_killed_program_owed_is_told_by_the_next(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::that_answers(&["nothing"]).await;
    let server = Program::start(folder.path(), &app.url);
    let (mut ada, id) = ada(&app, &server, &receiver).await;
    ada.call(&server.address, "remote_logout", &[("from", "security")])
        .await
        .unwrap()
        .is(200);
    // Killed while the first try is under way.
    until(
        &app,
        "select count(*) from logout_notices where leased_until > 0",
        1,
    )
    .await;
    server.dies();
    assert!(receiver.arrived().is_empty());
    databases::run(app.db(), "update logout_notices set leased_until = 0").await;
    let server = Program::start(folder.path(), &app.url);
    // Where the kill came before the request, this program is the one that gets no answer, and the ladder's minute passes.
    let (start, told) = (
        Instant::now(),
        "select count(*) from logout_notices where outcome = 'logged_out'",
    );
    while databases::number(app.db(), told).await == 0 {
        assert!(start.elapsed() < Duration::from_secs(40), "it is not told");
        databases::run(
            app.db(),
            "update logout_notices set next_try_at = 0 where outcome is null",
        )
        .await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let issuer = "http://127.0.0.1:0";
    let (_, claims) = token_of(&app, &receiver.arrived()[0], issuer).await;
    assert_eq!(claims["aud"], id.as_str());

    // Killed before the job could follow: the raised epoch alone owes it.
    ada.sign_in(&server.address, "Ada").await;
    server.dies();
    sign_in_here(&app, &id).await;
    let user = app.id_of("Ada").await;
    let mut op = app.begin().await;
    accounts::sessions::end_all(
        &mut op,
        &accounts::ids::UserId(user),
        accounts::sessions::By::Operator,
        accounts::sessions::Surface::Cli,
    )
    .await
    .unwrap();
    op.commit().await.unwrap();
    assert_eq!(
        databases::number(app.db(), "select count(*) from logout_notices").await,
        1
    );
    let server = Program::start(folder.path(), &app.url);
    until(
        &app,
        "select count(*) from logout_notices where outcome = 'logged_out'",
        2,
    )
    .await;
    assert_eq!(receiver.arrived().len(), 2);
    server.dies();
}

async fn a_remote_logout_of_the_command_line_tells_applications_too(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::that_answers(&[]).await;
    let server = Program::start(folder.path(), &app.url);
    let (_, id) = ada(&app, &server, &receiver).await;
    let listed = runs(folder.path(), &app.url, &["application", "list"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(&id) && listed.contains("Wiki"), "{listed}");
    let done = runs(
        folder.path(),
        &app.url,
        &["remote-logout", "ada@example.com"],
    );
    assert!(done.status.success(), "{done:?}");
    until(
        &app,
        "select count(*) from logout_notices where outcome = 'logged_out'",
        1,
    )
    .await;
    assert_eq!(receiver.arrived().len(), 1);

    // Registered and removed on the machine, with the same effect at once.
    let added = runs(
        folder.path(),
        &app.url,
        &[
            "application",
            "add",
            "--account-of",
            "ada@example.com",
            "--name",
            "Gate",
            "--gate",
            "--address",
            "https://wiki.example.com",
        ],
    );
    assert!(added.status.success(), "{added:?}");
    let gate =
        testing::databases::text(app.db(), "select id from applications where kind = 'gate'").await;
    assert!(String::from_utf8(added.stdout).unwrap().contains(&gate));
    let removed = runs(folder.path(), &app.url, &["application", "remove", &gate]);
    assert!(removed.status.success(), "{removed:?}");
    let unknown = runs(folder.path(), &app.url, &["application", "remove", &gate]);
    assert!(!unknown.status.success());
    server.dies();
}
