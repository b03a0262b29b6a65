//! An address that nothing is at: a page for who asks for one, a problem for everything else.

use axum::body::Body;
use http::{Method, Request, header};

use crate::{
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(a_page_is_for_who_asks_for_one);

async fn a_page_is_for_who_asks_for_one(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let stranger = app.browser(FIREFOX_ON_LINUX);
    for path in [
        "/.well-known/openid-federation",
        "/.well-known/webfinger?resource=acct:ada@example.com",
        "/nothing/here",
        "/pkg/nothing.js",
        "/api/nothing",
        "/favicon.ico",
    ] {
        for who in [&ada, &stranger] {
            for accept in [Some("application/json"), Some("*/*"), None] {
                let mut request = Request::get(path);
                if let Some(accept) = accept {
                    request = request.header(header::ACCEPT, accept);
                }
                let answer = who.send(request, Body::empty()).await;
                answer.refuses(404, "not_found");
                assert_eq!(
                    answer.header("content-type"),
                    "application/problem+json",
                    "{path} {accept:?}"
                );
                let id = answer.json()["request_id"].as_str().unwrap().to_owned();
                assert_eq!(id, answer.header("x-request-id"));
            }
            let page = who.send(Browser::navigates(Method::GET, path), Body::empty());
            let page = page.await;
            page.is(404).says("There’s nothing at this address");
            assert!(page.header("content-type").starts_with("text/html"));
        }
    }
    // The browser side's own calls get JSON as its errors always are.
    let answer = ada.call("nothing", NOTHING).await;
    answer.refuses(404, "not_found");
    assert_eq!(answer.header("content-type"), "application/json");
}
