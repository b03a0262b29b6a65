//! A change of email address that waits for its link, as its user sees it.

use crate::{
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(a_change_that_is_pending_is_seen_and_cancelled,);

const NEW: &str = "countess@example.com";

async fn a_change_that_is_pending_is_seen_and_cancelled(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.get("/profile/login").await.does_not_say("You asked to");
    ada.call("change_email", &[("email", NEW)]).await.is(200);
    let sent = emails(&app, NEW).await;
    let (_, rest) = sent[0]
        .split_once("http://curfew.test/confirm-email?token=")
        .unwrap();
    let link = format!("/confirm-email?token={}", &rest[..43]);
    // Seen from every device.
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ada").await;
    let page = phone.get("/profile/login").await;
    page.is(200)
        .says("You asked to change to countess@example.com")
        .says("Cancel the change");
    page.tag("action=\"/api/fn/cancel_email_change\"");
    ada.get(&link).await.is(200).says("Use this address");

    let id = app.id_of("Ada").await;
    let form = [("for_user", id.as_str())];
    phone
        .post_form("/api/fn/cancel_email_change", "/profile/login", &form)
        .await
        .leads_to("/profile/login");
    phone
        .get("/profile/login")
        .await
        .says("The change has been cancelled")
        .does_not_say("You asked to");
    ada.get(&link).await.does_not_say("Use this address");
    let form = [("token", &rest[..43])];
    ada.call("confirm_email", &form)
        .await
        .refuses(410, "link_expired");
    assert_eq!(app.events("Ada", "user.email_change_cancelled").await, 1);
    ada.get("/profile/security")
        .await
        .says("You cancelled the change of your email address to countess@example.com");
    // Not of another user, whose page it was not.
    app.browser(FIREFOX_ON_LINUX).sign_up("Ben").await;
    ada.call("change_email", &[("email", NEW)]).await.is(200);
    let ben = app.browser(FIREFOX_ON_LINUX);
    ben.sign_in("Ben").await;
    let form = [("for_user", id.as_str())];
    ben.call("cancel_email_change", &form)
        .await
        .refuses(409, "conflict");
    ada.get("/profile/login").await.says("You asked to");
}
