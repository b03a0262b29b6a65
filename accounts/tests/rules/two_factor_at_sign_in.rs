//! A second factor that is owed: every sign-in asks for it, and nothing created before a remote logout
//! outlives it.

use accounts::{
    db::Db,
    emails::EmailTemplate,
    remember_me::Exchange,
    sessions::{By, SecondFactor},
    sign_in::{CodeError, pending_is_open},
    time::{Moment, UnixMillis},
};
use testing::databases;

use crate::{
    emails::send_all,
    test_app::{NOW, SECOND, TestApp, after},
};

on_both!(
    a_right_password_is_no_session_until_the_code_was_right,
    a_pending_sign_in_lasts_ten_minutes_and_is_good_once,
    a_pending_sign_in_from_before_a_remote_logout_has_expired_and_its_recovery_code_is_not_used,
    a_code_is_accepted_once_and_so_is_every_step_before_it,
    a_recovery_code_is_accepted_once_and_told_of,
    after_a_remote_logout_a_remembered_device_owes_a_code_like_any_other,
    a_wrong_code_takes_a_permit_and_what_is_no_code_does_not,
);

async fn a_right_password_is_no_session_until_the_code_was_right(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, true, NOW).await;
    // Its cookie opens nothing: neither as a session nor as a remembered device.
    assert!(!app.is_live(&pending.token, NOW).await);
    let exchanged = app.exchange(&pending.token, NOW).await;
    assert!(matches!(exchanged, Exchange::Unknown), "{exchanged:?}");
    assert_eq!(app.list(&ada.user, NOW).await.len(), 1);
    assert_eq!(app.facts(&ada.user, NOW).await.remembered_devices, 0);

    let entered = app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    assert_eq!(entered.user, ada.user.id);
    assert_eq!(entered.next, "/profile");
    assert!(entered.remembered.is_some());
    assert!(app.is_live(&entered.session.token, NOW).await);
    let listed = app.list(&ada.user, NOW).await;
    let started = listed.iter().find(|s| s.id == entered.session.id);
    assert_eq!(started.unwrap().second_factor, Some(SecondFactor::Code));
}

async fn a_pending_sign_in_lasts_ten_minutes_and_is_good_once(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let late = after(600 * SECOND);
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let open = async |now| {
        let mut reader = app.read(now).await;
        pending_is_open(&mut reader, &pending.token).await.unwrap()
    };
    assert!(open(after(599 * SECOND)).await);
    assert!(!open(late).await);
    let refused = app.verify(&pending, &ada.code(late), late).await;
    assert!(matches!(refused, Err(CodeError::Expired)), "{refused:?}");

    app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    assert!(!open(NOW).await);
    let again = app.verify(&pending, &ada.codes[0], NOW).await;
    assert!(matches!(again, Err(CodeError::Expired)), "{again:?}");
    assert_eq!(app.codes_left(&ada.user).await, 16);
}

async fn a_pending_sign_in_from_before_a_remote_logout_has_expired_and_its_recovery_code_is_not_used(
    db: Db,
) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let who = app.signed_in(&ada.here, NOW).await;
    app.remote_logout(&ada.user.id, By::Session(&who.session), after(SECOND))
        .await
        .unwrap();
    let now = after(2 * SECOND);
    for code in [&ada.code(now), &ada.codes[0]] {
        let refused = app.verify(&pending, code, now).await;
        assert!(matches!(refused, Err(CodeError::Expired)), "{refused:?}");
    }
    assert_eq!(app.codes_left(&ada.user).await, 16);
    assert!(app.list(&ada.user, now).await.is_empty());
    let again = app.pending_sign_in(&ada.user, false, now).await;
    app.verify(&again, &ada.codes[0], now).await.unwrap();
    assert_eq!(app.codes_left(&ada.user).await, 15);
}

async fn a_code_is_accepted_once_and_so_is_every_step_before_it(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let (this, before) = (ada.code(NOW), ada.code(before_now(30)));
    let enter = async |code: &str| {
        let pending = app.pending_sign_in(&ada.user, false, NOW).await;
        app.verify(&pending, code, NOW).await.map(|_| ())
    };
    enter(&this).await.unwrap();
    for consumed in [&this, &before] {
        let refused = enter(consumed).await;
        assert!(matches!(refused, Err(CodeError::Wrong(_))), "{refused:?}");
    }
    // The next one is within the drift.
    enter(&ada.code(after(30 * SECOND))).await.unwrap();
}

/// So many seconds before [`NOW`].
fn before_now(seconds: i64) -> Moment {
    Moment::at(UnixMillis(NOW.at.0 - seconds * 1_000))
}

async fn a_recovery_code_is_accepted_once_and_told_of(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let typed = ada.codes[3].to_uppercase().replace('-', " ");
    app.verify(&pending, &typed, NOW).await.unwrap();
    assert_eq!(app.codes_left(&ada.user).await, 15);
    assert_eq!(app.events(&ada.user, "user.recovery_code_used").await, 1);
    let told = send_all(&app, NOW).await;
    let told = told
        .iter()
        .filter(|due| due.email.template == EmailTemplate::RecoveryCodeUsed { left: 15 });
    assert_eq!(told.count(), 1);

    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let again = app.verify(&pending, &ada.codes[3], NOW).await;
    assert!(matches!(again, Err(CodeError::Wrong(_))), "{again:?}");
    // The code of another user counts for no one else.
    let eve = app.protected("Eve").await;
    let pending = app.pending_sign_in(&eve.user, false, NOW).await;
    let refused = app.verify(&pending, &ada.codes[4], NOW).await;
    assert!(matches!(refused, Err(CodeError::Wrong(_))), "{refused:?}");
    assert_eq!(app.codes_left(&ada.user).await, 15);
}

async fn after_a_remote_logout_a_remembered_device_owes_a_code_like_any_other(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, true, NOW).await;
    let entered = app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    let remembered = entered.remembered.unwrap().token;
    app.remote_logout(&ada.user.id, By::Session(&entered.session.id), NOW)
        .await
        .unwrap();
    let exchanged = app.exchange(&remembered, NOW).await;
    assert!(matches!(exchanged, Exchange::Ended(_)), "{exchanged:?}");
    // The browser is known, and still owes a code.
    let known = entered.device.value;
    let pending = app.pending_sign_in(&ada.user, true, after(SECOND)).await;
    let now = after(31 * SECOND);
    app.verify_from(&pending, &ada.code(now), Some(&known), now)
        .await
        .unwrap();
}

async fn a_wrong_code_takes_a_permit_and_what_is_no_code_does_not(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    for nonsense in ["", " ", "12345", "nonsense", "١٢٣٤٥٦", &"1".repeat(100_000)] {
        let refused = app.verify(&pending, nonsense, NOW).await;
        assert!(matches!(refused, Err(CodeError::Malformed)), "{refused:?}");
    }
    let permits = "select count(*) from rate_limits where subject like 'code:%'";
    assert_eq!(databases::number(&app.db, permits).await, 0);
    let wrong = app.verify(&pending, &other_than(&ada.code(NOW)), NOW).await;
    assert!(matches!(wrong, Err(CodeError::Wrong(_))), "{wrong:?}");
    assert_eq!(databases::number(&app.db, permits).await, 1);
    assert_eq!(app.events(&ada.user, "user.login_failed").await, 1);
}

/// A code that is not this one.
pub fn other_than(code: &str) -> String {
    let last = if code.ends_with('7') { '8' } else { '7' };
    format!("{}{last}", &code[..5])
}
