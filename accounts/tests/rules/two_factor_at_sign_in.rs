//! A second factor that is owed: every way in asks for it, and nothing made before a remote logout
//! outlives it.

use accounts::{
    db::Db,
    remember_me::Exchange,
    sessions::By,
    sign_in::{CodeError, pending_is_open},
};

use crate::{
    databases,
    home::{Home, NOW, SECOND, after},
};

on_both!(
    a_right_password_is_no_session_until_the_code_was_right,
    a_pending_sign_in_lasts_ten_minutes_and_is_good_once,
    a_pending_sign_in_from_before_a_remote_logout_is_dead_and_its_recovery_code_is_not_used_up,
    a_code_is_accepted_once_and_so_is_every_step_before_it,
    a_recovery_code_is_accepted_once_and_told_of,
    after_a_remote_logout_a_remembered_device_owes_a_code_like_any_other,
    what_was_typed_wrong_costs_a_place_and_what_is_no_code_does_not,
);

async fn a_right_password_is_no_session_until_the_code_was_right(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let pending = home.pending_sign_in(&ada.person, true, NOW).await;
    // Its cookie opens nothing: neither as a session nor as a remembered device.
    assert!(!home.is_live(&pending.token, NOW).await);
    let exchanged = home.exchange(&pending.token, false, NOW).await;
    assert!(matches!(exchanged, Exchange::Unknown), "{exchanged:?}");
    assert_eq!(home.list(&ada.person, NOW).await.len(), 1);
    assert_eq!(home.facts(&ada.person, NOW).await.remembered_devices, 0);

    let entered = home.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    assert_eq!(entered.user, ada.person.id);
    assert_eq!(entered.next, "/profile");
    assert!(entered.remembered.is_some());
    assert!(home.is_live(&entered.session.token, NOW).await);
    let how =
        "select second_factor from sessions where second_factor is not null and ended_at is null
               order by started_at desc, id desc limit 1";
    assert_eq!(databases::text(&home.db, how).await, "code");
}

async fn a_pending_sign_in_lasts_ten_minutes_and_is_good_once(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let late = after(600 * SECOND);
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    let open = async |now| {
        let mut conn = home.db.read().await.unwrap();
        pending_is_open(&mut conn, &pending.token, now)
            .await
            .unwrap()
    };
    assert!(open(after(599 * SECOND)).await);
    assert!(!open(late).await);
    let refused = home.verify(&pending, &ada.code(late), late).await;
    assert!(matches!(refused, Err(CodeError::Expired)), "{refused:?}");

    home.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    assert!(!open(NOW).await);
    let again = home.verify(&pending, &ada.codes[0], NOW).await;
    assert!(matches!(again, Err(CodeError::Expired)), "{again:?}");
    assert_eq!(home.codes_left(&ada.person).await, 16);
}

async fn a_pending_sign_in_from_before_a_remote_logout_is_dead_and_its_recovery_code_is_not_used_up(
    db: Db,
) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    let who = home.signed_in(&ada.here, NOW).await;
    home.remote_logout(&ada.person.id, By::Session(&who.session), after(SECOND))
        .await
        .unwrap();
    let now = after(2 * SECOND);
    for code in [&ada.code(now), &ada.codes[0]] {
        let refused = home.verify(&pending, code, now).await;
        assert!(matches!(refused, Err(CodeError::Expired)), "{refused:?}");
    }
    assert_eq!(home.codes_left(&ada.person).await, 16);
    assert!(home.list(&ada.person, now).await.is_empty());
    let again = home.pending_sign_in(&ada.person, false, now).await;
    home.verify(&again, &ada.codes[0], now).await.unwrap();
    assert_eq!(home.codes_left(&ada.person).await, 15);
}

async fn a_code_is_accepted_once_and_so_is_every_step_before_it(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let (this, before) = (ada.code(NOW), ada.secret.code(after_none(-30)));
    let enter = async |code: &str| {
        let pending = home.pending_sign_in(&ada.person, false, NOW).await;
        home.verify(&pending, code, NOW).await.map(|_| ())
    };
    enter(&this).await.unwrap();
    for consumed in [&this, &before] {
        let refused = enter(consumed).await;
        assert!(matches!(refused, Err(CodeError::Wrong)), "{refused:?}");
    }
    // The next one is within the drift.
    enter(&ada.code(after(30 * SECOND))).await.unwrap();
}

/// So many seconds before the story begins.
fn after_none(seconds: i64) -> accounts::time::Moment {
    accounts::time::Moment::at(accounts::time::UnixMillis(NOW.at.0 + seconds * 1_000))
}

async fn a_recovery_code_is_accepted_once_and_told_of(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    let typed = ada.codes[3].to_uppercase().replace('-', " ");
    home.verify(&pending, &typed, NOW).await.unwrap();
    assert_eq!(home.codes_left(&ada.person).await, 15);
    assert_eq!(home.events(&ada.person, "user.recovery_code_used").await, 1);
    let told = "select count(*) from emails where details like '%recovery_code_used%\"left\":15%'";
    assert_eq!(databases::number(&home.db, told).await, 1);

    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    let again = home.verify(&pending, &ada.codes[3], NOW).await;
    assert!(matches!(again, Err(CodeError::Wrong)), "{again:?}");
    // Somebody else's code is nobody's.
    let eve = home.protected("Eve").await;
    let pending = home.pending_sign_in(&eve.person, false, NOW).await;
    let refused = home.verify(&pending, &ada.codes[4], NOW).await;
    assert!(matches!(refused, Err(CodeError::Wrong)), "{refused:?}");
    assert_eq!(home.codes_left(&ada.person).await, 15);
}

async fn after_a_remote_logout_a_remembered_device_owes_a_code_like_any_other(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let pending = home.pending_sign_in(&ada.person, true, NOW).await;
    let entered = home.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    let remembered = entered.remembered.unwrap().token;
    home.remote_logout(&ada.person.id, By::Session(&entered.session.id), NOW)
        .await
        .unwrap();
    let exchanged = home.exchange(&remembered, false, NOW).await;
    assert!(matches!(exchanged, Exchange::Ended(_)), "{exchanged:?}");
    // The browser is known, and still owes a code.
    let known = entered.known_device;
    let pending = home.pending_sign_in(&ada.person, true, after(SECOND)).await;
    let now = after(31 * SECOND);
    home.verify_from(&pending, &ada.code(now), Some(&known), now)
        .await
        .unwrap();
}

async fn what_was_typed_wrong_costs_a_place_and_what_is_no_code_does_not(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    for nonsense in ["", " ", "12345", "nonsense", "١٢٣٤٥٦", &"1".repeat(100_000)] {
        let refused = home.verify(&pending, nonsense, NOW).await;
        assert!(matches!(refused, Err(CodeError::Malformed)), "{refused:?}");
    }
    let places = "select count(*) from rate_limits where subject like 'code:%'";
    assert_eq!(databases::number(&home.db, places).await, 0);
    let wrong = home
        .verify(&pending, &other_than(&ada.code(NOW)), NOW)
        .await;
    assert!(matches!(wrong, Err(CodeError::Wrong)), "{wrong:?}");
    assert_eq!(databases::number(&home.db, places).await, 1);
    assert_eq!(home.events(&ada.person, "user.login_failed").await, 1);
}

/// A code that is not this one.
pub fn other_than(code: &str) -> String {
    let last = if code.ends_with('7') { '8' } else { '7' };
    format!("{}{last}", &code[..5])
}
