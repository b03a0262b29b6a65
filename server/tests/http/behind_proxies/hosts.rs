//! What is answered when Curfew listens on its own machine alone and was not told its address.

use axum::body::Body;
use http::{Method, Request, header};

use crate::{
    answer::Answer,
    browser::{Browser, encoded},
    logged::{logged, with},
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp},
};

on_both!(
    a_page_of_another_site_cannot_make_itself_owner,
    names_of_this_machine_are_answered,
    health_is_answered_by_any_name,
    with_a_public_address_or_on_a_network_every_host_is_answered,
);

const FORM: &str = "application/x-www-form-urlencoded";

fn local(app: &TestApp) -> TestApp {
    app.with(&[("CURFEW_PUBLIC_URL", "")])
}

async fn asks(browser: &Browser, path: &str, host: &str, accept: &str) -> Answer {
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::ACCEPT, accept);
    browser.send(request, Body::empty()).await
}

/// DNS rebinding: the page's own name leads to this machine, so its requests are of one origin.
async fn a_page_of_another_site_cannot_make_itself_owner(app: TestApp) {
    let app = local(&app);
    let victim = app.browser(FIREFOX_ON_LINUX);
    let form = [
        ("name", "Eve"),
        ("email", "eve@example.com"),
        ("password", PASSWORD),
    ];
    let (answers, lines) = logged(async {
        let mut answers = Vec::new();
        for accept in ["text/html", "application/json"] {
            let request = Request::post("/api/fn/sign_up")
                .header(header::HOST, "evil.example:3000")
                .header(header::ORIGIN, "http://evil.example:3000")
                .header(header::ACCEPT, accept)
                .header(header::CONTENT_TYPE, FORM);
            answers.push(victim.send(request, encoded(&form).into()).await);
        }
        answers
    })
    .await;
    let [page, program] = &answers[..] else {
        panic!()
    };
    page.is(421)
        .says("This Curfew isn’t at this address")
        .says("CURFEW_PUBLIC_URL");
    program.refuses(421, "misdirected");
    assert_eq!(program.header("content-type"), "application/problem+json");
    let detail = program.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("CURFEW_PUBLIC_URL"), "{detail}");
    for answer in &answers {
        assert!(answer.touches_no_cookie(), "{answer:?}");
        assert!(answer.header("x-request-id").len() > 10, "{answer:?}");
    }
    assert_eq!(app.user_count().await, 0);
    let warned = with(&lines, "CURFEW_PUBLIC_URL");
    assert_eq!(warned.len(), 1, "{lines:#?}");
    assert!(warned[0].contains("evil.example:3000"), "{warned:?}");

    for path in [
        "/",
        "/sign-up",
        "/nothing",
        "/favicon.svg",
        "/events",
        "/api/v1/me",
        "/mcp",
    ] {
        asks(&victim, path, "evil.example", "*/*")
            .await
            .refuses(421, "misdirected");
    }
}

async fn names_of_this_machine_are_answered(app: TestApp) {
    let app = local(&app);
    for host in [
        "localhost:3000",
        "curfew.localhost",
        "127.0.0.1:3000",
        "127.1.2.3",
        "[::1]:3000",
    ] {
        let browser = app.browser(FIREFOX_ON_LINUX);
        let page = asks(&browser, "/sign-up", host, "text/html").await;
        page.is(200).says("Create an account");
        let request = Browser::navigates(Method::POST, "/api/fn/sign_in")
            .header(header::HOST, host)
            .header(header::ORIGIN, format!("http://{host}"))
            .header(header::CONTENT_TYPE, FORM);
        let answer = browser.send(request, Body::empty()).await;
        answer.leads_to("/sign-in");
    }
}

async fn health_is_answered_by_any_name(app: TestApp) {
    let machine = local(&app).browser("kube-probe/1.30");
    for path in ["/healthz", "/readyz"] {
        asks(&machine, path, "curfew.internal:3000", "*/*")
            .await
            .is(200);
    }
    // Not routed here yet: what matters is that it is not refused by its host.
    asks(&machine, "/metrics", "curfew.internal", "*/*")
        .await
        .is(404);
}

async fn with_a_public_address_or_on_a_network_every_host_is_answered(app: TestApp) {
    let on_network = [("CURFEW_PUBLIC_URL", ""), ("CURFEW_LISTEN", "0.0.0.0:3000")];
    for app in [app.clone(), app.with(&on_network)] {
        let browser = app.browser(FIREFOX_ON_LINUX);
        let page = asks(&browser, "/sign-up", "curfew.internal", "text/html").await;
        page.is(200).says("Create an account");
    }
}
