//! A new password ends everything else, and this session goes on under a new cookie.

use accounts::{
    change_password::ChangePasswordError,
    db::Db,
    end_reason::EndReason,
    passwords::Unacceptable,
    remember_me::Exchange,
    sessions::{By, Found},
    sign_in::SignInError,
    time::Moment,
};
use testing::databases;

use crate::test_app::{DAY, NOW, PASSWORD, SECOND, TestApp, after};

on_both!(
    a_new_password_ends_the_others_and_keeps_this_one_under_a_new_cookie,
    a_wrong_current_password_changes_nothing_and_is_limited,
    a_weak_or_unchanged_new_password_changes_nothing,
    a_session_that_a_remote_logout_has_ended_changes_no_password,
    a_session_that_had_expired_before_is_not_said_to_have_ended_by_it,
    a_pending_sign_in_with_the_old_password_starts_no_session,
);

const NEW: &str = "nine brass owls on a wet ladder";

async fn a_new_password_ends_the_others_and_keeps_this_one_under_a_new_cookie(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let bens = app.sign_in_remembered(&ben, NOW).await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let there = app.sign_in_remembered(&ada, NOW).await;
    let epoch = app.epoch(&ada).await;

    let now = after(SECOND);
    let who = app.signed_in(&here.session.token, now).await;
    let changed = app.change_password(&who, PASSWORD, NEW, now).await.unwrap();
    assert_eq!((changed.sessions, changed.remembered_devices), (1, 2));
    assert_eq!(changed.session.id, here.session.id);
    let renewed = app.signed_in(&changed.session.token, now).await;
    assert_eq!(renewed.user.password_changed_at, now.at);
    assert_eq!(renewed.started_at, NOW.at);

    // No other browser stays known: a thief who has signed in with the old password keeps no count of failures of
    // their own.
    let known = format!(
        "select count(*) from known_devices where user_id = '{0}'
         and epoch = (select epoch from users where id = '{0}')",
        ada.id.0
    );
    assert_eq!(databases::number(&app.db, &known).await, 0);

    // A tab whose request was on its way with the old cookie is given nothing.
    let old = &here.session.token;
    assert!(matches!(app.find(old, now).await, Found::JustRotated));
    let later = Moment::at(now.at + 10 * SECOND);
    assert!(matches!(app.find(old, later).await, Found::Unknown));
    assert_eq!(
        app.end_reason(&there.session.token, now).await,
        EndReason::PasswordChanged
    );
    for remembered in [here.remembered, there.remembered] {
        let exchanged = app.exchange(&remembered.unwrap().token, now).await;
        assert!(matches!(exchanged, Exchange::Ended(_)), "{exchanged:?}");
    }
    assert_eq!(app.epoch(&ada).await, epoch + 1);
    assert_eq!(app.events(&ada, "user.password_changed").await, 1);

    let old = app
        .try_sign_in(&ada.email, PASSWORD, &ada.client, now)
        .await;
    assert!(matches!(old, Err(SignInError::Wrong)), "{old:?}");
    app.try_sign_in(&ada.email, NEW, &ada.client, now)
        .await
        .unwrap();
    assert!(app.is_live(&bens.session.token, now).await);
}

async fn a_wrong_current_password_changes_nothing_and_is_limited(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let there = app.sign_in_remembered(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    for _ in 0..5 {
        let refused = app.change_password(&who, "a guess", NEW, NOW).await;
        assert!(
            matches!(refused, Err(ChangePasswordError::WrongCurrent)),
            "{refused:?}"
        );
    }
    let refused = app.change_password(&who, PASSWORD, NEW, NOW).await;
    assert!(
        matches!(refused, Err(ChangePasswordError::RateLimited(_))),
        "{refused:?}"
    );
    assert_eq!(app.events(&ada, "access.denied").await, 5);
    assert_eq!(app.events(&ada, "user.password_changed").await, 0);
    assert!(app.is_live(&here.session.token, NOW).await);
    assert!(app.is_live(&there.session.token, NOW).await);
    assert_eq!(app.facts(&ada, NOW).await.remembered_devices, 1);
    // Guessing here keeps the user neither from signing in nor from a remote logout.
    app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
}

async fn a_weak_or_unchanged_new_password_changes_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    // More often than a wrong one may be tried: a right current password is no failure.
    for _ in 0..12 {
        let same = app.change_password(&who, PASSWORD, PASSWORD, NOW).await;
        assert!(matches!(same, Err(ChangePasswordError::Same)), "{same:?}");
    }
    let weak = app.change_password(&who, PASSWORD, "password1", NOW).await;
    let Err(ChangePasswordError::Unacceptable(Unacceptable::Weak(_))) = weak else {
        panic!("{weak:?}")
    };
    assert!(app.is_live(&here.session.token, NOW).await);
    app.sign_in(&ada, NOW).await;
}

async fn a_session_that_a_remote_logout_has_ended_changes_no_password(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let conflict = app.change_password(&who, PASSWORD, NEW, NOW).await;
    assert!(
        matches!(conflict, Err(ChangePasswordError::Conflict)),
        "{conflict:?}"
    );
    app.sign_in(&ada, NOW).await;
}

async fn a_session_that_had_expired_before_is_not_said_to_have_ended_by_it(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let idle = app.sign_in(&ada, NOW).await;
    let now = after(20 * DAY);
    // Signing in marks what has expired, so this sign-in comes before that.
    let here = app.sign_in(&ada, after(10 * DAY)).await;
    let who = app.signed_in(&here.session.token, now).await;
    let changed = app.change_password(&who, PASSWORD, NEW, now).await.unwrap();
    assert_eq!(changed.sessions, 0);
    assert_eq!(
        app.end_reason(&idle.session.token, now).await,
        EndReason::Expired
    );
}

async fn a_pending_sign_in_with_the_old_password_starts_no_session(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let pending = app.check_password(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    app.change_password(&who, PASSWORD, NEW, NOW).await.unwrap();
    let conflict = app.start_session(&ada, pending, true, NOW).await;
    assert!(
        matches!(conflict, Err(SignInError::Conflict)),
        "{conflict:?}"
    );
    assert_eq!(app.list(&ada, NOW).await.len(), 1);
}
