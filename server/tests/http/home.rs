//! The page after signing in.

use accounts::{
    audit::{Action, Actor, Event},
    plans::Plan,
};

use crate::test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp};

on_both!(
    home_has_the_button_and_what_should_be_looked_at,
    a_visitor_who_guesses_pushes_nothing_out_of_sight,
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
            .says("change your password , which signs out all your other devices");
        page.tag("href=\"/profile/password\"");
        page.tag("href=\"/profile/security#devices-title\"");
    }
    app.put_on("Ada", Plan::Plus).await;
    for path in ["/", "/profile/security"] {
        ada.get(path).await.says("log out from all devices.");
    }
}

async fn a_visitor_who_guesses_pushes_nothing_out_of_sight(app: TestApp) {
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    phone.sign_in("Ada").await;
    let user = app.user("Ada").await;
    let mut op = app.begin().await;
    for _ in 0..130 {
        let failed = Event::of(Action::LoginFailed, Actor::Anonymous);
        op.record(failed.in_account(&user.account_id).about(&user.id));
    }
    op.commit().await.unwrap();
    ada.get("/profile/security")
        .await
        .says("130 times")
        .says("Safari on iPhone");
    let activity = ada.call("recent_activity", crate::browser::NOTHING).await;
    let rows = activity.json();
    let whats: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["what"].as_str())
        .collect();
    assert!(whats[0].ends_with("130 times"), "{whats:?}");
    assert!(whats[1].starts_with("You signed in"), "{whats:?}");
}
