//! Every other device, and every other user.

use app::{
    cookies::Kind,
    flash::{Done, Flash},
};
use axum::body::Body;
use http::Request;

use crate::{
    browser::NOTHING,
    test_app::{CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    another_device_is_sent_to_sign_in_and_told_why,
    a_program_on_another_device_gets_401_and_the_reason,
    every_private_page_and_function_is_refused,
    a_copied_remember_me_cookie_gives_no_session,
    no_other_user_is_signed_out,
    another_node_refuses_at_once,
    a_remembered_device_is_told_that_it_was_a_remote_logout,
);

async fn another_device_is_sent_to_sign_in_and_told_why(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    phone.get("/profile").await.is(200);
    ada.remote_logout().await.is(303);

    let refused = phone.get("/profile").await;
    refused.leads_to("/sign-in?next=/profile");
    for kind in [Kind::Session, Kind::RememberMe] {
        assert!(refused.removes(app.cookie_name(kind)), "{refused:?}");
    }
    let page = phone.get("/sign-in?next=/profile").await;
    page.is(200)
        .says("You were signed out")
        .says("Signed out by Remote logout at ");
    page.says("from Firefox on Linux. Was this you?");
    page.says("If not, sign in and change your password");
    phone.get("/sign-in").await.does_not_say("Remote logout");
    // The cookies are gone, so from now on this is an anonymous visitor.
    phone
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    phone.get("/sign-in").await.does_not_say("Remote logout");
}

async fn a_program_on_another_device_gets_401_and_the_reason(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    ada.remote_logout().await.is(303);

    let refused = phone.call("still_signed_in", NOTHING).await;
    refused.refuses(401, "session_ended");
    let reason = &refused.json()["reason"];
    assert_eq!(reason["end_reason"], "remote_logout");
    assert_eq!(reason["by"], "Firefox on Linux");
    assert!(reason["at"].as_i64() > Some(1_700_000_000_000), "{reason}");
    // A late answer to a script must not remove a newer cookie, nor overwrite a receipt.
    assert!(refused.touches_no_cookie(), "{refused:?}");
    // Nor does a script's look at a page, which follows where it leads.
    for path in ["/profile", "/sign-in?next=/profile"] {
        let looks = Request::get(path).header("sec-fetch-mode", "cors");
        let looked = phone.send(looks, Body::empty()).await;
        for kind in [Kind::Flash, Kind::Session, Kind::RememberMe] {
            let touched = looked.set_cookie(app.cookie_name(kind));
            assert!(touched.is_none(), "{path}: {looked:?}");
        }
    }
    // The page it goes to next tells the user, whatever another page was about to say.
    phone.put(Kind::Flash, &Flash::Done(Done::ProfileSaved).to_cookie());
    phone
        .get("/sign-in")
        .await
        .says("Signed out by Remote logout at ");
    phone
        .call("still_signed_in", NOTHING)
        .await
        .refuses(401, "not_signed_in");
}

async fn every_private_page_and_function_is_refused(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ada").await;
    ada.remote_logout().await.is(303);
    let before = app.everything().await;
    for page in [
        "/",
        "/profile",
        "/profile/login",
        "/profile/password",
        "/profile/security",
        "/profile/remote-logout",
        "/settings/api",
        "/settings/mcp",
    ] {
        let next = if page == "/" {
            String::new()
        } else {
            format!("?next={page}")
        };
        phone
            .clone()
            .get(page)
            .await
            .leads_to(&format!("/sign-in{next}"));
    }
    for (function, fields) in [
        ("still_signed_in", vec![]),
        ("sessions", vec![]),
        ("standing", vec![]),
        ("tokens", vec![("kind", "api")]),
        ("remote_logout_facts", vec![]),
        ("remote_logout", vec![("from", "security")]),
        ("update_profile", vec![("name", "Eve")]),
        (
            "change_password",
            vec![("current_password", "a"), ("new_password", "b")],
        ),
    ] {
        phone
            .clone()
            .call(function, &fields)
            .await
            .refuses(401, "session_ended");
        let plain = phone
            .clone()
            .post_form(&format!("/api/fn/{function}"), "/profile", &fields)
            .await;
        // The user is not asked again for what has just happened.
        let next = match function {
            "remote_logout" => "/profile/security",
            _ => "/profile",
        };
        plain.leads_to(&format!("/sign-in?next={next}"));
        assert!(plain.removes("curfew_session"), "{plain:?}");
    }
    assert_eq!(app.everything().await, before);
}

async fn a_copied_remember_me_cookie_gives_no_session(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    let thief = app.browser(CHROME_ON_WINDOWS);
    thief.put(Kind::RememberMe, &phone.cookie(Kind::RememberMe).unwrap());
    ada.remote_logout().await.is(303);
    let (sessions, devices) = (
        app.open_sessions("Ada").await,
        app.open_devices("Ada").await,
    );
    assert_eq!((sessions, devices), (0, 0));

    let refused = thief.clone().call("still_signed_in", NOTHING).await;
    refused.refuses(401, "session_ended");
    assert!(refused.gives_no_session(), "{refused:?}");
    let refused = thief.get("/profile/security").await;
    refused.leads_to("/sign-in?next=/profile/security");
    assert!(refused.removes("curfew_remember"), "{refused:?}");
    assert!(refused.gives_no_session(), "{refused:?}");
    assert_eq!(app.open_sessions("Ada").await, 0);
}

async fn no_other_user_is_signed_out(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let grace = app.browser(FIREFOX_ON_LINUX);
    grace.sign_up("Grace").await;
    let remembered = app.browser(SAFARI_ON_IPHONE);
    remembered.sign_in_remembered("Grace").await;
    let (before, epoch) = (
        grace.get("/profile/security").await,
        app.epoch("Grace").await,
    );
    ada.remote_logout().await.is(303);

    assert!(grace.is_signed_in().await && remembered.is_signed_in().await);
    remembered.lose(Kind::Session);
    assert!(
        remembered.comes_back().await,
        "her remembered device still starts a session"
    );
    assert_eq!(before.status, grace.get("/profile/security").await.status);
    assert_eq!(app.epoch("Grace").await, epoch);
    assert_eq!(app.remote_logouts("Grace").await, 0);
}

async fn another_node_refuses_at_once(app: TestApp) {
    let node = app.another_node().await;
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let there = ada.at(&node);
    for _ in 0..5 {
        // Whatever a node might remember, it remembers now.
        assert!(there.is_signed_in().await);
    }
    ada.remote_logout().await.is(303);
    there
        .call("still_signed_in", NOTHING)
        .await
        .refuses(401, "session_ended");
    node.db().close().await;
}

async fn a_remembered_device_is_told_that_it_was_a_remote_logout(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    ada.remote_logout().await.is(303);
    // Closed and opened again: only the remember-me cookie is left.
    phone.lose(Kind::Session);
    phone
        .get("/profile/security")
        .await
        .leads_to("/sign-in?next=/profile/security");
    phone
        .get("/sign-in")
        .await
        .says("Signed out by Remote logout at ")
        .says("from Firefox on Linux. Was this you?");
    assert_eq!(phone.cookie(Kind::RememberMe), None);
}
