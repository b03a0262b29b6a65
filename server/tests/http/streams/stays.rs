//! What leaves a stream alone, and what a stream leaves behind.

use std::time::Duration;

use crate::{
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};
use accounts::{
    sample::{Seed, seed},
    time::Moment,
};
use app::cookies::Kind;

use super::AT_ONCE;
use crate::databases;

on_both!(
    of_a_thousand_streams_only_those_of_the_user_who_logged_out_end,
    a_stream_that_no_browser_reads_any_more_gives_its_place_back,
    what_changes_nothing_ends_nothing,
    listening_and_checking_are_no_use_of_the_session,
    a_stream_says_when_to_try_again_and_now_and_then_a_comment,
);

async fn of_a_thousand_streams_only_those_of_the_user_who_logged_out_end(app: TestApp) {
    let _looking = app.looks_after_streams();
    let how_many = Seed {
        users: 100,
        sessions_each: 10,
        cookie: app.cookie_name(Kind::Session),
    };
    let mut lines = Vec::new();
    seed(app.instance(), how_many, Moment::now(), |line| {
        lines.push(line.to_owned());
        Ok(())
    })
    .await
    .unwrap();
    let mut open = Vec::new();
    for line in &lines {
        let (email, cookie) = line.split_once('\t').unwrap();
        let browser: Browser = app.browser(FIREFOX_ON_LINUX);
        browser.put(Kind::Session, cookie.split_once('=').unwrap().1);
        let stream = browser.listen().await.unwrap();
        open.push((email.to_owned(), browser, stream));
    }
    assert_eq!(app.state.streams.count(), 1_000);
    let one = open[417].0.clone();
    open[417]
        .1
        .remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    for (email, browser, mut stream) in open {
        if email == one {
            stream.ends(AT_ONCE).await;
            assert!(!browser.is_signed_in().await);
        } else {
            stream.is_quiet().await;
        }
    }
}

async fn a_stream_that_no_browser_reads_any_more_gives_its_place_back(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for _ in 0..50 {
        let stream = ada.listen().await.unwrap();
        assert_eq!(app.state.streams.count(), 1);
        drop(stream);
    }
    assert_eq!(app.state.streams.count(), 0);
}

async fn what_changes_nothing_ends_nothing(app: TestApp) {
    let _looking = app.looks_after_streams();
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    let mut stream = ada.listen().await.unwrap();
    phone.sign_in("Ada").await;
    let wrong = [
        ("email", "ada@example.com"),
        ("password", "not the password"),
    ];
    phone.call("sign_in", &wrong).await.is(401);
    let form = [("name", "Ada King"), ("username", "ada")];
    ada.call("update_profile", &form).await.is(200);
    phone
        .post_form("/sign-out", "/", crate::browser::NOTHING)
        .await
        .leads_to("/sign-in");
    stream.is_quiet().await;
    assert!(ada.is_signed_in().await);
}

async fn listening_and_checking_are_no_use_of_the_session(app: TestApp) {
    let _looking = app.looks_after_streams();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    databases::run(
        app.db(),
        "update sessions set started_at = started_at - 600000, last_active_at = last_active_at - 600000",
    )
    .await;
    let last = "select max(last_active_at) from sessions";
    let before = databases::number(app.db(), last).await;
    let _stream = ada.listen().await.unwrap();
    app.state.last_seen.write(app.db()).await;
    assert_eq!(databases::number(app.db(), last).await, before);
    // Nor is a page that asks by itself whether it may still be shown.
    ada.call("still_signed_in", crate::browser::NOTHING)
        .await
        .is(200);
    app.state.last_seen.write(app.db()).await;
    assert_eq!(databases::number(app.db(), last).await, before);
    // Going to a page is.
    ada.get("/profile").await.is(200);
    app.state.last_seen.write(app.db()).await;
    assert!(databases::number(app.db(), last).await > before);
}

async fn a_stream_says_when_to_try_again_and_now_and_then_a_comment(app: TestApp) {
    let _looking = app.looks_after_streams();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut stream = ada.listen().await.unwrap();
    let again = stream.said.strip_prefix("retry: ").unwrap();
    let again: u32 = again.lines().next().unwrap().parse().unwrap();
    assert!((1_000..4_000).contains(&again), "{again}");
    // Proxies commonly close what says nothing for a minute.
    stream.waits_for("\n:\n\n", Duration::from_secs(55)).await;
    stream.is_quiet().await;
}
