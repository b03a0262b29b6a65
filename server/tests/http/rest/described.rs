//! `/api/openapi.json` and `/api/docs`: what is there is described, and what is described is there.

use axum::body::Body;
use http::{Method, Request};
use serde_json::Value;

use super::with_program;
use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(
    the_document_is_openapi_3_1_and_public,
    what_is_described_is_there_and_needs_a_token,
    the_page_tells_of_every_operation_and_runs_nothing,
);

const OPERATIONS: [(&str, &str); 7] = [
    ("get", "/api/v1/me"),
    ("get", "/api/v1/sessions"),
    ("delete", "/api/v1/sessions/{id}"),
    ("post", "/api/v1/remote-logout"),
    ("get", "/api/v1/audit-events"),
    ("get", "/api/v1/members"),
    ("post", "/api/v1/members/{id}/remote-logout"),
];

async fn document(app: &TestApp) -> Value {
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    let answer = anonymous
        .send(Request::get("/api/openapi.json"), Body::empty())
        .await;
    assert_eq!(answer.header("content-type"), "application/json");
    answer.is(200).json()
}

async fn the_document_is_openapi_3_1_and_public(app: TestApp) {
    let document = document(&app).await;
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1."),
        "{document}"
    );
    let scheme = &document["components"]["securitySchemes"]["token"];
    assert_eq!(
        (&scheme["type"], &scheme["scheme"]),
        (&"http".into(), &"bearer".into())
    );
    let paths = document["paths"].as_object().unwrap();
    let count: usize = paths.values().map(|p| p.as_object().unwrap().len()).sum();
    assert_eq!(count, OPERATIONS.len(), "{paths:?}");
    for to in references(&document) {
        let pointer = to.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{to} leads nowhere");
    }
    let operations = || OPERATIONS.map(|(method, path)| &document["paths"][path][method]);
    let ids: Vec<&Value> = operations().iter().map(|o| &o["operationId"]).collect();
    let links: Vec<&Value> = operations()
        .iter()
        .filter_map(|o| o["responses"]["200"]["links"].as_object())
        .flat_map(|links| links.values())
        .collect();
    assert_eq!(links.len(), 2);
    for link in links {
        assert!(ids.contains(&&link["operationId"]), "{link} leads nowhere");
    }
    for (method, path) in OPERATIONS {
        let operation = &document["paths"][path][method];
        for status in ["401", "403", "429", "503"] {
            let content = &operation["responses"][status]["content"];
            assert!(
                content["application/problem+json"].is_object(),
                "{method} {path} {status}"
            );
        }
    }
}

/// Every `$ref`.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inside)| match inside.as_str() {
                Some(to) if name == "$ref" => vec![to.to_owned()],
                _ => references(inside),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

async fn what_is_described_is_there_and_needs_a_token(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", Some("sessions")).await;
    for (method, path) in OPERATIONS {
        let method: Method = method.to_uppercase().parse().unwrap();
        let path = path.replace("{id}", "x");
        let request = Request::builder().method(method.clone()).uri(&path);
        ada.send(request, Body::empty())
            .await
            .refuses(401, "invalid_token");
        let answer = program.send(method, &path, Body::empty()).await;
        let expected = if path.contains("/x") { 404 } else { 200 };
        assert_eq!(answer.status, expected, "{path} {answer:?}");
    }
}

async fn the_page_tells_of_every_operation_and_runs_nothing(app: TestApp) {
    let page = app.browser(FIREFOX_ON_LINUX).get("/api/docs").await;
    page.is(200);
    for (_, path) in OPERATIONS {
        page.says(path);
    }
    page.says("items[].user_agent").says("plan_required");
    page.tag("id=\"problem-invalid_token\"");
    assert!(!page.body.contains("<script"), "{page:?}");
    assert!(!page.body.contains(" style="), "{page:?}");
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
}
