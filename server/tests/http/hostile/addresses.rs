//! Addresses that are not there, and the address a request comes from.

use std::{net::Ipv4Addr, time::Duration};

use axum::body::Body;
use http::Request;
use server::addresses::{self, Access};

use crate::{
    browser::{Browser, NOTHING},
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp},
};

on_both!(
    unknown_addresses_are_404,
    the_neighbours_of_every_address_are_404,
    private_addresses_give_an_anonymous_visitor_nothing,
    password_managers_find_the_password_page,
    a_forwarded_address_is_ignored_unless_the_proxy_is_ours,
    making_another_router_holds_up_no_page,
);

async fn unknown_addresses_are_404(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    for path in [
        "/nothing",
        "/profile/nothing",
        "/profile/security/x",
        "/.well-known/nothing",
        "/.well-known/security.txt.bak",
        "/.env",
        "/.git/config",
        "/wp-login.php",
        "/sign-in/x",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/a/../../etc/passwd",
        "/%00",
        "/%ff%fe",
        "//evil.example/",
        "/profile%2fsecurity",
    ] {
        for browser in [&ada, &anonymous] {
            let page = browser.get(path).await;
            page.is(404).says("There’s nothing at this address");
            assert!(page.gives_no_session(), "{path}");
        }
    }
    for path in ["/api/", "/api/v0/me", "/api/fn/"] {
        let program = Request::get(path).header("accept", "application/json");
        let answer = ada.send(program, Body::empty()).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (404, &"not_found".into()),
            "{path}: {answer:?}"
        );
    }
    assert!(ada.is_signed_in().await);
}

/// What stands beside what is listed: a page below a page, a function that is almost called so.
async fn the_neighbours_of_every_address_are_404(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for address in addresses::all() {
        if let Some(name) = address.function_name() {
            let answer = ada.call(&format!("{name}x"), NOTHING).await;
            assert_eq!(answer.status, 404, "{}x: {answer:?}", address.path);
        } else if !address.is_for_programs() && !address.path.contains('{') {
            let below = format!("{}/nothing", address.path.trim_end_matches('/'));
            let page = ada.get(&below).await;
            assert_eq!(page.status, 404, "{below}: {page:?}");
        }
    }
    assert!(ada.is_signed_in().await);
}

async fn private_addresses_give_an_anonymous_visitor_nothing(app: TestApp) {
    // Not a fresh install, which leads to sign-up.
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    let private = addresses::all().filter(|address| address.access != Access::Public);
    for address in private {
        let path = address.path.replace("{id}", "unknown");
        if let Some(name) = address.function_name() {
            let answer = anonymous.call(name, NOTHING).await;
            assert_eq!(answer.status, 401, "{path}: {answer:?}");
        } else if address.is_for_programs() {
            let answer = anonymous.get(&path).await;
            assert_eq!(answer.status, 401, "{path}: {answer:?}");
        } else {
            let page = anonymous.get(&path).await;
            assert_eq!(page.status, 303, "{path}: {page:?}");
            let to = page.header("location");
            assert!(to.starts_with("/sign-in"), "{path}: {to}");
        }
    }
}

async fn password_managers_find_the_password_page(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let to = ada.get("/.well-known/change-password").await;
    assert!([302, 303, 307].contains(&to.status), "{to:?}");
    assert_eq!(to.header("location"), "/profile/password");
    ada.get("/profile/password")
        .await
        .is(200)
        .says("Change your password");
    for (path, to) in [
        ("/profile/api", "/settings/api"),
        ("/profile/mcp", "/settings/mcp"),
    ] {
        assert_eq!(ada.get(path).await.header("location"), to);
        ada.get(to).await.is(200);
    }
}

async fn a_forwarded_address_is_ignored_unless_the_proxy_is_ours(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    signs_in_from(&ada, "203.0.113.9").await;
    assert_eq!(last_address(&app).await, "192.0.2.1");
    // Nor does it get a client around the limit of their address.
    let limited = app.with(&[("CURFEW_ATTEMPTS_PER_ADDRESS", "3")]);
    let stranger = limited.browser(FIREFOX_ON_LINUX);
    let mut statuses = Vec::new();
    for n in 0..5 {
        let request = Request::post("/api/fn/sign_in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", format!("203.0.113.{n}"))
            .header("forwarded", format!("for=203.0.113.{n}"))
            .header("x-real-ip", format!("203.0.113.{n}"));
        let body = format!("email=user{n}@example.com&password=wrong+one");
        statuses.push(stranger.send(request, body.into()).await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);

    let behind = app.with(&[("CURFEW_TRUSTED_PROXIES", "10.0.0.0/8")]);
    let mut ada = ada.at(&behind);
    ada.address = Ipv4Addr::new(10, 0, 0, 1).into();
    signs_in_from(&ada, "1.1.1.1, 203.0.113.9, 10.0.0.2").await;
    assert_eq!(last_address(&app).await, "203.0.113.9");
}

async fn signs_in_from(ada: &Browser, forwarded: &str) {
    let request = Request::post("/api/fn/sign_in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", forwarded);
    let form = crate::browser::encoded(&[("email", "ada@example.com"), ("password", PASSWORD)]);
    ada.send(request, form.into()).await.is(200);
}

async fn last_address(app: &TestApp) -> String {
    databases::texts(app.db(), "select ip from sessions order by id desc limit 1")
        .await
        .remove(0)
}

async fn making_another_router_holds_up_no_page(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for _ in 0..30 {
        let again = app.clone();
        let made = tokio::task::spawn_blocking(move || {
            for _ in 0..3 {
                again.with(&[]);
            }
        });
        let page =
            tokio::time::timeout(Duration::from_secs(20), ada.get("/profile/security")).await;
        page.expect("leptos-rs/leptos#4773").is(200);
        made.await.unwrap();
    }
}
