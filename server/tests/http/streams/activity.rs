//! That something has happened is said to the streams of that user, and to no other.

use std::time::Duration;

use super::settled;
use crate::{
    listening::Listening,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_sign_in_and_its_end_are_said_to_the_other_streams_of_the_user,
    a_sign_in_that_failed_is_said_too,
    what_a_page_asks_after_it_is_no_use_of_the_session,
);

/// Patience with a busy machine.
const SOON: Duration = Duration::from_secs(10);

const ACTIVITY: &str = "event: activity\n";

/// Waits until it is said once more.
async fn is_said(stream: &mut Listening) {
    stream.said.clear();
    stream.waits_for(ACTIVITY, SOON).await;
}

async fn a_sign_in_and_its_end_are_said_to_the_other_streams_of_the_user(app: TestApp) {
    let _looking = app.looks_after_streams();
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    let bob = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    bob.sign_up("Bob").await;
    let (mut stream, mut bobs) = (ada.listen().await.unwrap(), bob.listen().await.unwrap());
    settled(&mut [&mut stream, &mut bobs]).await;
    bobs.said.clear();

    phone.sign_in("Ada").await;
    is_said(&mut stream).await;
    settled(&mut [&mut stream]).await;
    phone
        .post_form("/sign-out", "/", crate::browser::NOTHING)
        .await
        .leads_to("/sign-in");
    is_said(&mut stream).await;

    // Bob's is woken by something of his own, and has heard nothing of all that.
    bob.call("set_curfew", &[("time", "22:00"), ("zone", "UTC")])
        .await
        .is(200);
    bobs.waits_for(ACTIVITY, SOON).await;
    assert_eq!(bobs.said.matches(ACTIVITY).count(), 1, "{}", bobs.said);
}

async fn a_sign_in_that_failed_is_said_too(app: TestApp) {
    let _looking = app.looks_after_streams();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut stream = ada.listen().await.unwrap();
    settled(&mut [&mut stream]).await;
    let wrong = [
        ("email", "ada@example.com"),
        ("password", "not the password"),
    ];
    let stranger = app.browser(FIREFOX_ON_LINUX);
    stranger.call("sign_in", &wrong).await.is(401);
    is_said(&mut stream).await;
}

async fn what_a_page_asks_after_it_is_no_use_of_the_session(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    crate::databases::run(
        app.db(),
        "update sessions set started_at = started_at - 600000, last_active_at = last_active_at - 600000",
    )
    .await;
    let last = "select max(last_active_at) from sessions";
    let before = crate::databases::number(app.db(), last).await;
    for (function, form) in [
        ("devices", crate::browser::NOTHING),
        ("recent_activity", &[]),
        ("two_factor_status", &[]),
        ("standing", &[]),
        ("remote_logout_facts", &[]),
    ] {
        ada.call(function, form).await.is(200);
        app.state.last_seen.write(app.db()).await;
        assert_eq!(
            crate::databases::number(app.db(), last).await,
            before,
            "{function}"
        );
    }
}
