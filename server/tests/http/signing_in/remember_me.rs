//! "Remember me": exchanged where a browser goes somewhere. A lost answer is no theft, a copied cookie is.

mod theft;

use app::cookies::Kind;
use axum::body::Body;
use http::{Method, Request};
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_remembered_device_gets_a_new_session_and_a_new_cookie,
    a_second_tab_is_shown_a_page_that_looks_again_and_given_nothing,
    an_answer_lost_on_the_way_is_given_again_and_is_no_theft,
    sixty_four_tabs_on_two_nodes_are_one_exchange,
    only_where_a_browser_goes_somewhere_is_it_exchanged,
    a_form_that_was_overtaken_keeps_what_was_typed,
    the_first_stream_of_a_session_says_that_the_answer_has_arrived,
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

/// Lets so many seconds pass since cookies were exchanged.
async fn pass(app: &TestApp, seconds: i64) {
    let ago = seconds * 1_000;
    let sql = format!(
        "update remember_tokens set exchanged_at = exchanged_at - {ago}, voided_at = voided_at - {ago}"
    );
    databases::run(app.db(), &sql).await;
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
        assert!(phone.comes_back().await);
    }
    assert_eq!(app.open_devices("Ada").await, 1);
}

async fn a_second_tab_is_shown_a_page_that_looks_again_and_given_nothing(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let other_tab = phone.clone();
    phone.get("/profile").await.is(200);
    let before = app.everything().await;
    let page = "/profile/remote-logout?from=password&x=%2F";
    let overtaken = other_tab.get(page).await;
    // No script is needed: the browser loads the same address again, and a link does as well.
    overtaken.is(202).says("Signing you in…");
    assert_eq!(overtaken.header("refresh"), "1");
    assert_eq!(overtaken.header("cache-control"), "no-store");
    overtaken.tag("href=\"\"");
    assert!(!overtaken.body.contains("<script"), "{overtaken:?}");
    assert!(overtaken.touches_no_cookie(), "{overtaken:?}");
    assert_eq!(app.everything().await, before);
    // A browser has one jar for all its tabs: by now the new cookies are in it.
    phone.get(page).await.is(200).says("Log out everywhere");
    assert!(phone.is_signed_in().await);
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 0);
}

async fn an_answer_lost_on_the_way_is_given_again_and_is_no_theft(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let lost = phone.clone();
    lost.get("/profile").await.is(200);
    // The browser still has the old cookie. It looks again for half a minute, and not for ever.
    for _ in 0..2 {
        phone.get("/profile").await.is(202);
        pass(&app, 14).await;
    }
    phone.get("/profile").await.is(202);
    pass(&app, 2).await;
    phone.get("/profile").await.is(200).says("Ada");
    assert!(phone.is_signed_in().await);
    // What the lost answer gave is void.
    lost.call("still_signed_in", NOTHING).await.is(401);
    lost.lose(Kind::RememberMe);
    lost.get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    lost.get("/sign-in")
        .await
        .says("The saved sign-in of this device was used again at ");
    phone.lose(Kind::Session);
    assert!(phone.comes_back().await);
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 0);
    app.chains_are_whole().await;
}

async fn sixty_four_tabs_on_two_nodes_are_one_exchange(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let node = app.another_node().await;
    let logins = app.events("Ada", "user.login").await;
    let mut tabs = JoinSet::new();
    for n in 0..64 {
        // Each with the cookies of the moment before.
        let tab = phone.clone().at(if n % 2 == 0 { &app } else { &node });
        tabs.spawn(async move { tab.get("/profile").await });
    }
    let answers = tabs.join_all().await;
    let with = |status: u16| answers.iter().filter(|a| a.status == status).count();
    assert_eq!((with(200), with(202)), (1, 63));
    assert_eq!(app.events("Ada", "user.login").await, logins + 1);
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 0);
    assert_eq!(app.open_devices("Ada").await, 1);
    node.db().close().await;
}

async fn only_where_a_browser_goes_somewhere_is_it_exchanged(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let before = app.everything().await;
    let mut frame = Browser::navigates(Method::GET, "/profile");
    let headers = frame.headers_mut().unwrap();
    headers.insert("sec-fetch-dest", "iframe".parse().unwrap());
    let script = Request::post("/api/fn/still_signed_in")
        .header("accept", "application/json")
        .header("content-length", "0")
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors");
    let fetched = Request::get("/profile")
        .header("accept", "*/*")
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors")
        .header("sec-fetch-dest", "empty");
    for (request, status) in [(frame, 303), (script, 401), (fetched, 303)] {
        let answer = phone.send(request, Body::empty()).await;
        answer.is(status);
        assert!(answer.touches_no_cookie(), "{answer:?}");
    }
    phone
        .listen()
        .await
        .err()
        .unwrap()
        .refuses(401, "not_signed_in");
    assert_eq!(app.everything().await, before);
    // Over plain http browsers send no fetch metadata.
    let plain_http = Request::get("/profile").header("accept", "text/html,*/*;q=0.8");
    phone.send(plain_http, Body::empty()).await.is(200);
    assert!(phone.is_signed_in().await);
}

async fn a_form_that_was_overtaken_keeps_what_was_typed(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let other_tab = phone.clone();
    phone.get("/profile").await.is(200);
    let typed = [("name", "Half typed"), ("username", "")];
    let sent = other_tab
        .post_form("/api/fn/update_profile", "/profile", &typed)
        .await;
    sent.leads_to("/profile");
    assert!(sent.flash().is_some(), "{sent:?}");
    for name in ["curfew_session", "curfew_remember"] {
        assert!(sent.set_cookie(name).is_none(), "{sent:?}");
    }
    // The page it comes back to looks again, and then has what was typed.
    other_tab.get("/profile").await.is(202);
    for kind in [Kind::Session, Kind::RememberMe] {
        other_tab.put(kind, &phone.cookie(kind).unwrap());
    }
    other_tab
        .get("/profile")
        .await
        .is(200)
        .says("This browser is just being signed in again. Nothing was changed. Try once more.")
        .tag("value=\"Half typed\"");
    assert_eq!(app.user("Ada").await.name, "Ada");
}

async fn the_first_stream_of_a_session_says_that_the_answer_has_arrived(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let thief = phone.clone();
    phone.get("/profile").await.is(200);
    // Nothing but the page's event stream follows.
    let _open = phone.listen().await.unwrap();
    pass(&app, 31).await;
    thief
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 1);
}
