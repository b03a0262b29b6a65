//! A request whose body arrives after a remote logout: who it is from is looked up when it is whole. One whose body crawls
//! is not waited for.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{SinkExt, channel::mpsc};
use http::{Method, Request, header, request};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{
    answer::Answer,
    browser::{Browser, NOTHING},
    databases,
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_session_that_ended_before_its_body_arrived_reads_nothing,
    a_token_that_was_revoked_before_its_body_arrived_reads_nothing,
    a_form_that_crawls_is_not_waited_for,
);

/// A body that is sent in two parts, and what sends them.
fn slow() -> (mpsc::Sender<Result<Bytes, std::io::Error>>, Body) {
    let (sender, receiver) = mpsc::channel(0);
    (sender, Body::from_stream(receiver))
}

async fn a_session_that_ended_before_its_body_arrived_reads_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for function in ["sessions", "remote_logout_facts", "standing", "tokens"] {
        let phone = app.browser(SAFARI_ON_IPHONE);
        phone.sign_in("Ada").await;
        let (mut parts, body) = slow();
        let request = Request::post(format!("/api/fn/{function}"))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let asks = tokio::spawn(async move { phone.send(request, body).await });
        // The channel holds one part: that the second is accepted shows that the first was taken.
        for part in ["kind", "=api"] {
            parts.send(Ok(part.into())).await.unwrap();
        }
        ada.remote_logout().await.is(303);
        drop(parts);
        asks.await.unwrap().is(401);
        ada.sign_in("Ada").await;
    }
}

async fn a_token_that_was_revoked_before_its_body_arrived_reads_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let program = Program::new(&app, &token_of(&ada, "mcp", None).await);
    let (mut parts, body) = slow();
    let request = program
        .request(Method::POST, "/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    let call = json!({ "name": "list_sessions", "arguments": {} });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call });
    let message = message.to_string();
    let (first, rest) = message.split_at(10);
    let (first, rest) = (first.to_owned(), rest.to_owned());
    let asks = tokio::spawn(async move { program.browser.send(request, body).await });
    for part in [first, rest] {
        parts.send(Ok(part.into())).await.unwrap();
    }
    let id = databases::texts(app.db(), "select id from tokens")
        .await
        .remove(0);
    ada.call("revoke_mcp_token", &[("token", &id)])
        .await
        .is(200);
    drop(parts);
    asks.await.unwrap().is(401);
    ada.call("still_signed_in", NOTHING).await.is(200);
}

/// Sends a form that never ends, a byte now and then, until it is answered and its body is let go.
async fn crawls(browser: &Browser, request: request::Builder) -> Answer {
    let (mut parts, body) = slow();
    let sending = tokio::spawn(async move {
        while parts.send(Ok("a".into())).await.is_ok() {
            sleep(Duration::from_millis(200)).await;
        }
    });
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = timeout(Duration::from_secs(50), browser.send(request, body)).await;
    let answer = answer.expect("an answer within half a minute, and time for a busy machine");
    sending.await.unwrap();
    answer
}

async fn a_form_that_crawls_is_not_waited_for(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    let sends = || Request::post("/api/fn/sign_in").header(header::ACCEPT, "application/json");
    // Of the second only a token in its body can say where it comes from: that is read before anything else is done.
    let (program, unsaid) = tokio::join!(
        crawls(&ada, sends()),
        crawls(&ada, sends().header(header::ORIGIN, "null"))
    );
    program.refuses(504, "internal");
    unsaid.refuses(504, "internal");
}
