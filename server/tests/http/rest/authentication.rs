//! Which programs are authenticated, how often they may ask, and what the others are told.

use axum::body::Body;
use http::{Method, Request, header};

use super::with_program;
use crate::{
    answer::Answer,
    databases,
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    only_a_valid_token_is_authenticated,
    cookies_mean_nothing_and_a_token_opens_no_page,
    a_program_of_another_site_is_heard_and_its_cookies_are_not,
    every_refusal_is_a_problem,
    a_token_has_a_rate_limit,
    while_the_database_is_unavailable_no_token_is_said_to_be_invalid,
);

#[track_caller]
fn is_problem(answer: &Answer, status: u16, code: &str) {
    answer.refuses(status, code);
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{answer:?}"
    );
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(
        problem["request_id"],
        answer.header("x-request-id"),
        "{answer:?}"
    );
    assert!(
        problem["detail"].as_str().unwrap().ends_with('.'),
        "{problem}"
    );
    assert_eq!(problem["type"], format!("/api/docs#problem-{code}"));
    assert_eq!(answer.header("location"), "");
}

async fn only_a_valid_token_is_authenticated(app: TestApp) {
    let (ada, good) = with_program(&app, "Ada", Some("sessions")).await;
    let mcp = token_of(&ada, "mcp", None).await;
    let typo = format!("{}a", &good.token[..good.token.len() - 1]);
    let typo = if typo == good.token {
        good.token.replace("api_", "api_b")
    } else {
        typo
    };
    let long = "x".repeat(6_000);
    for wrong in ["", "x", "cfw_api_", &typo, &mcp, &long, "ä"] {
        for path in [
            "/api/v1/me",
            "/api/v1/members",
            "/api/v1/nothing",
            "/api/v1",
        ] {
            let refused = Program::new(&app, wrong).get(path).await;
            is_problem(&refused, 401, "invalid_token");
            assert!(
                refused
                    .header("www-authenticate")
                    .starts_with("Bearer realm=")
            );
        }
    }
    let bare = app.browser("curl/8");
    let refused = bare.send(Request::get("/api/v1/me"), Body::empty()).await;
    is_problem(&refused, 401, "invalid_token");
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer realm=\"Curfew\""
    );
    let basic = Request::get("/api/v1/me").header("authorization", format!("Basic {}", good.token));
    is_problem(&bare.send(basic, Body::empty()).await, 401, "invalid_token");
    let twice = good
        .request(Method::GET, "/api/v1/me")
        .header("authorization", "Bearer x");
    is_problem(&bare.send(twice, Body::empty()).await, 401, "invalid_token");
    let in_query = format!("/api/v1/me?access_token={}", good.token);
    is_problem(&bare.get(&in_query).await, 401, "invalid_token");

    good.get("/api/v1/me").await.is(200);
    for (sql, status, code) in [
        ("update accounts set plan = 'pro'", 403, "plan_required"),
        ("update accounts set plan = 'enterprise'", 200, ""),
        ("update users set role = 'watch_only'", 403, "forbidden"),
        ("update users set role = 'owner'", 200, ""),
        ("update users set disabled_at = 1", 401, "invalid_token"),
        ("update users set disabled_at = null", 200, ""),
        ("update tokens set expires_at = 1", 401, "invalid_token"),
        ("update tokens set expires_at = null", 200, ""),
        ("update tokens set revoked_at = 1", 401, "invalid_token"),
    ] {
        databases::run(app.db(), sql).await;
        let answer = good.get("/api/v1/me").await;
        if status == 200 {
            answer.is(200);
        } else {
            is_problem(&answer, status, code);
        }
    }
}

async fn cookies_mean_nothing_and_a_token_opens_no_page(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", Some("sessions")).await;
    for path in ["/api/v1/me", "/api/v1/sessions"] {
        is_problem(&ada.get(path).await, 401, "invalid_token");
    }
    is_problem(
        &ada.post_form("/api/v1/remote-logout", "/", &[("a", "b")])
            .await,
        401,
        "invalid_token",
    );
    assert!(ada.is_signed_in().await);
    // A token beside another user's cookies: it is the token that counts.
    let grace = app.browser(FIREFOX_ON_LINUX);
    grace.sign_up("Grace").await;
    let beside = grace
        .send(program.request(Method::GET, "/api/v1/me"), Body::empty())
        .await;
    assert_eq!(beside.json()["name"], "Ada");
    let page = program.get("/profile").await;
    page.leads_to("/sign-in?next=/profile");
    let function = program
        .request(Method::POST, "/api/fn/still_signed_in")
        .header(header::CONTENT_LENGTH, "0");
    program
        .browser
        .send(function, Body::empty())
        .await
        .refuses(401, "not_signed_in");
}

async fn a_program_of_another_site_is_heard_and_its_cookies_are_not(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", Some("sessions")).await;
    let from_elsewhere = |request: http::request::Builder| {
        request
            .header(header::ORIGIN, "https://evil.example")
            .header("sec-fetch-site", "cross-site")
    };
    // What another site can make a browser send is its cookies, never its Authorization header.
    let cookies = from_elsewhere(Request::post("/api/v1/remote-logout"));
    is_problem(
        &ada.send(cookies, Body::empty()).await,
        401,
        "invalid_token",
    );
    assert!(ada.is_signed_in().await);
    let function = from_elsewhere(program.request(Method::POST, "/api/fn/remote_logout"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    ada.send(function, "from=security".into())
        .await
        .refuses(403, "cross_site");
    assert!(
        ada.is_signed_in().await,
        "a token beside them opens nothing"
    );
    let bearer = from_elsewhere(program.request(Method::POST, "/api/v1/remote-logout"));
    program.browser.send(bearer, Body::empty()).await.is(200);
    assert!(!ada.is_signed_in().await);
}

async fn every_refusal_is_a_problem(app: TestApp) {
    let (_, program) = with_program(&app, "Ada", Some("sessions")).await;
    is_problem(&program.get("/api/v1/nothing").await, 404, "not_found");
    is_problem(&program.get("/api/v1").await, 404, "not_found");
    is_problem(&program.get("/api/v1/me/x").await, 404, "not_found");
    for (path, allow) in [
        ("/api/v1/me", "GET,HEAD"),
        ("/api/v1/sessions", "GET,HEAD"),
        ("/api/v1/sessions/x", "DELETE"),
        ("/api/v1/members/x/remote-logout", "POST"),
    ] {
        for method in [Method::PUT, Method::PATCH] {
            let refused = program.send(method, path, Body::empty()).await;
            is_problem(&refused, 405, "method_not_allowed");
            assert_eq!(refused.header("allow"), allow);
        }
    }
    is_problem(
        &program.get("/api/v1/members?limit=x").await,
        422,
        "validation_failed",
    );
    is_problem(
        &program.delete("/api/v1/sessions/%ff").await,
        400,
        "malformed",
    );
    is_problem(
        &program.post("/api/openapi.json").await,
        405,
        "method_not_allowed",
    );
    let html = program
        .request(Method::GET, "/api/v1/nothing")
        .header("accept", "text/html");
    is_problem(
        &program.browser.send(html, Body::empty()).await,
        404,
        "not_found",
    );
}

async fn a_token_has_a_rate_limit(app: TestApp) {
    let app = app.with(&[("CURFEW_TOKEN_REQUESTS_PER_MINUTE", "3")]);
    let (ada, program) = with_program(&app, "Ada", None).await;
    for left in ["2", "1", "0"] {
        let answer = program.get("/api/v1/me").await;
        answer.is(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=3;w=60");
        assert!(
            answer
                .header("ratelimit")
                .starts_with(&format!("\"token\";r={left};t="))
        );
    }
    let refused = program.get("/api/v1/me").await;
    is_problem(&refused, 429, "rate_limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{refused:?}");
    // Another token of the same user has a rate limit of its own, and so has a wrong one.
    let other = Program::new(&app, &token_of(&ada, "api", None).await);
    other.get("/api/v1/me").await.is(200);
    for _ in 0..5 {
        is_problem(
            &Program::new(&app, "x").get("/api/v1/me").await,
            401,
            "invalid_token",
        );
    }
}

async fn while_the_database_is_unavailable_no_token_is_said_to_be_invalid(app: TestApp) {
    let (_, program) = with_program(&app, "Ada", None).await;
    databases::run(app.db(), "alter table tokens rename to gone").await;
    for path in ["/api/v1/me", "/mcp"] {
        let unavailable = program.get(path).await;
        if path == "/mcp" {
            // Of the wrong kind: refused without asking.
            is_problem(&unavailable, 401, "invalid_token");
        } else {
            is_problem(&unavailable, 503, "service_unavailable");
            assert_eq!(unavailable.header("retry-after"), "5");
        }
    }
    databases::run(app.db(), "alter table gone rename to tokens").await;
    program.get("/api/v1/me").await.is(200);
}
