//! What a sign-in gives the browser, and what it takes from the session before.

use app::cookies::Kind;
use cookie::{SameSite, time::Duration};

use crate::{
    browser::NOTHING,
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    the_cookies_are_for_this_site_and_no_script,
    the_session_id_changes_at_sign_in,
    signing_in_over_a_living_session_ends_that_one,
    a_tab_that_asks_with_the_cookie_before_removes_no_newer_one,
    a_made_up_session_cookie_is_not_taken_over,
    a_user_who_is_signed_in_is_led_past_the_sign_in_page,
    a_fresh_install_leads_to_sign_up,
);

async fn the_cookies_are_for_this_site_and_no_script(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let form = [
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("remember_me", "true"),
    ];
    let answer = ada.call("sign_in", &form).await;
    answer.is(200);
    for (name, lasts) in [
        ("curfew_session", None),
        ("curfew_remember", Some(Duration::days(60))),
        ("curfew_device", Some(Duration::days(365))),
    ] {
        let cookie = answer.set_cookie(name).unwrap();
        assert_eq!(cookie.http_only(), Some(true), "{cookie}");
        assert_eq!(cookie.same_site(), Some(SameSite::Lax), "{cookie}");
        assert_eq!(
            (cookie.path(), cookie.domain()),
            (Some("/"), None),
            "{cookie}"
        );
        assert_eq!(cookie.max_age(), lasts, "{cookie}");
        assert_eq!(
            cookie.secure(),
            None,
            "over plain http it would be thrown away: {cookie}"
        );
        assert_eq!(cookie.value().len(), 43, "{cookie}");
    }
    // Without the tick there is no remember-me cookie, and one from before goes.
    let form = [("email", "ada@example.com"), ("password", PASSWORD)];
    let answer = ada.call("sign_in", &form).await;
    assert!(answer.removes("curfew_remember"), "{answer:?}");
    assert_eq!(ada.cookie(Kind::RememberMe), None);
}

async fn the_session_id_changes_at_sign_in(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let first = ada.cookie(Kind::Session).unwrap();
    ada.sign_in("Ada").await;
    let second = ada.cookie(Kind::Session).unwrap();
    assert_ne!(first, second);
    // It only ever travels as a cookie, and the database never has it.
    let page = ada.get("/profile/security").await;
    assert!(!page.body.contains(&second), "{page:?}");
    assert!(!app.everything().await.join("\n").contains(&second));
}

async fn signing_in_over_a_living_session_ends_that_one(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let copied = ada.clone();
    ada.sign_in("Ada").await;
    assert!(ada.is_signed_in().await);
    copied
        .clone()
        .call("still_signed_in", NOTHING)
        .await
        .refuses(401, "session_ended");
    assert_eq!(app.open_sessions("Ada").await, 1);
    // And over another user's: a shared computer.
    app.browser(SAFARI_ON_IPHONE).sign_up("Grace").await;
    ada.sign_in("Grace").await;
    assert_eq!(
        (
            app.open_sessions("Ada").await,
            app.open_sessions("Grace").await
        ),
        (0, 2)
    );
    ada.get("/profile").await.says("Grace").does_not_say("Ada");
}

/// Another tab is told at once that its session has ended, and may go to the sign-in page before the browser has the new
/// cookie. What it is answered may come last.
async fn a_tab_that_asks_with_the_cookie_before_removes_no_newer_one(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let tab = ada.clone();
    ada.sign_in("Ada").await;
    let name = app.cookie_name(Kind::Session);
    for page in ["/profile", "/sign-in?next=/profile"] {
        let answer = tab.get(page).await;
        assert!(answer.set_cookie(name).is_none(), "{answer:?}");
    }
    let sql = "update sessions set ended_at = ended_at - 10000 where ended_at is not null";
    databases::run(app.db(), sql).await;
    let answer = tab.get("/profile").await;
    assert!(answer.removes(name), "it is dead for good: {answer:?}");
    assert!(ada.is_signed_in().await);
}

async fn a_made_up_session_cookie_is_not_taken_over(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let made_up = "A".repeat(43);
    let victim = app.browser(SAFARI_ON_IPHONE);
    victim.put(Kind::Session, &made_up);
    victim.sign_in("Ada").await;
    assert_ne!(victim.cookie(Kind::Session).unwrap(), made_up);
    let attacker = app.browser(FIREFOX_ON_LINUX);
    attacker.put(Kind::Session, &made_up);
    assert!(!attacker.is_signed_in().await);
}

async fn a_user_who_is_signed_in_is_led_past_the_sign_in_page(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.get("/sign-in").await.leads_to("/");
    ada.get("/sign-in?next=/profile/security")
        .await
        .leads_to("/profile/security");
    ada.get("/sign-up").await.leads_to("/");
}

async fn a_fresh_install_leads_to_sign_up(app: TestApp) {
    let visitor = app.browser(FIREFOX_ON_LINUX);
    visitor.get("/").await.leads_to("/sign-up");
    visitor.get("/profile").await.leads_to("/sign-up");
    app.browser(SAFARI_ON_IPHONE).sign_up("Ada").await;
    visitor.get("/").await.leads_to("/sign-in");
    visitor
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
}
