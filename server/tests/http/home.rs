//! The page after signing in.

use accounts::plans::Plan;

use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(
    home_has_the_button_and_what_should_be_looked_at,
    on_free_home_has_no_button,
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

async fn on_free_home_has_no_button(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.put_on("Ada", Plan::Free).await;
    let page = ada.get("/").await;
    page.is(200).says("See your devices");
    assert!(!page.body.contains("action=\"/profile/remote-logout\""));
}
