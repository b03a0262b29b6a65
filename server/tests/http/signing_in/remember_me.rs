//! "Remember me": exchanged at each use; presented twice, it was copied.

use std::time::Duration;

use app::cookies::Kind;
use axum::body::Body;
use http::Request;

use crate::{
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_remembered_device_gets_a_new_session_and_a_new_cookie,
    a_cookie_that_comes_back_after_its_exchange_is_theft,
    a_second_tab_is_sent_to_look_again_and_given_nothing,
    looking_again_with_the_new_cookie_works_and_with_the_old_one_is_theft,
    after_the_race_window_a_browser_is_a_thief_too,
    two_tabs_that_wake_up_together_both_stay_signed_in,
    a_script_that_was_overtaken_is_told_to_try_once_more,
);

/// A phone that was closed and opened again: only the remember-me cookie is left.
async fn remembered(app: &TestApp) -> (Browser, Browser) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    phone.lose(Kind::Session);
    (ada, phone)
}

async fn a_remembered_device_gets_a_new_session_and_a_new_cookie(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let before = phone.cookie(Kind::RememberMe).unwrap();
    let page = phone.get("/profile/security").await;
    page.is(200).says("Safari on iPhone");
    let cookie = page.set_cookie("curfew_remember").unwrap();
    assert_ne!(cookie.value(), before);
    // Counted from the sign-in, not from this use.
    let lasts = cookie.max_age().unwrap().whole_seconds();
    assert!(
        (60 * 86_400 - 120..=60 * 86_400).contains(&lasts),
        "{cookie}"
    );
    assert!(page.set_cookie("curfew_session").unwrap().value().len() == 43);
    // As long as the session lives, nothing is exchanged.
    assert!(phone.get("/profile").await.touches_no_cookie());
    for _ in 0..3 {
        phone.lose(Kind::Session);
        assert!(phone.is_signed_in().await);
    }
    assert_eq!(app.open_devices("Ada").await, 1);
}

async fn a_cookie_that_comes_back_after_its_exchange_is_theft(app: TestApp) {
    let (ada, phone) = remembered(&app).await;
    let thief = phone.clone();
    assert!(phone.is_signed_in().await);
    let refused = thief.call("still_signed_in", NOTHING).await;
    refused.refuses(401, "session_ended");
    assert_eq!(refused.json()["reason"]["end_reason"], "reused");
    assert!(refused.removes("curfew_remember"), "{refused:?}");
    // The one who has the new cookies may be the thief: the device and its sessions end too.
    phone
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    phone
        .get("/sign-in")
        .await
        .says("The saved sign-in of this device was used a second time, as if it had been copied.")
        .says("If not, sign in and change your password");
    assert!(!phone.is_signed_in().await);
    assert!(ada.is_signed_in().await, "another device is none of theirs");
    assert_eq!(
        (
            app.open_sessions("Ada").await,
            app.open_devices("Ada").await
        ),
        (1, 0)
    );
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 1);
    app.chains_are_whole().await;
}

async fn a_second_tab_is_sent_to_look_again_and_given_nothing(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let other_tab = phone.clone();
    phone.get("/profile").await.is(200);
    let before = app.everything().await;
    let overtaken = other_tab.get("/profile/security").await;
    overtaken.leads_to("/sign-in/resume?next=/profile/security");
    assert!(overtaken.touches_no_cookie(), "{overtaken:?}");
    assert_eq!(app.everything().await, before);
    assert!(phone.is_signed_in().await);
    // Nothing of the address is lost on the way.
    let page = "/profile/remote-logout?from=password&x=%2F";
    let way = other_tab.get(page).await;
    phone.get(way.header("location")).await.leads_to(page);
}

async fn looking_again_with_the_new_cookie_works_and_with_the_old_one_is_theft(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let thief = phone.clone();
    phone.get("/profile").await.is(200);
    let again = thief.get("/profile").await.header("location").to_owned();
    // A browser has one jar for all its tabs: by now the new cookies are in it.
    phone.get(&again).await.leads_to("/profile");
    phone.lose(Kind::Session);
    phone.get(&again).await.leads_to("/profile");
    assert!(phone.is_signed_in().await);
    // A thief with a jar of his own still has the old one.
    let caught = thief.get(&again).await;
    caught.leads_to("/sign-in?next=/profile");
    assert!(caught.removes("curfew_remember"), "{caught:?}");
    thief.get("/sign-in").await.says("was used a second time");
    assert!(!phone.is_signed_in().await);
    assert_eq!(app.open_devices("Ada").await, 0);
}

async fn after_the_race_window_a_browser_is_a_thief_too(app: TestApp) {
    let app = app.with_limits(|limits| limits.exchange_race = Duration::ZERO);
    let (_, phone) = remembered(&app).await;
    let thief = phone.clone();
    phone.get("/profile").await.is(200);
    thief
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    thief.get("/sign-in").await.says("was used a second time");
    assert!(!phone.is_signed_in().await);
}

async fn two_tabs_that_wake_up_together_both_stay_signed_in(app: TestApp) {
    for _ in 0..5 {
        let name = format!("ada{}", app.everything().await.len());
        let phone = app.browser(SAFARI_ON_IPHONE);
        phone.sign_up(&name).await;
        phone.sign_in_remembered(&name).await;
        phone.lose(Kind::Session);
        let other_tab = phone.clone();
        let (one, two) = tokio::join!(phone.get("/profile"), other_tab.get("/profile"));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(
            statuses,
            [200, 303],
            "one is served, one looks again: {one:?}\n{two:?}"
        );
        let first = if one.status == 200 {
            &phone
        } else {
            &other_tab
        };
        first
            .get("/sign-in/resume?next=/profile")
            .await
            .leads_to("/profile");
        assert!(first.is_signed_in().await);
        assert_eq!(app.open_devices(&name).await, 1);
        assert_eq!(app.events(&name, "user.remembered_device_reused").await, 0);
    }
}

async fn a_script_that_was_overtaken_is_told_to_try_once_more(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let other_tab = phone.clone();
    phone.get("/profile").await.is(200);
    let request = Request::post("/api/fn/still_signed_in")
        .header("accept", "application/json")
        .header("content-length", "0")
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors");
    let conflict = other_tab.send(request, Body::empty()).await;
    conflict.refuses(409, "conflict");
    assert!(conflict.touches_no_cookie(), "{conflict:?}");
    assert!(phone.is_signed_in().await);
}
