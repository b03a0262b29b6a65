//! The device that logs out: a receipt, no cookies, and the way back.

use app::{
    cookies::Kind,
    flash::{Flash, Receipt},
};

use crate::{
    answer::{Answer, attribute},
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    a_plain_form_leads_to_the_sign_in_page_with_a_receipt,
    a_program_gets_json_and_the_same_cookies_back,
    signing_in_again_leads_back_to_the_page,
    every_place_is_written_into_the_event,
    without_a_session_there_is_no_remote_logout,
);

async fn a_plain_form_leads_to_the_sign_in_page_with_a_receipt(app: TestApp) {
    for from in ["security", "password"] {
        let (ada, phone) = ada_twice(&app, from).await;
        let logged_out = ada
            .post_form(
                "/api/fn/remote_logout",
                "/profile/remote-logout",
                &[("from", from)],
            )
            .await;
        logged_out.leads_to(&format!("/sign-in?next=/profile/{from}"));
        is_an_end(&app, &logged_out, &ada);
        let page = ada.get(logged_out.header("location")).await;
        page.is(200)
            .says("You’re signed out everywhere")
            .says("2 sessions and 1 remembered device ended at ")
            .says("Not touched: API tokens, MCP tokens and two-factor authentication.");
        // Said once.
        ada.get("/sign-in")
            .await
            .is(200)
            .does_not_say("signed out everywhere");
        assert!(!phone.is_signed_in().await);
    }
}

async fn a_program_gets_json_and_the_same_cookies_back(app: TestApp) {
    for from in ["security", "password"] {
        let (ada, phone) = ada_twice(&app, from).await;
        let logged_out = ada.call("remote_logout", &[("from", from)]).await;
        logged_out.is(200);
        assert!(logged_out.json().is_null(), "{logged_out:?}");
        is_an_end(&app, &logged_out, &ada);
        assert!(!ada.is_signed_in().await && !phone.is_signed_in().await);
    }
}

/// Signs a user up on one browser, and in on another with "Remember me".
async fn ada_twice(app: &TestApp, name: &str) -> (Browser, Browser) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up(name).await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered(name).await;
    (ada, phone)
}

/// What every answer to a remote logout must bring.
#[track_caller]
fn is_an_end(app: &TestApp, logged_out: &Answer, ada: &Browser) {
    for kind in [Kind::Session, Kind::RememberMe] {
        assert!(logged_out.removes(app.cookie_name(kind)), "{logged_out:?}");
        assert_eq!(ada.cookie(kind), None);
    }
    assert!(
        ada.cookie(Kind::KnownDevice).is_some(),
        "by this the browser is known, it stays"
    );
    assert_eq!(
        logged_out.header("clear-site-data"),
        "\"cache\", \"storage\""
    );
    assert_eq!(logged_out.header("cache-control"), "no-store");
    let Some(Flash::Receipt(Receipt {
        sessions,
        remembered_devices,
        ..
    })) = logged_out.flash()
    else {
        panic!("no receipt: {logged_out:?}");
    };
    assert_eq!((sessions, remembered_devices), (2, 1));
}

async fn signing_in_again_leads_back_to_the_page(app: TestApp) {
    for from in ["security", "password"] {
        let (ada, _) = ada_twice(&app, from).await;
        let logged_out = ada.call("remote_logout", &[("from", from)]).await;
        let to = logged_out.header("location").to_owned();
        let page = ada.get(&to).await;
        let next = attribute(page.tag("name=\"next\""), "value").unwrap();
        let email = email_of(from);
        let form = [
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("next", &next),
        ];
        let back = ada.post_form("/api/fn/sign_in", &to, &form).await;
        back.leads_to(&format!("/profile/{from}"));
        ada.get(back.header("location"))
            .await
            .is(200)
            .says("Log out from all devices");
    }
}

async fn every_place_is_written_into_the_event(app: TestApp) {
    for (from, path) in [
        ("security", "profile/security"),
        ("password", "profile/password"),
    ] {
        let (ada, _) = ada_twice(&app, from).await;
        ada.call("remote_logout", &[("from", from)]).await.is(200);
        let details = app
            .newest_event(from, "user.session_invalidated")
            .await
            .details;
        assert!(
            details.contains(&format!("\"path\":\"{path}\"")),
            "{details}"
        );
        assert!(details.contains("\"sessions\":2"), "{details}");
        assert!(details.contains("\"remembered_devices\":1"), "{details}");
        assert_eq!(app.remote_logouts(from).await, 1);
    }
    app.chains_are_whole().await;
}

async fn without_a_session_there_is_no_remote_logout(app: TestApp) {
    let (ada, phone) = ada_twice(&app, "Ada").await;
    let stranger = app.browser(FIREFOX_ON_LINUX);
    let before = app.everything().await;
    stranger
        .call("remote_logout", &[("from", "security")])
        .await
        .refuses(401, "not_signed_in");
    stranger
        .remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/remote-logout%3Ffrom%3Dsecurity");
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await && phone.is_signed_in().await);
}
