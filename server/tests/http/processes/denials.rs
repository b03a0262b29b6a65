//! Refusals that were counted become an event though the node that counted them was killed and no other one comes.

use super::{client::Client, program::Program, webhook::until};
use crate::{databases, test_app::TestApp};

on_both!(a_count_of_a_killed_node_is_recorded_by_the_next);

const EVENTS: &str = "select count(*) from audit_events where action = 'access.denied'";

async fn a_count_of_a_killed_node_is_recorded_by_the_next(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    databases::run(app.db(), "update users set role = 'member'").await;
    for _ in 0..100 {
        let refused = ada
            .call(&server.address, "rename_account", &[("name", "Mine")])
            .await
            .unwrap();
        refused.refuses(403, "forbidden");
    }
    server.dies();
    // Its minute is over, if it was not before.
    databases::run(app.db(), "update denials set minute = minute - 10").await;
    let events = databases::number(app.db(), EVENTS).await;
    assert!(events < 20, "{events}");
    let _server = Program::start(folder.path(), &app.url);
    until(&app, "select count(*) from denials", 0).await;
    let details = "select details from audit_events where action = 'access.denied'";
    let told = databases::texts(app.db(), details)
        .await
        .into_iter()
        .map(|text| {
            let details: serde_json::Value = serde_json::from_str(&text).unwrap();
            details["count"].as_i64().unwrap_or(1)
        });
    assert_eq!(told.sum::<i64>(), 100);
    app.chains_are_whole().await;
}
