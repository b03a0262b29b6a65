//! Step-up: a password or a code is asked for again, and what that grants.

use accounts::{
    db::Db,
    remember_me::Exchange,
    secret::Token,
    sessions::{By, Found, Started},
    step_up::{StepUpError, confirm, is_needed},
    time::Moment,
};

use crate::{
    test_app::{DAY, NOW, PASSWORD, SECOND, TestApp, after, browser, secret},
    two_factor_at_sign_in::other_than,
};

on_both!(
    it_is_asked_for_ten_minutes_after_the_last_password_and_on_remembered_devices,
    a_password_or_a_code_confirms_and_the_cookie_changes,
    a_tab_that_was_on_its_way_with_the_old_cookie_is_told_apart_from_a_stranger,
    a_wrong_one_is_counted_and_recorded,
    a_remote_logout_ends_what_was_confirmed,
);

async fn ask(
    app: &TestApp,
    session: &Token,
    shown: &str,
    now: Moment,
) -> Result<Started, StepUpError> {
    let who = app.signed_in(session, now).await;
    confirm(app, &browser(1), now, &who, &secret(shown)).await
}

async fn it_is_asked_for_ten_minutes_after_the_last_password_and_on_remembered_devices(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    assert!(!is_needed(&who, &app.limits, after(599 * SECOND)));
    assert!(is_needed(&who, &app.limits, after(600 * SECOND)));

    let cookie = here.remembered.unwrap().token;
    let later = after(15 * DAY);
    let Exchange::Session { started, .. } = app.exchange(&cookie, later).await else {
        panic!("not exchanged")
    };
    let who = app.signed_in(&started.token, later).await;
    assert!(is_needed(&who, &app.limits, later));
}

async fn a_password_or_a_code_confirms_and_the_cookie_changes(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let later = after(3_600 * SECOND);
    let first = ask(&app, &ada.here, PASSWORD, later).await.unwrap();
    let code = ada.code(later);
    let second = ask(&app, &first.token, &code, later).await.unwrap();
    for old in [&ada.here, &first.token] {
        assert!(!app.is_live(old, later).await);
    }
    let who = app.signed_in(&second.token, later).await;
    assert_eq!(who.confirmed_at, Some(later.at));
    assert_eq!(first.id, second.id);
    // The code is consumed, here as at a sign-in.
    let again = ask(&app, &second.token, &code, later).await;
    assert!(matches!(again, Err(StepUpError::Wrong)), "{again:?}");
    assert_eq!(app.events(&ada.user, "user.confirmed").await, 2);
    // A session does not live longer for it.
    assert_eq!(first.expires_at, second.expires_at);
}

async fn a_tab_that_was_on_its_way_with_the_old_cookie_is_told_apart_from_a_stranger(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await.session.token;
    let now = after(3_600 * SECOND);
    ask(&app, &here, PASSWORD, now).await.unwrap();
    let at = |seconds: u32| after(3_600 * SECOND + seconds * SECOND);
    for (then, told) in [(at(0), true), (at(9), true), (at(10), false)] {
        let found = app.find(&here, then).await;
        assert_eq!(matches!(found, Found::JustRotated), told, "{found:?}");
        assert!(!matches!(found, Found::Live(_)));
    }
}

async fn a_wrong_one_is_counted_and_recorded(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let later = after(3_600 * SECOND);
    for wrong in [
        "",
        "not this one",
        &other_than(&ada.code(later)),
        &ada.codes[0],
    ] {
        let refused = ask(&app, &ada.here, wrong, later).await;
        assert!(matches!(refused, Err(StepUpError::Wrong)), "{refused:?}");
    }
    assert_eq!(app.codes_left(&ada.user).await, 16);
    assert_eq!(app.events(&ada.user, "access.denied").await, 4);
    // The fifth wrong answer slows it down, whatever was shown.
    let fifth = ask(&app, &ada.here, "not this one", later).await;
    assert!(matches!(fifth, Err(StepUpError::Wrong)), "{fifth:?}");
    let code = ask(&app, &ada.here, &ada.code(later), later).await;
    assert!(matches!(code, Err(StepUpError::RateLimited(_))), "{code:?}");
    let refused = ask(&app, &ada.here, PASSWORD, later).await;
    assert!(
        matches!(refused, Err(StepUpError::RateLimited(_))),
        "{refused:?}"
    );
    // It keeps no user from a remote logout.
    let who = app.signed_in(&ada.here, later).await;
    app.remote_logout(&ada.user.id, By::Session(&who.session), later)
        .await
        .unwrap();
}

async fn a_remote_logout_ends_what_was_confirmed(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let late = confirm(&app, &browser(1), NOW, &who, &secret(PASSWORD)).await;
    assert!(matches!(late, Err(StepUpError::Conflict)), "{late:?}");
}
