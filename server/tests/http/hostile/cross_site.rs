//! What another site's page sends with a user's cookies.

use axum::body::Body;
use http::{Method, Request, header};

use super::FUNCTIONS;
use crate::{
    browser::{Browser, NOTHING, encoded},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    another_sites_form_changes_nothing,
    a_link_on_another_site_may_lead_here,
    every_function_is_on_the_list,
    a_program_and_our_own_pages_get_through,
);

/// What tells another site's request from ours: fetch metadata, or the origin in an older browser.
const SIGNS: [(&str, &str); 7] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
    ("origin", "https://evil.example"),
    ("origin", "null"),
    ("origin", "http://curfew.test.evil.example"),
    ("origin", "http://curfew.test:8080"),
    ("origin", "https://evil.example/curfew.test"),
];

async fn another_sites_form_changes_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.sign_in_remembered("Ada").await;
    let before = app.everything().await;
    let functions = FUNCTIONS.map(|(name, fields)| (format!("/api/fn/{name}"), fields));
    let sign_out = ("/sign-out".to_owned(), NOTHING);
    for (path, fields) in functions.into_iter().chain([sign_out]) {
        for sign in SIGNS {
            let page = sent(&ada, &path, fields, sign, "text/html").await;
            page.is(403)
                .says("This request came from another site")
                .says("Nothing was changed.");
            let program = sent(&ada, &path, fields, sign, "application/json").await;
            program.refuses(403, "cross_site");
            for answer in [&page, &program] {
                assert!(answer.touches_no_cookie(), "{path} {sign:?} {answer:?}");
            }
        }
    }
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await);
}

async fn sent(
    ada: &Browser,
    path: &str,
    fields: &[(&str, &str)],
    (name, value): (&str, &str),
    accept: &str,
) -> crate::answer::Answer {
    let request = Request::post(path)
        .header(header::ACCEPT, accept)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::REFERER, "https://evil.example/")
        .header(name, value);
    ada.send(request, encoded(fields).into()).await
}

async fn a_link_on_another_site_may_lead_here(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for path in ["/", "/profile/security", "/sign-in"] {
        let request = Request::get(path)
            .header(header::ACCEPT, "text/html")
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "navigate");
        let answer = ada.send(request, Body::empty()).await;
        assert!([200, 303].contains(&answer.status), "{answer:?}");
    }
}

async fn every_function_is_on_the_list(app: TestApp) {
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    for function in leptos::server_fn::axum::server_fn_paths() {
        let (path, method) = function;
        assert_eq!(method, Method::POST, "{path} can be called by a link");
        let name = path.strip_prefix("/api/fn/").unwrap();
        assert!(
            FUNCTIONS.iter().any(|(known, _)| *known == name),
            "{name} is not tested"
        );
    }
    for (name, fields) in FUNCTIONS {
        assert_ne!(anonymous.call(name, fields).await.status, 404, "{name}");
    }
}

async fn a_program_and_our_own_pages_get_through(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for ours in [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
        // Behind a proxy that hands on another Host, as the public address says.
        ("origin", "http://curfew.test"),
        ("x-nothing", "curl says nothing of where it comes from"),
    ] {
        sent(
            &ada,
            "/api/fn/still_signed_in",
            NOTHING,
            ours,
            "application/json",
        )
        .await
        .is(200);
    }
    let behind = Request::post("/api/fn/still_signed_in")
        .header(header::HOST, "10.0.0.5:3000")
        .header(header::ORIGIN, "http://curfew.test")
        .header(header::CONTENT_LENGTH, "0");
    ada.send(behind, Body::empty()).await.is(200);
}
