//! The request's id in the events that it left: on the page, in the export, over REST, at the webhook's receiver.

use serde_json::Value;

use super::webhook::{allowing, owner, secret_for, send};
use crate::{
    program::{Program, token_of},
    receiver::Receiver,
    test_app::TestApp,
};

on_both!(
    an_event_names_the_request_that_asked_for_it_wherever_it_is_shown,
    a_request_of_a_program_is_named_and_an_operation_without_one_names_none,
);

async fn an_event_names_the_request_that_asked_for_it_wherever_it_is_shown(app: TestApp) {
    let app = allowing(&app);
    let receiver = Receiver::that_answers(&[]).await;
    let ada = owner(&app).await;
    secret_for(&ada, &receiver.url()).await;
    let answer = ada.call("rename_account", &[("name", "Renamed")]).await;
    let id = answer.is(200).header("x-request-id").to_owned();
    assert_eq!(id.len(), 36, "{id}");
    let event = app.newest_event("Ada", "account.renamed").await;
    assert_eq!(event.request_id.as_deref(), Some(id.as_str()));

    // The search field finds this event and no other.
    ada.get(&format!("/settings/audit-log?q={id}"))
        .await
        .says(&format!("Request {id}"))
        .says(&format!("Event {}", event.id));
    let export = |format| format!("/settings/audit-log/export?format={format}&q={id}");
    let lines = ada.get(&export("jsonl")).await;
    let lines: Vec<Value> = lines.is(200).body.lines().map(parsed).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["request_id"], id.as_str());
    let csv = ada.get(&export("csv")).await;
    assert!(
        csv.body.starts_with("\"id\",\"parent\",\"chain\","),
        "{csv:?}"
    );
    assert!(csv.body.contains(&id), "{csv:?}");

    let program = Program::new(&app, &token_of(&ada, "api", None).await);
    let page = program.get("/api/v1/audit-events").await.is(200).json();
    let items = page["items"].as_array().unwrap();
    let renamed = items.iter().find(|item| item["id"] == event.id.as_str());
    assert_eq!(renamed.unwrap()["request_id"], id.as_str());
    assert_eq!(renamed.unwrap()["parent"], Value::Null);

    send(&app).await;
    let arrived = receiver.arrived();
    let bodies: Vec<Value> = arrived.iter().map(|sent| parsed(&sent.body)).collect();
    let renamed = bodies.iter().find(|body| body["id"] == event.id.as_str());
    assert_eq!(renamed.unwrap()["request_id"], id.as_str());
    app.chains_are_whole().await;
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

async fn a_request_of_a_program_is_named_and_an_operation_without_one_names_none(app: TestApp) {
    let ada = owner(&app).await;
    let program = Program::new(&app, &token_of(&ada, "api", Some("sessions")).await);
    let answer = program.post("/api/v1/remote-logout").await;
    let event = app.newest_event("Ada", "user.session_invalidated").await;
    let id = answer.is(200).header("x-request-id");
    assert_eq!(event.request_id.as_deref(), Some(id));
    app.put_on("Ada", accounts::plans::Plan::Pro).await;
    let event = app.newest_event("Ada", "account.plan_changed").await;
    assert_eq!((event.request_id, event.parent), (None, None));
}
