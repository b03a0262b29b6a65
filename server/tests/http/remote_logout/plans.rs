//! Plus, Pro and Enterprise have remote logout; Free sees why not.

use accounts::plans::Plan;

use crate::test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp};

on_both!(
    on_free_the_server_refuses_and_nothing_changes,
    on_free_the_page_says_so_before_a_click,
    every_other_plan_has_it,
);

async fn on_free_the_server_refuses_and_nothing_changes(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    let before = app.everything().await;
    for from in ["security", "password"] {
        let refused = ada.call("remote_logout", &[("from", from)]).await;
        refused.refuses(403, "plan_required");
        assert_eq!(
            refused.json()["plans"],
            serde_json::json!(["Plus", "Pro", "Enterprise"])
        );
        assert_eq!(
            refused.json()["message"],
            "This is available on Plus, Pro and Enterprise."
        );
        assert!(refused.touches_no_cookie(), "{refused:?}");
        assert_eq!(refused.header("clear-site-data"), "");
    }
    let refused = ada.remote_logout().await;
    refused.leads_to("/profile/remote-logout?from=security");
    assert!(!refused.removes("curfew_session"), "{refused:?}");
    assert_eq!(refused.header("clear-site-data"), "");
    ada.get(refused.header("location"))
        .await
        .is(200)
        .says("Plus, Pro and Enterprise");
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await && phone.is_signed_in().await);
}

async fn on_free_the_page_says_so_before_a_click(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for page in ["/profile/security", "/profile/password"] {
        let page = ada.get(page).await;
        page.is(200)
            .says("Log out from all devices")
            .says("Available on Plus, Pro and Enterprise. Change plan")
            .says("On every plan, changing your password signs out all your other devices.")
            .does_not_say("which doesn’t include this");
        let button = page.tag("aria-describedby=\"remote-logout-plan\"");
        assert!(
            button.starts_with("<button") && button.contains(" disabled"),
            "{button}"
        );
        assert!(
            !page.body.contains("action=\"/profile/remote-logout\""),
            "{page:?}"
        );
        assert!(!page.body.contains("<dialog"), "{page:?}");
    }
    let confirm = ada.get("/profile/remote-logout").await;
    confirm
        .is(200)
        .says("Remote logout is available on Plus, Pro and Enterprise.");
    assert!(
        !confirm.body.contains("/api/fn/remote_logout\""),
        "{confirm:?}"
    );
}

async fn every_other_plan_has_it(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for (logged_out, plan) in (1..).zip([Plan::Plus, Plan::Pro, Plan::Enterprise]) {
        app.put_on("Ada", plan).await;
        let page = ada.get("/profile/security").await;
        page.does_not_say("Available on Plus")
            .does_not_say("which doesn’t include this");
        page.tag("action=\"/profile/remote-logout\"");
        ada.remote_logout()
            .await
            .leads_to("/sign-in?next=/profile/security");
        assert_eq!(app.remote_logouts("Ada").await, logged_out);
        ada.sign_in("Ada").await;
    }
}
