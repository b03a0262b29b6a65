//! `/settings/api` and `/settings/mcp`: creating, showing once, revoking.

mod refused;

use app::{cookies::Kind, flash::Flash};
use serde_json::json;

use crate::{
    browser::{Browser, NOTHING},
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_value_is_shown_once_without_script_and_never_in_an_address,
    a_value_is_shown_to_no_other_user,
    revoking_asks_first_and_works_at_once,
    a_remote_logout_leaves_them_working,
    old_addresses_lead_to_the_pages,
);

const PAGES: [(&str, &str); 2] = [("api", "/settings/api"), ("mcp", "/settings/mcp")];

async fn create(user: &Browser, kind: &str, page: &str, name: &str) -> String {
    let form = [("name", name), ("expires", "never")];
    let done = user
        .post_form(&format!("/api/fn/create_{kind}_token"), page, &form)
        .await;
    done.leads_to(page);
    assert!(!done.body.contains("cfw_"), "{done:?}");
    match done.flash() {
        Some(Flash::Made(made)) => made.value.expose().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn first_id(page: &crate::answer::Answer) -> String {
    let tag = page.tag("name=\"token\"");
    crate::answer::attribute(tag, "value").unwrap()
}

async fn a_value_is_shown_once_without_script_and_never_in_an_address(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for (kind, page) in PAGES {
        let value = create(&ada, kind, page, "Backup <script>").await;
        assert!(value.starts_with(&format!("cfw_{kind}_")), "{value}");
        // Another page in between does not use it up, and does not hold it.
        let home = ada.get("/").await;
        assert!(!home.body.contains(&value), "{home:?}");
        let shown = ada.get(page).await;
        assert_eq!(shown.text_of("token-value"), value);
        shown
            .says("Copy it now: you won’t see it again.")
            .says("Backup <script>");
        assert_eq!(shown.header("cache-control"), "no-store");
        assert!(ada.cookie(Kind::Flash).is_none());
        let again = ada.get(page).await;
        assert!(!again.body.contains(&value), "{again:?}");
        again.says("Backup <script>");
        // The reload has made no other.
        assert_eq!(again.body.matches("name=\"token\"").count(), 1);
    }
    assert_eq!(app.events("Ada", "user.api_token_created").await, 1);
    assert_eq!(app.events("Ada", "user.mcp_token_created").await, 1);
    app.chains_are_whole().await;
}

async fn a_value_is_shown_to_no_other_user(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let value = create(&ada, "api", "/settings/api", "Backup").await;
    let flash = ada.cookie(Kind::Flash).unwrap();
    let grace = app.browser(SAFARI_ON_IPHONE);
    grace.sign_up("Grace").await;
    grace.put(Kind::Flash, &flash);
    let page = grace.get("/settings/api").await;
    page.says("You have no API tokens");
    assert!(!page.body.contains(&value), "{page:?}");
    // Nor on the page of the other kind.
    ada.put(Kind::Flash, &flash);
    let page = ada.get("/settings/mcp").await;
    assert!(!page.body.contains(&value), "{page:?}");
}

async fn revoking_asks_first_and_works_at_once(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for (kind, page) in PAGES {
        let value = create(&ada, kind, page, "Backup").await;
        let id = first_id(&ada.get(page).await);
        let ask = format!("{page}/revoke?token={id}");
        let question = ada.get(&ask).await;
        question
            .is(200)
            .says("This can’t be undone.")
            .says("Backup");
        let revoke = format!("/api/fn/revoke_{kind}_token");
        question.tag(&format!("action=\"{revoke}\""));
        let fields = [("token", id.as_str())];
        ada.post_form(&revoke, &ask, &fields).await.leads_to(page);
        ada.get(page).await.says("Token revoked");
        let program = Program::new(&app, &value);
        let path = if kind == "api" { "/api/v1/me" } else { "/mcp" };
        program.post(path).await;
        assert_eq!(program.get(path).await.status, 401, "{kind}");
        // Twice is once; the question is not asked again.
        ada.call(&format!("revoke_{kind}_token"), &fields)
            .await
            .is(200);
        assert_eq!(
            app.events("Ada", &format!("user.{kind}_token_deleted"))
                .await,
            1
        );
        ada.get(&ask).await.is(404).says("There’s no such token.");
    }
    let nothing = ["nothing", "", "%00", "' or 1=1"];
    for id in nothing {
        ada.call("revoke_api_token", &[("token", id)])
            .await
            .refuses(404, "not_found");
    }
    ada.call("revoke_api_token", &[("token", "\0")])
        .await
        .refuses(404, "not_found");
    ada.get("/settings/api/revoke?token=%00").await.is(404);
    ada.get("/settings/api/revoke").await.is(404);
}

async fn a_remote_logout_leaves_them_working(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let api = Program::new(&app, &token_of(&ada, "api", None).await);
    let mcp = Program::new(&app, &token_of(&ada, "mcp", None).await);
    for _ in 0..2 {
        api.get("/api/v1/me").await.is(200);
        let profile = mcp.tool("get_profile", json!({})).await;
        assert_eq!(
            profile["result"]["structuredContent"]["name"], "Ada",
            "{profile}"
        );
        ada.remote_logout().await;
        assert!(!ada.is_signed_in().await);
    }
    // Without a session no token is made or revoked.
    ada.call("create_api_token", &[("name", "x")]).await.is(401);
    ada.call("tokens", &[("kind", "api")]).await.is(401);
}

async fn old_addresses_lead_to_the_pages(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    assert_eq!(
        ada.get("/profile/api").await.header("location"),
        "/settings/api"
    );
    assert_eq!(
        ada.get("/profile/mcp").await.header("location"),
        "/settings/mcp"
    );
    ada.get("/settings/mcp")
        .await
        .says("claude mcp add --transport http curfew http://curfew.test/mcp");
    ada.call("tokens", NOTHING).await.refuses(400, "malformed");
}
