//! `/api/v1`: what programs see, do, and are refused.

mod authentication;
mod described;

use http::{Method, header};
use serde_json::Value;

use crate::{
    browser::Browser,
    databases,
    program::{Program, token_of},
    test_app::{CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_program_sees_its_user_and_their_sessions,
    lists_come_in_pages_that_nothing_moves,
    a_program_ends_one_session_or_all,
    without_the_scope_it_only_looks,
    owners_and_admins_look_after_members_of_their_account_only,
    crossed_ids_are_404_and_have_no_effect,
    bodies_are_empty_or_refused,
    when_it_was_last_used_is_written,
);

/// A user who is signed in, and a program of theirs.
pub async fn with_program(
    app: &TestApp,
    name: &str,
    revoke_tokens: Option<&str>,
) -> (Browser, Program) {
    let user = app.browser(FIREFOX_ON_LINUX);
    user.sign_up(name).await;
    let program = Program::new(app, &token_of(&user, "api", revoke_tokens).await);
    (user, program)
}

/// Moves a user into Ada's account.
pub async fn joins_ada(app: &TestApp, name: &str, role: &str) {
    let sql = format!(
        "update users set role = '{role}',
                account_id = (select account_id from users where name = 'Ada') where name = '{name}'"
    );
    databases::run(app.db(), &sql).await;
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

async fn a_program_sees_its_user_and_their_sessions(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", Some("sessions")).await;
    app.browser(SAFARI_ON_IPHONE)
        .sign_in_remembered("Ada")
        .await;
    let (_, graces) = with_program(&app, "Grace", None).await;
    let me = program.get("/api/v1/me").await.is(200).json();
    assert_eq!((&me["name"], &me["role"]), (&"Ada".into(), &"owner".into()));
    assert_eq!(me["account"]["plan"], "enterprise");
    assert_eq!(
        me["token"]["scopes"],
        serde_json::json!(["read", "sessions"])
    );
    assert!(
        me["token"]["expires_at"].as_str().unwrap().ends_with('Z'),
        "{me}"
    );
    let page = program.get("/api/v1/sessions").await.is(200).json();
    assert_eq!(page["next_cursor"], Value::Null);
    let devices: Vec<&Value> = items(&page).iter().map(|s| &s["device"]).collect();
    assert_eq!(devices, ["Safari on iPhone", "Firefox on Linux"]);
    assert_eq!(items(&page)[0]["remembered"], true);
    let sessions = graces.get("/api/v1/sessions").await.json();
    assert_eq!(items(&sessions).len(), 1);
    // Nothing in any answer signs a client in.
    let cookie = ada.cookie(app::cookies::Kind::Session).unwrap();
    let secrets = "select token_hash from sessions union select token_hash from tokens";
    let mut secrets = databases::texts(app.db(), secrets).await;
    secrets.extend([cookie, program.token.clone(), "argon2".into()]);
    for path in ["me", "sessions", "audit-events", "members"] {
        let answer = program.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.touches_no_cookie());
        for secret in &secrets {
            assert!(!answer.body.contains(secret), "{path}: {answer:?}");
        }
    }
}

async fn lists_come_in_pages_that_nothing_moves(app: TestApp) {
    let (_, program) = with_program(&app, "Ada", None).await;
    for _ in 0..4 {
        app.browser(CHROME_ON_WINDOWS).sign_in("Ada").await;
    }
    for name in ["Ben", "Eve"] {
        app.browser(CHROME_ON_WINDOWS).sign_up(name).await;
        joins_ada(&app, name, "member").await;
    }
    for (list, expected) in [("sessions", 5), ("members", 3), ("audit-events", 7)] {
        let mut seen: Vec<String> = Vec::new();
        let mut path = format!("/api/v1/{list}?limit=2");
        loop {
            let page = program.get(&path).await.is(200).json();
            seen.extend(
                items(&page)
                    .iter()
                    .map(|i| i["id"].as_str().unwrap().to_owned()),
            );
            // Ada signs in between two pages.
            if list != "members" {
                app.browser(CHROME_ON_WINDOWS).sign_in("Ada").await;
            }
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("/api/v1/{list}?limit=2&cursor={cursor}");
        }
        let found = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(
            (seen.len(), found),
            (found, found),
            "{list}: none comes twice"
        );
        assert!(found >= expected, "{list}: {found}");
    }
    let first = program.get("/api/v1/sessions?limit=1").await.json();
    let of_sessions = first["next_cursor"].as_str().unwrap();
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "cursor=x",
        "cursor=",
        "cursor=%00",
        "limit=99999999999999999999",
    ] {
        let refused = program.get(&format!("/api/v1/sessions?{query}")).await;
        refused.refuses(422, "validation_failed");
    }
    let crossed = format!("/api/v1/members?cursor={of_sessions}");
    program
        .get(&crossed)
        .await
        .refuses(422, "validation_failed");
    program
        .get("/api/v1/sessions?limit=100&other=1")
        .await
        .is(200);
}

async fn a_program_ends_one_session_or_all(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", Some("sessions")).await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    let list = program.get("/api/v1/sessions").await.json();
    let phones = items(&list)[0]["id"].as_str().unwrap();
    let path = format!("/api/v1/sessions/{phones}");
    let ended = program.delete(&path).await;
    assert_eq!((ended.status, ended.body.as_str()), (204, ""));
    assert!(!phone.is_signed_in().await, "nor by its remembered device");
    assert!(ada.is_signed_in().await);
    program.delete(&path).await.refuses(404, "not_found");

    let receipt = program.post("/api/v1/remote-logout").await.is(200).json();
    assert_eq!(
        (&receipt["sessions"], &receipt["remembered_devices"]),
        (&1.into(), &0.into())
    );
    assert!(!ada.is_signed_in().await);
    ada.get("/").await;
    ada.get("/sign-in")
        .await
        .says("Signed out by Remote logout");
    // A second time: nothing was left.
    let receipt = program.post("/api/v1/remote-logout").await.is(200).json();
    assert_eq!(receipt["sessions"], 0);
    program.get("/api/v1/me").await.is(200);
    app.chains_are_whole().await;
}

async fn without_the_scope_it_only_looks(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", None).await;
    let list = program.get("/api/v1/sessions").await.json();
    let session = items(&list)[0]["id"].as_str().unwrap().to_owned();
    let me = app.id_of("Ada").await;
    let before = app.everything().await;
    program
        .delete(&format!("/api/v1/sessions/{session}"))
        .await
        .refuses(403, "insufficient_scope");
    for path in [
        "/api/v1/remote-logout".to_owned(),
        format!("/api/v1/members/{me}/remote-logout"),
    ] {
        program.post(&path).await.refuses(403, "insufficient_scope");
    }
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await);
}

async fn owners_and_admins_look_after_members_of_their_account_only(app: TestApp) {
    let (_, adas) = with_program(&app, "Ada", Some("sessions")).await;
    let (ben, bens) = with_program(&app, "Ben", Some("sessions")).await;
    with_program(&app, "Eve", None).await;
    joins_ada(&app, "Ben", "member").await;
    bens.get("/api/v1/members").await.refuses(403, "forbidden");
    let all = adas.get("/api/v1/members").await.is(200).json();
    let names: Vec<&Value> = items(&all).iter().map(|m| &m["name"]).collect();
    assert_eq!(names, ["Ada", "Ben"]);

    let path = format!("/api/v1/members/{}/remote-logout", app.id_of("Ben").await);
    // That address logs himself out for him; another user it does not.
    let hers = format!("/api/v1/members/{}/remote-logout", app.id_of("Ada").await);
    bens.post(&hers).await.refuses(403, "forbidden");
    let receipt = adas.post(&path).await.is(200).json();
    assert_eq!(receipt["sessions"], 1);
    assert!(!ben.is_signed_in().await);

    // A member sees what happened to him, his refusals too, an owner what happened in the account.
    let bens_events = bens.get("/api/v1/audit-events").await.json();
    let actions: Vec<&Value> = items(&bens_events).iter().map(|e| &e["action"]).collect();
    assert_eq!(
        actions,
        ["user.session_invalidated", "access.denied", "access.denied"]
    );
    let events = adas.get("/api/v1/audit-events").await.json();
    assert!(items(&events).len() > 3, "{events}");
    for role in ["admin", "editor"] {
        joins_ada(&app, "Ben", role).await;
        let may = if role == "admin" { 200 } else { 403 };
        assert_eq!(bens.get("/api/v1/members").await.status, may, "{role}");
        // She is an owner.
        bens.post(&hers).await.refuses(403, "forbidden");
    }
}

async fn crossed_ids_are_404_and_have_no_effect(app: TestApp) {
    let (_, adas) = with_program(&app, "Ada", Some("sessions")).await;
    let (grace, graces) = with_program(&app, "Grace", Some("sessions")).await;
    let list = graces.get("/api/v1/sessions").await.json();
    let hers = items(&list)[0]["id"].as_str().unwrap().to_owned();
    let before = app.everything().await;
    let user = app.id_of("Grace").await;
    for id in [
        user.as_str(),
        &hers,
        "unknown",
        "%00",
        "..%2f..",
        "'",
        "%ff",
    ] {
        let logged_out = adas
            .post(&format!("/api/v1/members/{id}/remote-logout"))
            .await;
        assert!(
            [404, 400].contains(&logged_out.status),
            "{id} {logged_out:?}"
        );
        let ended = adas.delete(&format!("/api/v1/sessions/{id}")).await;
        assert!([404, 400].contains(&ended.status), "{id} {ended:?}");
    }
    assert_eq!(app.everything().await, before);
    assert!(grace.is_signed_in().await);
}

async fn bodies_are_empty_or_refused(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", Some("sessions")).await;
    let before = app.everything().await;
    for (kind, body, status, code) in [
        (
            "application/json",
            "{\"user_id\":\"x\",\"role\":\"owner\"}",
            422,
            "validation_failed",
        ),
        ("application/json", "[]", 400, "malformed"),
        ("application/json", "{", 400, "malformed"),
        (
            "application/x-www-form-urlencoded",
            "epoch=9",
            415,
            "unsupported_media_type",
        ),
        ("text/plain", "{}", 415, "unsupported_media_type"),
    ] {
        let request = program
            .request(Method::POST, "/api/v1/remote-logout")
            .header(header::CONTENT_TYPE, kind);
        program
            .browser
            .send(request, body.into())
            .await
            .refuses(status, code);
    }
    let request = program
        .request(Method::POST, "/api/v1/remote-logout")
        .header(header::CONTENT_TYPE, "application/json");
    let huge = " ".repeat(64 * 1024 + 1);
    program
        .browser
        .send(request, huge.into())
        .await
        .refuses(413, "too_large");
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await);
    let request = program
        .request(Method::POST, "/api/v1/remote-logout")
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    program.browser.send(request, "{}".into()).await.is(200);
}

async fn when_it_was_last_used_is_written(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", None).await;
    ada.get("/settings/api").await.says("Never");
    program.get("/api/v1/me").await.is(200);
    let used = "select count(*) from tokens where last_used_at is not null";
    assert_eq!(
        databases::number(app.db(), used).await,
        0,
        "no write on the way of a read"
    );
    app.state.last_seen.write(app.db()).await;
    assert_eq!(databases::number(app.db(), used).await, 1);
}
