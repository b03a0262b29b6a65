//! A webhook and `kill -9`: whatever dies in between, every event arrives, and is accepted once per id.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use super::{client::Client, program::Program};
use crate::{
    databases,
    receiver::{Receiver, signature_of},
    test_app::TestApp,
};

on_both!(every_event_arrives_whatever_dies_in_between);

const ALLOWED: [(&str, &str); 1] = [("CURFEW_WEBHOOK_ALLOW_PRIVATE", "on")];

/// Waits until the database says so.
pub async fn until(app: &TestApp, sql: &str, wanted: i64) {
    let start = Instant::now();
    loop {
        let number = databases::number(app.db(), sql).await;
        if number == wanted {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "{sql}: {number}, not {wanted}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The ladder's minutes and the dead node's lease have passed.
async fn time_passes(app: &TestApp) {
    let sql = "update webhook_deliveries set next_try_at = 0, leased_until = 0 where delivered_at is null";
    databases::run(app.db(), sql).await;
}

async fn every_event_arrives_whatever_dies_in_between(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::that_answers(&["500", "500"]).await;
    let server = Program::start_with(folder.path(), &app.url, &ALLOWED);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let url = receiver.url();
    let made = ada
        .call(&server.address, "set_webhook", &[("url", &url)])
        .await
        .unwrap();
    let secret = made.is(200).json().as_str().unwrap().to_owned();
    // That it was made is the first event. Two tries are answered 500; nothing is lost by that.
    ada.call(&server.address, "rename_account", &[("name", "One")])
        .await
        .unwrap()
        .is(200);
    until(
        &app,
        "select count(*) from webhook_deliveries where last_status = 500",
        2,
    )
    .await;
    server.dies();

    // Killed while a try is under way, and right after an operation was answered.
    time_passes(&app).await;
    receiver.answers_next(&["nothing"]);
    let server = Program::start_with(folder.path(), &app.url, &ALLOWED);
    until(
        &app,
        "select count(*) from webhook_deliveries where leased_until > 0",
        1,
    )
    .await;
    ada.call(&server.address, "rename_account", &[("name", "Two")])
        .await
        .unwrap()
        .is(200);
    server.dies();
    assert!(
        receiver
            .arrived()
            .iter()
            .all(|arrived| arrived.status == 500)
    );

    time_passes(&app).await;
    let server = Program::start_with(folder.path(), &app.url, &ALLOWED);
    for name in ["Three", "Four", "Five"] {
        ada.call(&server.address, "rename_account", &[("name", name)])
            .await
            .unwrap()
            .is(200);
    }
    until(
        &app,
        "select count(*) from webhook_deliveries where delivered_at is null",
        0,
    )
    .await;
    server.dies();

    let owed = "select id from audit_events where seq >= (select min(seq) from audit_events
                where action = 'account.webhook_changed') order by id";
    let owed: BTreeSet<String> = databases::texts(app.db(), owed).await.into_iter().collect();
    assert_eq!(owed.len(), 6);
    let mut accepted = BTreeMap::new();
    for arrived in receiver.arrived() {
        assert_eq!(
            arrived.header("x-webhook-signature"),
            signature_of(&secret, &arrived)
        );
        if arrived.status == 204 {
            *accepted.entry(arrived.header("x-webhook-id")).or_insert(0) += 1;
        }
    }
    assert_eq!(accepted.keys().cloned().collect::<BTreeSet<_>>(), owed);
    assert!(accepted.values().all(|times| *times == 1), "{accepted:?}");
    app.chains_are_whole().await;
}
