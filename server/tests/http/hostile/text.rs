//! What a name or a user agent contains is text on every page.

use crate::{
    browser::NOTHING,
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp},
};

on_both!(
    script_in_a_name_is_text_on_every_page,
    script_in_a_user_agent_is_text_on_every_page,
    no_answer_shows_what_is_inside,
);

const SCRIPT: &str = "</script><script>alert(1)</script>";
const IMAGE: &str = "\"><img src=x onerror=alert(2)>";
const PAGES: [&str; 8] = [
    "/",
    "/profile",
    "/profile/login",
    "/profile/password",
    "/profile/security",
    "/profile/remote-logout",
    "/settings/api",
    "/settings/mcp",
];

#[track_caller]
fn is_harmless(what: &str, body: &str) {
    for raw in ["<script>alert", "</script><script>", "<img src=x"] {
        assert!(!body.contains(raw), "{what}\n{body}");
    }
}

async fn script_in_a_name_is_text_on_every_page(app: TestApp) {
    for (n, evil) in (0..).zip([SCRIPT, IMAGE]) {
        let ada = app.browser(FIREFOX_ON_LINUX);
        let email = format!("ada{n}@example.com");
        let form = [("name", evil), ("email", &email), ("password", PASSWORD)];
        ada.post_form("/api/fn/sign_up", "/sign-up", &form)
            .await
            .leads_to("/");
        for path in PAGES {
            let page = ada.get(path).await;
            page.is(200);
            is_harmless(path, &page.body);
        }
        ada.get("/profile").await.says(evil);
        let form = [("name", evil), ("username", evil)];
        ada.post_form("/api/fn/update_profile", "/profile", &form)
            .await
            .leads_to("/profile");
        let page = ada.get("/profile").await;
        assert!(page.text_of("username-error").len() > 5, "{page:?}");
        is_harmless("refused", &page.body);
        let value = crate::answer::attribute(page.tag(" name=\"username\""), "value");
        assert_eq!(value.as_deref(), Some(evil), "it is still there, as text");
    }
}

async fn script_in_a_user_agent_is_text_on_every_page(app: TestApp) {
    for evil in [SCRIPT, IMAGE] {
        let evil_firefox = format!("{evil} Firefox/1 Linux");
        let name = if evil == SCRIPT { "Ada" } else { "Grace" };
        let ada = app.browser(&evil_firefox);
        ada.sign_up(name).await;
        let phone = app.browser(&evil_firefox);
        phone.sign_in_remembered(name).await;
        for path in PAGES {
            let page = ada.get(path).await;
            page.is(200);
            is_harmless(path, &page.body);
        }
        let facts = ada.call("remote_logout_facts", NOTHING).await;
        assert!(
            facts.header("content-type").starts_with("application/json"),
            "{facts:?}"
        );
        let logged_out = ada.remote_logout().await;
        is_harmless(
            "receipt",
            &ada.get(logged_out.header("location")).await.body,
        );
        phone.get("/profile").await.is(303);
        let page = phone.get("/sign-in").await;
        page.says("from Firefox on Linux. Was this you?");
        is_harmless("reason", &page.body);
    }
    let stored = databases::texts(app.db(), "select distinct user_agent from sessions").await;
    assert!(
        stored.iter().all(|agent| agent.contains("alert(")),
        "stored as it came: {stored:?}"
    );
}

async fn no_answer_shows_what_is_inside(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut answers = vec![
        ada.get("/nothing").await,
        ada.get("/sign-out").await,
        ada.call("nothing", NOTHING).await,
        ada.call("tokens", &[("kind", "' or 1=1")]).await,
        ada.call("sign_in", &[("email", "x"), ("password", "y")])
            .await,
        ada.call("sign_in", NOTHING).await,
        ada.call("update_profile", &[("name", "a"), ("username", "' --")])
            .await,
    ];
    // The database without its table, the bluntest error there is.
    databases::run(app.db(), "alter table sessions rename to elsewhere").await;
    answers.push(ada.get("/profile").await);
    answers.push(ada.call("still_signed_in", NOTHING).await);
    for answer in answers {
        assert!(answer.status >= 400, "{answer:?}");
        let body = answer.body.to_lowercase();
        for inside in [
            "select ",
            "sqlx",
            "sqlite",
            "postgres",
            "panicked",
            ".rs:",
            env!("CARGO_MANIFEST_DIR"),
            "relation",
            "no such table",
        ] {
            assert!(
                !body.contains(&inside.to_lowercase()),
                "{inside}: {answer:?}"
            );
        }
    }
}
