//! Changing the plan: the way there, from wherever a plan is named.

use accounts::plans::Plan;

use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(
    without_a_target_the_plans_are_shown,
    an_owner_finds_the_way_to_another_plan_wherever_one_is_named,
    the_errors_are_in_the_order_of_the_form,
);

async fn without_a_target_the_plans_are_shown(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for nothing in ["/settings/plan", "/settings/plan?to="] {
        let answer = ada.get(nothing).await;
        assert_eq!(
            (answer.status / 100, answer.header("location")),
            (3, "/settings")
        );
    }
    let page = ada.get("/settings").await;
    let options = &page.body[page.body.find("name=\"to\"").unwrap()..];
    let first = &options[options.find("<option").unwrap()..];
    assert!(first.starts_with("<option value=\"\""), "{first}");
    page.says("Choose a plan");
    assert!(page.tag("name=\"to\"").contains("required"));
}

async fn an_owner_finds_the_way_to_another_plan_wherever_one_is_named(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    app.put_on("Ada", Plan::Free).await;
    let way = "href=\"/settings#plan-title\"";
    for page in [
        "/settings/members",
        "/settings/api",
        "/settings/mcp",
        "/settings/audit-log",
    ] {
        let (owner, admin) = (ada.get(page).await, ben.get(page).await);
        assert!(owner.body.contains(way), "{page}");
        assert!(!admin.body.contains(way), "{page}");
    }
}

async fn the_errors_are_in_the_order_of_the_form(app: TestApp) {
    let eve = app.browser(FIREFOX_ON_LINUX);
    let form = [("name", ""), ("email", "nonsense"), ("password", "short")];
    eve.post_form("/api/fn/sign_up", "/sign-up", &form)
        .await
        .leads_to("/sign-up");
    let page = eve.get("/sign-up").await;
    let list = &page.body[page.body.find("error-summary__list").unwrap()..];
    let list = &list[..list.find("</ul>").unwrap()];
    let at = |field: &str| list.find(&format!("href=\"#{field}\"")).unwrap();
    assert!(
        at("name") < at("email") && at("email") < at("password"),
        "{list}"
    );
}
