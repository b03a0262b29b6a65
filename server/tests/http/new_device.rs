//! "This wasn't me": from the email about a new device to everything being dead, without signing in.

use accounts::plans::Plan;
use app::cookies::Kind;

use crate::{
    answer::Answer,
    browser::Browser,
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    the_page_says_who_signed_in_and_changes_nothing,
    one_click_ends_everything_signed_out_or_not_and_a_second_one_nothing,
    in_another_users_browser_that_user_stays_signed_in,
    that_the_password_still_works_is_said_when_nothing_was_left_to_end,
    an_expired_link_leads_on,
    the_link_works_on_every_plan,
);

const NONSENSE: &str = "0000000000000000000000000000000000000000000";

/// Ada is signed in, and a thief as her. Her browser, the other one, and the link's token.
async fn intruded(app: &TestApp) -> (Browser, Browser, String) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let eve = app.browser(SAFARI_ON_IPHONE);
    eve.sign_in_remembered("Ada").await;
    let sent = emails(app, &email_of("Ada")).await;
    let told = sent.iter().find(|email| email.contains("new device"));
    let (_, rest) = told
        .unwrap()
        .split_once("http://curfew.test/not-me?token=")
        .unwrap();
    (ada, eve, rest[..43].to_owned())
}

async fn looks(from: &Browser, token: &str) -> Answer {
    from.get(&format!("/not-me?token={token}")).await
}

async fn clicks(from: &Browser, token: &str) -> Answer {
    let page = format!("/not-me?token={token}");
    from.post_form("/api/fn/not_me", &page, &[("token", token)])
        .await
}

async fn the_page_says_who_signed_in_and_changes_nothing(app: TestApp) {
    let (ada, eve, token) = intruded(&app).await;
    let before = app.everything().await;
    for _ in 0..3 {
        looks(&app.browser(FIREFOX_ON_LINUX), &token)
            .await
            .is(200)
            .says("Was this you?")
            .says("Safari on iPhone")
            .says("2 sessions")
            .says("1 remembered device")
            .says("Log out everywhere");
    }
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await && eve.is_signed_in().await);
}

async fn one_click_ends_everything_signed_out_or_not_and_a_second_one_nothing(app: TestApp) {
    let (ada, eve, token) = intruded(&app).await;
    let elsewhere = app.browser(FIREFOX_ON_LINUX);
    let done = clicks(&elsewhere, &token).await;
    done.is(303).leads_to("/sign-in?next=/profile/password");
    assert!(done.gives_no_session());
    elsewhere
        .get("/sign-in?next=/profile/password")
        .await
        .is(200)
        .says("You’re signed out everywhere")
        .says("2 sessions and 1 remembered device");
    assert!(!ada.is_signed_in().await && !eve.is_signed_in().await);
    assert_eq!(
        (
            app.remote_logouts("Ada").await,
            app.open_sessions("Ada").await
        ),
        (1, 0)
    );

    // Signed in again, a second click on the email's link does not sign her out.
    ada.sign_in("Ada").await;
    clicks(&ada, &token).await.is(303);
    looks(&ada, &token)
        .await
        .is(410)
        .says("This link has expired or was used");
    let program = ada.call("not_me", &[("token", token.as_str())]).await;
    program.refuses(410, "link_expired");
    assert!(ada.is_signed_in().await);
    assert_eq!(app.remote_logouts("Ada").await, 1);
}

async fn in_another_users_browser_that_user_stays_signed_in(app: TestApp) {
    let (ada, eve, token) = intruded(&app).await;
    let ben = app.browser(FIREFOX_ON_LINUX);
    ben.sign_up("Ben").await;
    let done = clicks(&ben, &token).await;
    done.is(303).leads_to("/");
    assert!(!done.removes(app.cookie_name(Kind::Session)));
    ben.get("/")
        .await
        .is(200)
        .says("signed out everywhere")
        .says("2 sessions and 1 remembered device ended. Their password still works until it is changed");
    assert!(ben.is_signed_in().await);
    assert!(!ada.is_signed_in().await && !eve.is_signed_in().await);

    // In her own, her cookies go.
    let (ada, _, token) = {
        ada.sign_in("Ada").await;
        let eve = app.browser(SAFARI_ON_IPHONE);
        eve.sign_in("Ada").await;
        let sent = emails(&app, &email_of("Ada")).await;
        let link = "http://curfew.test/not-me?token=";
        let (_, rest) = sent.iter().find_map(|l| l.split_once(link)).unwrap();
        (ada, eve, rest[..43].to_owned())
    };
    clicks(&ada, &token).await.is(303);
    assert!(ada.cookie(Kind::Session).is_none());
}

async fn that_the_password_still_works_is_said_when_nothing_was_left_to_end(app: TestApp) {
    let (ada, _, token) = intruded(&app).await;
    ada.remote_logout().await.is(303);
    assert_eq!(app.open_sessions("Ada").await, 0);
    let ben = app.browser(FIREFOX_ON_LINUX);
    ben.sign_up("Ben").await;
    clicks(&ben, &token).await.leads_to("/");
    ben.get("/")
        .await
        .says("signed out everywhere")
        .says("Their password still works until it is changed");
}

async fn an_expired_link_leads_on(app: TestApp) {
    let who = app.browser(FIREFOX_ON_LINUX);
    for nonsense in ["", NONSENSE, "%00", "x".repeat(5_000).as_str()] {
        looks(&who, nonsense)
            .await
            .is(410)
            .says("This link has expired or was used")
            .says("Choose a new password");
    }
    for nonsense in ["", NONSENSE, "\0", &"x".repeat(5_000)] {
        who.call("not_me", &[("token", nonsense)])
            .await
            .refuses(410, "link_expired");
    }
}

async fn the_link_works_on_every_plan(app: TestApp) {
    let (ada, _, token) = intruded(&app).await;
    app.put_on("Ada", Plan::Free).await;
    let page = format!("/not-me?token={token}");
    ada.get(&page).await.is(200).says("Log out everywhere");
    clicks(&ada, &token).await.is(303);
    assert!(!ada.is_signed_in().await);

    app.browser(SAFARI_ON_IPHONE).sign_in("Ada").await;
    let sent = emails(&app, &email_of("Ada")).await;
    let links = sent.iter().filter(|email| email.contains("/not-me"));
    assert_eq!(links.count(), 1, "{sent:?}");
}
