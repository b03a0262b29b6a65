//! The page after signing in.

use accounts::plans::Plan;

use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(
    home_has_the_button_and_what_should_be_looked_at,
    on_free_home_says_what_the_plan_has_instead,
);

async fn home_has_the_button_and_what_should_be_looked_at(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let page = ada.get("/").await;
    page.is(200)
        .says("Remote logout")
        .does_not_say("Recent alerts");
    let form = page.tag("action=\"/profile/remote-logout\"");
    assert!(form.contains("method=\"get\""), "{form}");
    ada.remote_logout().await.is(303);
    ada.sign_in("Ada").await;
    ada.get("/")
        .await
        .says("Recent alerts")
        .says("Remote logout: 1 session ended");
    // Another member's are not Ada's.
    let ben = app.browser(FIREFOX_ON_LINUX);
    ben.sign_up("Ben").await;
    ben.get("/").await.does_not_say("Recent alerts");
}

async fn on_free_home_says_what_the_plan_has_instead(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.put_on("Ada", Plan::Free).await;
    let page = ada.get("/").await;
    page.is(200).says("See your devices");
    assert!(!page.body.contains("action=\"/profile/remote-logout\""));
    let security = ada.get("/profile/security").await;
    for page in [page, security] {
        page.does_not_say("log out from all devices")
            .says("change your password, which signs out all your other devices");
        page.tag("href=\"/profile/password\"");
        page.tag("href=\"/profile/security#devices-title\"");
    }
    app.put_on("Ada", Plan::Plus).await;
    for path in ["/", "/profile/security"] {
        ada.get(path).await.says("log out from all devices.");
    }
}
