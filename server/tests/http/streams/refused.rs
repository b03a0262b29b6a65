//! Who gets no stream.

use accounts::ids::{SessionId, UserId};
use app::cookies::Kind;
use axum::body::Body;
use http::{Method, Request};
use server::streams::Full;

use crate::{
    browser::Browser,
    databases,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    an_anonymous_visitor_has_no_stream,
    a_remembered_device_alone_opens_none_and_is_not_exchanged,
    a_session_has_only_so_many,
    a_node_carries_only_so_many,
    it_takes_get_and_nothing_else,
);

async fn an_anonymous_visitor_has_no_stream(app: TestApp) {
    for value in ["", "x", &"x".repeat(10_000), &"A".repeat(43)] {
        let browser: Browser = app.browser(FIREFOX_ON_LINUX);
        browser.put(Kind::Session, value);
        let refused = browser.listen().await.err().unwrap();
        refused.refuses(401, "not_signed_in");
        assert_eq!(refused.headers["content-type"], "application/json");
        assert!(!refused.headers.contains_key("set-cookie"));
    }
    assert_eq!(app.state.streams.count(), 0);
}

async fn a_remembered_device_alone_opens_none_and_is_not_exchanged(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.sign_in_remembered("Ada").await;
    ada.lose(Kind::Session);
    let before = app.everything().await;
    ada.listen()
        .await
        .err()
        .unwrap()
        .refuses(401, "not_signed_in");
    assert_eq!(app.everything().await, before);
    assert!(!ada.is_signed_in().await, "nor does a script's request");
    assert_eq!(app.everything().await, before);
    assert!(ada.comes_back().await, "the next page exchanges it");
}

async fn a_session_has_only_so_many(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(ada.listen().await.unwrap());
    }
    let refused = ada.listen().await.err().unwrap();
    refused.refuses(429, "too_many_attempts");
    assert_eq!(refused.headers["retry-after"], "30");
    open.pop();
    ada.listen().await.unwrap();
    // Another browser of hers has its own.
    let phone = app.browser(FIREFOX_ON_LINUX);
    phone.sign_in("Ada").await;
    phone.listen().await.unwrap();
}

async fn a_node_carries_only_so_many(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut who = ada.signed_in().await;
    let streams = &app.state.streams;
    let mut held = Vec::new();
    for n in 0..20_000 {
        who.user.id = UserId(format!("user, {n}"));
        who.session = SessionId(format!("theirs, {n}"));
        held.push(streams.hold(&who).unwrap());
    }
    assert_eq!(streams.hold(&who).err(), Some(Full::Node));
    let refused = ada.listen().await.err().unwrap();
    refused.refuses(503, "busy");
    assert_eq!(refused.headers["retry-after"], "30");
    assert!(ada.is_signed_in().await, "only the stream is refused");
    held.pop();
    ada.listen().await.unwrap();
    drop(held);
    assert_eq!(streams.count(), 0);
}

async fn it_takes_get_and_nothing_else(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let request = Request::builder().method(method).uri("/events");
        ada.send(request, Body::empty()).await.is(405);
    }
    databases::run(app.db(), "update sessions set epoch = 0").await;
    ada.listen()
        .await
        .err()
        .unwrap()
        .refuses(401, "session_ended");
}
