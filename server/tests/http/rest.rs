//! `/api/v1`: what programs see, do, and are refused.

mod authentication;
mod described;
mod requests;

use serde_json::Value;

use crate::{
    browser::Browser,
    databases,
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_program_sees_its_user_and_their_sessions,
    a_program_ends_one_session_or_all,
    without_the_scope_it_only_looks,
    owners_and_admins_look_after_members_of_their_account_only,
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
    // Every time is written in one way: RFC 3339, in UTC, with milliseconds.
    let mut times = 0;
    for path in ["me", "sessions", "audit-events", "members"] {
        let answer = program.get(&format!("/api/v1/{path}")).await;
        for text in answer.body.split('"').filter(|text| is_time(text)) {
            assert!(text.len() == 24 && text.ends_with('Z'), "{path}: {text}");
            times += 1;
        }
    }
    assert!(times > 8, "{times}");
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

/// Whether it begins with a date and the `T` before a time of day.
fn is_time(text: &str) -> bool {
    let text = text.as_bytes();
    text.len() > 10 && text[4] == b'-' && text[7] == b'-' && text[10] == b'T'
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
