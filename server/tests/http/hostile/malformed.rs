//! Requests that are not what they should be: a clear answer, and nothing happens.

use axum::body::Body;
use http::{Method, Request, header};

use super::FUNCTIONS;
use crate::{
    answer::Answer,
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    other_methods_are_405,
    other_kinds_of_body_are_415,
    more_than_64_kb_is_413,
    missing_fields_are_400,
    unknown_functions_are_404,
    broken_bodies_are_no_error_of_ours,
    what_is_no_utf8_is_refused_and_never_stored_as_something_else,
    a_referrer_of_another_site_leads_nowhere,
);

const FORM: &str = "application/x-www-form-urlencoded";

async fn post(
    browser: &Browser,
    function: &str,
    content_type: &str,
    body: impl Into<Body>,
) -> Answer {
    let request = Request::post(format!("/api/fn/{function}"))
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, content_type);
    browser.send(request, body.into()).await
}

async fn other_methods_are_405(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    for (name, fields) in FUNCTIONS {
        let query = crate::browser::encoded(fields);
        let path = format!("/api/fn/{name}?{query}");
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let request = Request::builder()
                .method(method)
                .uri(&path)
                .header("accept", "application/json");
            let refused = ada.send(request, Body::empty()).await;
            refused.refuses(405, "method_not_allowed");
            assert_eq!(refused.header("allow"), "POST");
        }
        ada.get(&path)
            .await
            .is(405)
            .says("This address doesn’t accept this kind of request");
    }
    for page in [
        "/",
        "/sign-in",
        "/profile/security",
        "/profile/remote-logout",
    ] {
        ada.post_form(page, page, &[("from", "security")])
            .await
            .is(405);
    }
    assert_eq!(app.everything().await, before);
}

async fn other_kinds_of_body_are_415(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    for (content_type, body) in [
        ("application/json", "{\"from\":\"security\"}"),
        ("text/plain", "from=security"),
        ("multipart/form-data; boundary=x", "--x--"),
        ("", "from=security"),
    ] {
        post(&ada, "remote_logout", content_type, body)
            .await
            .refuses(415, "unsupported_media_type");
    }
    let bare = Request::post("/api/fn/remote_logout").header(header::ACCEPT, "application/json");
    ada.send(bare, "from=security".into())
        .await
        .refuses(415, "unsupported_media_type");
    assert_eq!(app.everything().await, before);
    // As RFC 9110 has it, case does not matter and a parameter may follow.
    for form in [
        "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-Form-Urlencoded",
    ] {
        post(&ada, "still_signed_in", form, "").await.is(200);
    }
}

async fn more_than_64_kb_is_413(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    let fills = |bytes: usize| format!("from={}", "x".repeat(bytes - 5));
    post(&ada, "remote_logout", FORM, fills(64 * 1024 + 1))
        .await
        .refuses(413, "too_large");
    post(&ada, "remote_logout", FORM, fills(8 * 1024 * 1024))
        .await
        .refuses(413, "too_large");
    for (name, _) in FUNCTIONS {
        post(&ada, name, FORM, fills(64 * 1024 + 1))
            .await
            .refuses(413, "too_large");
    }
    let sign_out = Request::post("/sign-out").header("accept", "application/json");
    ada.send(sign_out, fills(64 * 1024 + 1).into())
        .await
        .refuses(413, "too_large");
    assert_eq!(app.everything().await, before);
    post(&ada, "still_signed_in", FORM, fills(64 * 1024))
        .await
        .is(200);
}

async fn missing_fields_are_400(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    for (function, body) in [
        ("sign_in", ""),
        ("sign_in", "email=ada@example.com"),
        ("sign_in", "password=x"),
        ("sign_up", "name=Ada&email=ada@example.com"),
        ("change_password", "new_password=x"),
        ("update_profile", "username=ada"),
        ("tokens", ""),
        ("tokens", "kind=other"),
    ] {
        post(&ada, function, FORM, body)
            .await
            .refuses(400, "malformed");
    }
    assert_eq!(app.everything().await, before);
    // As a plain form: back on its page, which says so.
    ada.post_form("/api/fn/update_profile", "/profile", NOTHING)
        .await
        .leads_to("/profile");
    ada.get("/profile")
        .await
        .says("Curfew couldn’t understand this request.");
}

async fn unknown_functions_are_404(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for name in [
        "nothing",
        "sign_in2",
        "SIGN_IN",
        "sign_in/",
        "sign_in/x",
        "%00",
        "..%2fsign_in",
        "remote_logout%20",
    ] {
        post(&ada, name, FORM, "from=security")
            .await
            .refuses(404, "not_found");
    }
    let long = "x".repeat(5_000);
    post(&ada, &long, FORM, "").await.refuses(404, "not_found");
    let page = ada.post_form("/api/fn/nothing", "/profile", NOTHING).await;
    assert!([303, 404].contains(&page.status), "{page:?}");
    assert!(ada.is_signed_in().await);
}

async fn broken_bodies_are_no_error_of_ours(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    let deep = format!("name{}=x", "[a]".repeat(2_000));
    let many = "name=x&".repeat(9_000);
    for body in [
        b"\xff\xfe\x00".as_slice(),
        b"name=%ff%fe&username=%",
        b"name[]=a&name[]=b",
        b"name[a]=b",
        b"name=a&name=b",
        b"&&&&====",
        b"=",
        b"name=\0",
        deep.as_bytes(),
        many.as_bytes(),
    ] {
        for (name, _) in FUNCTIONS {
            // These take no fields, or do something without one; what is no text is a name like another.
            let anything = [
                "sign_out",
                "remote_logout",
                "remote_logout_everyone",
                "end_other_sessions",
                "rename_account",
            ];
            if anything.contains(&name) {
                continue;
            }
            let answer = post(&ada, name, FORM, body.to_vec()).await;
            assert!(answer.status < 500, "{name}: {answer:?}");
            let plain = Request::post(format!("/api/fn/{name}"))
                .header(header::ACCEPT, "text/html")
                .header(header::CONTENT_TYPE, FORM)
                .header(header::REFERER, "http://curfew.test/profile");
            let answer = ada.clone().send(plain, body.to_vec().into()).await;
            assert!(answer.status < 500, "{name}: {answer:?}");
        }
    }
    assert_eq!(app.everything().await, before);
}

async fn what_is_no_utf8_is_refused_and_never_stored_as_something_else(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    for body in [
        "name=Zo%EB&username=",
        "name=Ada&username=%ff",
        "na%C3me=x&name=Ada&username=",
    ] {
        let refused = post(&ada, "update_profile", FORM, body.as_bytes().to_vec()).await;
        refused.refuses(400, "malformed");
        assert!(
            refused.body.contains("isn’t encoded as UTF-8"),
            "{refused:?}"
        );
        let plain = Browser::navigates(Method::POST, "/api/fn/update_profile")
            .header(header::CONTENT_TYPE, FORM)
            .header(header::REFERER, "http://curfew.test/profile");
        let answer = ada.send(plain, body.into()).await;
        answer.leads_to("/profile");
        ada.get("/profile")
            .await
            .says("This form isn’t encoded as UTF-8. Nothing was changed.");
    }
    assert_eq!(app.everything().await, before);
    let fine = b"name=Zo%C3%AB&username=".to_vec();
    post(&ada, "update_profile", FORM, fine).await.is(200);
    ada.get("/profile").await.says("Zoë");
}

async fn a_referrer_of_another_site_leads_nowhere(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let foreign = [
        "https://evil.example/profile/security",
        "http://curfew.test.evil.example/profile/security",
        "http://curfew.test@evil.example/profile/security",
        "http://evil.example:80/profile/security",
        "http://curfew.test:81/profile/security",
        "//evil.example/profile/security",
        "/profile/security",
        "evil.example",
        "javascript:alert(1)",
        "",
        "\u{ff}",
        // Of this site, but no page to go back to.
        "http://curfew.test//evil.example/x",
        "http://curfew.test/api/fn/sign_out",
        "http://curfew.test/sign-out",
    ];
    for referrer in foreign {
        let request = Request::post("/api/fn/update_profile")
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, FORM)
            .header(header::REFERER, referrer.as_bytes());
        let refused = ada.send(request, "name=".into()).await;
        refused.leads_to("/profile");
    }
}
