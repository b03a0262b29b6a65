//! What is refused: wrong fields, the plan, the role, a password shown long ago, another user's tokens.

use accounts::{plans::Plan, tokens};
use serde_json::json;

use super::{PAGES, create, first_id};
use crate::{
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_plan_without_them_says_so_before_a_click_and_the_server_agrees,
    a_watch_only_member_has_none,
    it_asks_for_the_password_when_that_was_shown_long_ago,
    another_users_tokens_are_not_there_and_extra_fields_do_nothing,
    what_was_wrong_is_said_beside_the_field_with_what_was_typed,
);

async fn a_plan_without_them_says_so_before_a_click_and_the_server_agrees(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for (plan, api, mcp) in [
        (Plan::Free, false, false),
        (Plan::Plus, false, false),
        (Plan::Pro, false, true),
        (Plan::Enterprise, true, true),
    ] {
        app.put_on("Ada", plan).await;
        for ((kind, page), has, plans) in [
            (PAGES[0], api, json!(["Enterprise"])),
            (PAGES[1], mcp, json!(["Pro", "Enterprise"])),
        ] {
            let shown = ada.get(page).await;
            let made = ada
                .call(&format!("create_{kind}_token"), &[("name", "x")])
                .await;
            let action = format!("action=\"/api/fn/create_{kind}_token\"");
            assert_eq!(shown.body.contains(&action), has, "{plan:?} {kind}");
            if has {
                made.is(200);
                shown.does_not_say("Available on");
            } else {
                made.refuses(403, "plan_required");
                assert_eq!(made.json()["plans"], plans);
                let names = if kind == "api" {
                    "Enterprise"
                } else {
                    "Pro and Enterprise"
                };
                shown.says(&format!("Available on {names}."));
                assert!(
                    shown
                        .tag("aria-describedby=\"new-locked\"")
                        .contains("disabled")
                );
            }
        }
    }
}

async fn a_watch_only_member_has_none(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    databases::run(app.db(), "update users set role = 'watch_only'").await;
    for (kind, page) in PAGES {
        ada.get(page).await.is(403).says("Your role is Watch-only.");
        ada.call(&format!("create_{kind}_token"), &[("name", "x")])
            .await
            .refuses(403, "forbidden");
    }
}

async fn it_asks_for_the_password_when_that_was_shown_long_ago(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for (kind, page) in PAGES {
        databases::run(app.db(), "update sessions set confirmed_at = 1").await;
        let before = app.everything().await;
        let function = format!("create_{kind}_token");
        let form = [("name", "Backup"), ("expires", "365")];
        ada.call(&function, &form)
            .await
            .refuses(403, "step_up_required");
        // The page's own form has the field, empty as long as it is not asked for.
        let plain = [form[0], form[1], ("confirmation", "")];
        ada.post_form(&format!("/api/fn/{function}"), page, &plain)
            .await
            .leads_to(page);
        let asks = ada.get(page).await;
        asks.says("Confirm it’s you").says("Enter your password.");
        assert!(
            asks.tag("id=\"name\"").contains("value=\"Backup\""),
            "{asks:?}"
        );
        assert_eq!(app.everything().await, before);
        let wrong = [form[0], form[1], ("confirmation", "a guess")];
        ada.call(&function, &wrong)
            .await
            .refuses(403, "step_up_required");
        let right = [form[0], form[1], ("confirmation", PASSWORD)];
        ada.call(&function, &right).await.is(200);
        // The question comes before the function looks at any field; answered, it says what else is wrong.
        databases::run(app.db(), "update sessions set confirmed_at = 1").await;
        ada.call(&function, &[("name", "")])
            .await
            .refuses(403, "step_up_required");
        ada.call(&function, &[("name", ""), ("confirmation", PASSWORD)])
            .await
            .refuses(422, "validation_failed");
    }
    assert_eq!(app.token_counts("Ada").await, (1, 1));
}

async fn another_users_tokens_are_not_there_and_extra_fields_do_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let grace = app.browser(SAFARI_ON_IPHONE);
    grace.sign_up("Grace").await;
    let value = create(&ada, "api", "/settings/api", "Backup").await;
    let id = first_id(&ada.get("/settings/api").await);
    let before = app.everything().await;
    for kind in ["api", "mcp"] {
        let fields = [("token", id.as_str())];
        grace
            .call(&format!("revoke_{kind}_token"), &fields)
            .await
            .refuses(404, "not_found");
        let fields = [("kind", kind), ("token", id.as_str())];
        grace.call("token", &fields).await.refuses(404, "not_found");
        grace
            .get(&format!("/settings/{kind}/revoke?token={id}"))
            .await
            .is(404);
    }
    assert_eq!(app.everything().await, before);
    let all = [
        ("name", "Grace's"),
        ("user_id", "x"),
        ("role", "owner"),
        ("plan", "free"),
        ("epoch", "9"),
        ("scopes", "read sessions"),
        ("id", &id),
        ("value", &value),
        ("kind", "mcp"),
    ];
    let made = grace.call("create_api_token", &all).await.is(200).json();
    assert_ne!(made["id"], id);
    for name in ["Ada", "Grace"] {
        let id = app.user_id(name).await;
        let mut conn = app.read().await;
        let listed = tokens::list(&mut conn, &id, tokens::Kind::Api).await;
        let scopes: Vec<_> = listed.unwrap().iter().map(|t| t.scopes.names()).collect();
        assert_eq!(scopes, [["read"]], "{name}");
        assert_eq!(app.token_counts(name).await, (1, 0));
        assert_eq!(app.epoch(name).await, 1);
    }
}

async fn what_was_wrong_is_said_beside_the_field_with_what_was_typed(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    for (kind, page) in PAGES {
        let function = format!("create_{kind}_token");
        let long = "x".repeat(101);
        for (name, expires, field) in [
            ("", "30", "name"),
            ("a\0b", "30", "name"),
            (long.as_str(), "30", "name"),
            ("Backup", "8", "expires"),
            ("Backup", "-7", "expires"),
        ] {
            let form = [("name", name), ("expires", expires)];
            let refused = ada.call(&function, &form).await;
            refused.refuses(422, "validation_failed");
            assert!(refused.json()["fields"][field].is_string(), "{refused:?}");
        }
        let revoke_tokens = if kind == "api" {
            "sessions"
        } else {
            "remote_logout"
        };
        let form = [("name", " "), ("expires", "365"), (revoke_tokens, "true")];
        ada.post_form(&format!("/api/fn/{function}"), page, &form)
            .await
            .leads_to(page);
        let back = ada.get(page).await;
        assert_eq!(
            back.text_of("name-error"),
            "Name the token after what will use it."
        );
        assert!(back.tag("value=\"365\"").contains("selected"), "{back:?}");
        assert!(
            back.tag(&format!("name=\"{revoke_tokens}\""))
                .contains("checked"),
            "{back:?}"
        );
    }
    assert_eq!(app.everything().await, before);
}
