//! A new password ends everything else, and this session goes on under a new cookie.

use accounts::{
    change_password::ChangePasswordError,
    db::Db,
    passwords::Unacceptable,
    remember_me::Exchange,
    sessions::{By, EndReason, Found},
    sign_in::SignInError,
    time::Moment,
};

use crate::{
    databases,
    home::{DAY, Home, NOW, PASSWORD, SECOND, after},
};

on_both!(
    a_new_password_ends_the_others_and_keeps_this_one_under_a_new_cookie,
    a_wrong_current_password_changes_nothing_and_is_limited,
    a_weak_or_unchanged_new_password_changes_nothing,
    a_session_that_a_remote_logout_has_ended_changes_no_password,
    what_had_run_out_before_is_not_said_to_have_ended_by_it,
    a_pending_sign_in_with_the_old_password_starts_no_session,
);

const NEW: &str = "nine brass owls on a wet ladder";

async fn a_new_password_ends_the_others_and_keeps_this_one_under_a_new_cookie(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    let bens = home.sign_in_remembered(&ben, NOW).await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let there = home.sign_in_remembered(&ada, NOW).await;
    let epoch = home.epoch(&ada).await;

    let now = after(SECOND);
    let who = home.signed_in(&here.session.token, now).await;
    let changed = home
        .change_password(&who, PASSWORD, NEW, now)
        .await
        .unwrap();
    assert_eq!((changed.sessions, changed.remembered_devices), (1, 2));
    assert_eq!(changed.session.id, here.session.id);
    let renewed = home.signed_in(&changed.session.token, now).await;
    assert_eq!(renewed.user.password_changed_at, now.at);
    assert_eq!(renewed.started_at, NOW.at);

    // Nobody keeps the standing of a browser that she has signed in on before.
    let known = format!(
        "select count(*) from known_devices where user_id = '{}'",
        ada.id.0
    );
    assert_eq!(databases::number(&home.db, &known).await, 0);

    // A tab that was on its way is given nothing.
    let old = &here.session.token;
    assert!(matches!(home.find(old, now).await, Found::JustRotated));
    let later = Moment::at(now.at + 10 * SECOND);
    assert!(matches!(home.find(old, later).await, Found::Unknown));
    assert_eq!(
        home.why_dead(&there.session.token, now).await,
        EndReason::PasswordChanged
    );
    for remembered in [here.remembered, there.remembered] {
        let exchanged = home.exchange(&remembered.unwrap().token, false, now).await;
        assert!(matches!(exchanged, Exchange::Ended(_)), "{exchanged:?}");
    }
    assert_eq!(home.epoch(&ada).await, epoch + 1);
    assert_eq!(home.events(&ada, "user.password_changed").await, 1);

    let old = home
        .try_sign_in(&ada.email, PASSWORD, &ada.client, now)
        .await;
    assert!(matches!(old, Err(SignInError::Wrong)), "{old:?}");
    home.try_sign_in(&ada.email, NEW, &ada.client, now)
        .await
        .unwrap();
    assert!(home.is_live(&bens.session.token, now).await);
}

async fn a_wrong_current_password_changes_nothing_and_is_limited(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let there = home.sign_in_remembered(&ada, NOW).await;
    let who = home.signed_in(&here.session.token, NOW).await;
    for _ in 0..10 {
        let refused = home.change_password(&who, "a guess", NEW, NOW).await;
        assert!(
            matches!(refused, Err(ChangePasswordError::WrongCurrent)),
            "{refused:?}"
        );
    }
    let refused = home.change_password(&who, PASSWORD, NEW, NOW).await;
    assert!(
        matches!(refused, Err(ChangePasswordError::RateLimited(_))),
        "{refused:?}"
    );
    assert_eq!(home.events(&ada, "access.denied").await, 10);
    assert_eq!(home.events(&ada, "user.password_changed").await, 0);
    assert!(home.is_live(&here.session.token, NOW).await);
    assert!(home.is_live(&there.session.token, NOW).await);
    assert_eq!(home.facts(&ada, NOW).await.remembered_devices, 1);
    // Guessing here locks nobody out at the door, and keeps nobody from pressing.
    home.sign_in(&ada, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
}

async fn a_weak_or_unchanged_new_password_changes_nothing(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let who = home.signed_in(&here.session.token, NOW).await;
    // More often than a wrong one may be tried: a right current password is no failure.
    for _ in 0..12 {
        let same = home.change_password(&who, PASSWORD, PASSWORD, NOW).await;
        assert!(matches!(same, Err(ChangePasswordError::Same)), "{same:?}");
    }
    let weak = home.change_password(&who, PASSWORD, "password1", NOW).await;
    let Err(ChangePasswordError::Unacceptable(Unacceptable::Weak(_))) = weak else {
        panic!("{weak:?}")
    };
    assert!(home.is_live(&here.session.token, NOW).await);
    home.sign_in(&ada, NOW).await;
}

async fn a_session_that_a_remote_logout_has_ended_changes_no_password(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let who = home.signed_in(&here.session.token, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let conflict = home.change_password(&who, PASSWORD, NEW, NOW).await;
    assert!(
        matches!(conflict, Err(ChangePasswordError::Conflict)),
        "{conflict:?}"
    );
    home.sign_in(&ada, NOW).await;
}

async fn what_had_run_out_before_is_not_said_to_have_ended_by_it(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let idle = home.sign_in(&ada, NOW).await;
    let now = after(20 * DAY);
    // Signing in marks what has run out, so this one signs in before that.
    let here = home.sign_in(&ada, after(10 * DAY)).await;
    let who = home.signed_in(&here.session.token, now).await;
    let changed = home
        .change_password(&who, PASSWORD, NEW, now)
        .await
        .unwrap();
    assert_eq!(changed.sessions, 0);
    assert_eq!(
        home.why_dead(&idle.session.token, now).await,
        EndReason::Expired
    );
}

async fn a_pending_sign_in_with_the_old_password_starts_no_session(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let pending = home.check_password(&ada, NOW).await;
    let who = home.signed_in(&here.session.token, NOW).await;
    home.change_password(&who, PASSWORD, NEW, NOW)
        .await
        .unwrap();
    let conflict = home.start_session(&ada, pending, true, NOW).await;
    assert!(
        matches!(conflict, Err(SignInError::Conflict)),
        "{conflict:?}"
    );
    assert_eq!(home.list(&ada, NOW).await.len(), 1);
}
