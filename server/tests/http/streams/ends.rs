//! What ends a stream, and what it says last.

use accounts::plans::Plan;
use serde_json::Value;

use super::{AT_ONCE, last_word, settled};
use crate::{
    browser::NOTHING,
    listening::Listening,
    test_app::{
        CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, SAFARI_ON_IPHONE, TestApp,
    },
};

on_both!(
    a_remote_logout_ends_every_stream_of_the_user_and_says_why,
    a_stream_that_is_opened_during_a_remote_logout_ends_too,
    signing_out_ends_the_streams_of_that_browser_alone,
    a_new_password_ends_the_other_sessions_streams_and_not_this_one,
    the_session_that_is_one_too_many_ends_the_stream_of_the_longest_unused,
    another_plan_ends_the_stream_and_the_session_lives_on,
    streams_end_when_the_service_stops_and_no_new_one_begins,
);

async fn end_reason(stream: Listening, end_reason: &str) -> Value {
    let (_, said) = stream.ends(AT_ONCE).await;
    let (name, data) = last_word(&said);
    assert_eq!(
        (name.as_str(), data["reason"]["end_reason"].as_str()),
        ("ended", Some(end_reason))
    );
    data
}

async fn a_remote_logout_ends_every_stream_of_the_user_and_says_why(app: TestApp) {
    let _looking = app.is_notified();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    let bob = app.browser(CHROME_ON_WINDOWS);
    bob.sign_up("Bob").await;
    let (mut here, mut there, mut bobs) = (
        ada.listen().await.unwrap(),
        phone.listen().await.unwrap(),
        bob.listen().await.unwrap(),
    );
    settled(&mut [&mut here, &mut there, &mut bobs]).await;
    assert_eq!(here.headers["content-type"], "text/event-stream");
    assert_eq!(
        here.headers["cache-control"],
        "private, no-cache, no-transform"
    );
    assert_eq!(here.headers["x-accel-buffering"], "no");
    assert!(!here.headers.contains_key("content-encoding"));
    assert!(!here.headers.contains_key("set-cookie"));

    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    let told = end_reason(there, "remote_logout").await;
    assert_eq!(told["reason"]["before"], "Signed out by Remote logout at ");
    assert_eq!(
        told["reason"]["after"],
        " from Firefox on Linux. Was this you?"
    );
    assert_eq!(told["may_come_back"], false);
    end_reason(here, "remote_logout").await;
    bobs.is_quiet().await;

    let refused = phone.listen().await.err().unwrap();
    refused.refuses(401, "session_ended");
    assert_eq!(refused.json()["reason"]["end_reason"], "remote_logout");
    assert!(
        !refused.headers.contains_key("set-cookie"),
        "the next request tells and clears"
    );
    assert_eq!(app.state.streams.count(), 1);
}

async fn a_stream_that_is_opened_during_a_remote_logout_ends_too(app: TestApp) {
    let _looking = app.is_notified();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for _ in 0..10 {
        let phone = app.browser(SAFARI_ON_IPHONE);
        phone.sign_in("Ada").await;
        let opening = async {
            let mut opened = Vec::new();
            for _ in 0..12 {
                match phone.listen().await {
                    Ok(stream) => opened.push(stream),
                    Err(refused) => {
                        refused.refuses(401, "session_ended");
                    }
                }
            }
            opened
        };
        let (opened, _) = tokio::join!(opening, ada.remote_logout());
        for stream in opened {
            end_reason(stream, "remote_logout").await;
        }
        ada.sign_in("Ada").await;
    }
    assert_eq!(app.state.streams.count(), 0);
}

async fn signing_out_ends_the_streams_of_that_browser_alone(app: TestApp) {
    let _looking = app.is_notified();
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    phone.sign_in("Ada").await;
    let (mut here, mut there) = (ada.listen().await.unwrap(), phone.listen().await.unwrap());
    settled(&mut [&mut here, &mut there]).await;
    ada.post_form("/sign-out", "/", NOTHING)
        .await
        .leads_to("/sign-in");
    end_reason(here, "signed_out").await;
    there.is_quiet().await;
}

async fn a_new_password_ends_the_other_sessions_streams_and_not_this_one(app: TestApp) {
    let _looking = app.is_notified();
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    phone.sign_in("Ada").await;
    let (mut here, mut there) = (ada.listen().await.unwrap(), phone.listen().await.unwrap());
    settled(&mut [&mut here, &mut there]).await;
    let form = [
        ("current_password", PASSWORD),
        ("new_password", OTHER_PASSWORD),
    ];
    ada.call("change_password", &form).await.is(200);
    end_reason(there, "password_changed").await;
    here.is_quiet().await;
}

async fn the_session_that_is_one_too_many_ends_the_stream_of_the_longest_unused(app: TestApp) {
    let app = app.with(&[("CURFEW_SESSIONS_PER_USER", "2")]);
    let _looking = app.is_notified();
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    let mut first = ada.listen().await.unwrap();
    settled(&mut [&mut first]).await;
    phone.sign_in("Ada").await;
    app.browser(CHROME_ON_WINDOWS).sign_in("Ada").await;
    let told = end_reason(first, "limit").await;
    assert_eq!(told["may_come_back"], true);
}

async fn another_plan_ends_the_stream_and_the_session_lives_on(app: TestApp) {
    let _looking = app.is_notified();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut stream = ada.listen().await.unwrap();
    settled(&mut [&mut stream]).await;
    app.put_on("Ada", Plan::Free).await;
    let (_, said) = stream.ends(AT_ONCE).await;
    let (name, data) = last_word(&said);
    assert_eq!(
        (name.as_str(), data["access"].as_str()),
        ("changed", Some("Owner, Free"))
    );
    let page = ada.get("/").await;
    assert!(
        page.body.contains("data-access=\"Owner, Free\""),
        "{page:?}"
    );
    let mut again = ada.listen().await.unwrap();
    again.is_quiet().await;
}

async fn streams_end_when_the_service_stops_and_no_new_one_begins(app: TestApp) {
    let _looking = app.is_notified();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let stream = ada.listen().await.unwrap();
    app.state.streams.stop();
    let (took, said) = stream.ends(AT_ONCE).await;
    assert!(took < AT_ONCE && !said.contains("ended"), "{said}");
    ada.listen().await.err().unwrap().refuses(503, "busy");
    assert!(ada.is_signed_in().await);
}
