//! Signing out of one browser.

use crate::browser::Browser;
use app::cookies::Kind;
use axum::body::Body;
use http::Method;

use crate::{
    browser::NOTHING,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    looking_at_sign_out_is_405_and_ends_nothing,
    sign_out_ends_this_session_and_its_remembered_device,
    signing_out_twice_is_no_error,
);

async fn looking_at_sign_out_is_405_and_ends_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for path in ["/sign-out", "/api/fn/sign_out"] {
        let page = ada.get(path).await;
        page.is(405)
            .says("This address doesn’t accept this kind of request")
            .says("Nothing was changed.");
        assert_eq!(page.header("allow"), "POST");
        let program = http::Request::get(path).header("accept", "application/json");
        ada.send(program, Body::empty())
            .await
            .refuses(405, "method_not_allowed");
        ada.send(Browser::navigates(Method::HEAD, path), Body::empty())
            .await
            .is(405);
    }
    assert!(ada.is_signed_in().await);
}

async fn sign_out_ends_this_session_and_its_remembered_device(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for path in ["/sign-out", "/api/fn/sign_out"] {
        let phone = app.browser(SAFARI_ON_IPHONE);
        phone.sign_in_remembered("Ada").await;
        let copied = phone.clone();
        let gone = phone.post_form(path, "/profile", NOTHING).await;
        gone.leads_to("/sign-in");
        for kind in [Kind::Session, Kind::RememberMe] {
            assert!(gone.removes(app.cookie_name(kind)), "{gone:?}");
        }
        phone
            .get("/sign-in")
            .await
            .says("You’re signed out on this device");
        phone
            .get("/profile")
            .await
            .leads_to("/sign-in?next=/profile");
        let refused = copied.call("still_signed_in", NOTHING).await;
        refused.refuses(401, "session_ended");
        assert_eq!(refused.json()["reason"]["end_reason"], "signed_out");
        // Another tab may be led here before the answer has arrived: its user knows that they have signed out.
        let page = copied.get("/sign-in").await;
        page.does_not_say("You were signed out");
        assert!(ada.is_signed_in().await, "the others stay");
        assert_eq!(app.open_devices("Ada").await, 0);
    }
    assert_eq!(app.events("Ada", "user.logout").await, 2);
}

async fn signing_out_twice_is_no_error(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let same_tab = ada.clone();
    ada.post_form("/sign-out", "/", NOTHING)
        .await
        .leads_to("/sign-in");
    same_tab
        .post_form("/sign-out", "/", NOTHING)
        .await
        .leads_to("/sign-in");
    app.browser(FIREFOX_ON_LINUX)
        .post_form("/sign-out", "/", NOTHING)
        .await
        .leads_to("/sign-in");
    assert_eq!(app.events("Ada", "user.logout").await, 1);
}
