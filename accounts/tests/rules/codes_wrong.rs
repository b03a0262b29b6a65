//! Wrong codes: limited for each user and address exactly, and a hundred in a row switch the
//! authenticator off. A known device of its owner still gets in.

use accounts::{db::Db, sign_in::CodeError};
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    test_app::{DAY, NOW, Protected, TestApp, after},
    two_factor_at_sign_in::other_than,
};

on_both!(
    of_200_wrong_codes_at_once_on_two_nodes_exactly_the_limit_is_looked_at,
    a_hundred_wrong_codes_in_a_row_switch_the_authenticator_off_until_it_is_set_up_again,
    a_right_code_begins_the_row_anew,
    a_known_device_gets_in_while_a_stranger_has_used_up_every_permit,
);

async fn of_200_wrong_codes_at_once_on_two_nodes_exactly_the_limit_is_looked_at(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let mut there = app.clone();
    there.db = Db::open(&databases::url_of(&app.db)).await.unwrap();
    let wrong = other_than(&ada.code(NOW));
    let pending = std::sync::Arc::new(app.pending_sign_in(&ada.user, false, NOW).await);
    let mut tries = JoinSet::new();
    for n in 0..200 {
        let node = if n % 2 == 0 { &app } else { &there }.clone();
        let (pending, wrong) = (pending.clone(), wrong.clone());
        tries.spawn(async move { node.verify(&pending, &wrong, NOW).await });
    }
    let done = tries.join_all().await;
    let looked_at = done
        .iter()
        .filter(|d| matches!(d, Err(CodeError::Wrong(_))));
    assert_eq!(looked_at.count(), 10);
    let refused = done
        .iter()
        .filter(|d| matches!(d, Err(CodeError::RateLimited(_))));
    assert_eq!(refused.count(), 190);
    assert_eq!(app.events(&ada.user, "user.login_failed").await, 10);
    // The right one has no permit either, and no time has passed for it.
    let right = app.verify(&pending, &ada.code(NOW), NOW).await;
    assert!(matches!(right, Err(CodeError::RateLimited(_))), "{right:?}");
    there.db.close().await;
}

/// Wrong codes from strangers, as many days as it takes; the last answer.
async fn guess(app: &TestApp, ada: &Protected, times: u32) -> CodeError {
    let mut last = None;
    for day in 0..times {
        let now = after(day * DAY);
        let pending = app.pending_sign_in(&ada.user, false, now).await;
        let refused = app.verify(&pending, &other_than(&ada.code(now)), now).await;
        last = Some(refused.unwrap_err());
    }
    last.unwrap()
}

async fn a_hundred_wrong_codes_in_a_row_switch_the_authenticator_off_until_it_is_set_up_again(
    db: Db,
) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let known = known_device(&app, &ada).await;
    assert!(matches!(guess(&app, &ada, 100).await, CodeError::Wrong(_)));
    assert_eq!(app.events(&ada.user, "user.authenticator_off").await, 1);
    let told = "select count(*) from emails where details like '%authenticator_off%'";
    assert_eq!(databases::number(&app.db, told).await, 1);

    let now = after(200 * DAY);
    let pending = app.pending_sign_in(&ada.user, false, now).await;
    let off = app.verify(&pending, &ada.code(now), now).await;
    assert!(matches!(off, Err(CodeError::AuthenticatorOff)), "{off:?}");
    // A known device has a row of its own, and a recovery code is no code of the authenticator.
    app.verify_from(&pending, &ada.code(now), Some(&known), now)
        .await
        .unwrap();
    let pending = app.pending_sign_in(&ada.user, false, now).await;
    app.verify(&pending, &ada.codes[0], now).await.unwrap();
    assert_eq!(app.events(&ada.user, "user.authenticator_off").await, 1);
}

async fn a_right_code_begins_the_row_anew(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    guess(&app, &ada, 99).await;
    let now = after(150 * DAY);
    let pending = app.pending_sign_in(&ada.user, false, now).await;
    app.verify(&pending, &ada.code(now), now).await.unwrap();
    let later = after(151 * DAY);
    let pending = app.pending_sign_in(&ada.user, false, later).await;
    let wrong = app
        .verify(&pending, &other_than(&ada.code(later)), later)
        .await;
    assert!(matches!(wrong, Err(CodeError::Wrong(_))), "{wrong:?}");
    app.verify(&pending, &ada.code(later), later).await.unwrap();
}

async fn a_known_device_gets_in_while_a_stranger_has_used_up_every_permit(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let known = known_device(&app, &ada).await;
    let now = after(DAY);
    let pending = app.pending_sign_in(&ada.user, false, now).await;
    for _ in 0..10 {
        let _ = app.verify(&pending, &other_than(&ada.code(now)), now).await;
    }
    let stranger = app.verify(&pending, &ada.code(now), now).await;
    assert!(
        matches!(stranger, Err(CodeError::RateLimited(_))),
        "{stranger:?}"
    );
    app.verify_from(&pending, &ada.code(now), Some(&known), now)
        .await
        .unwrap();
}

async fn known_device(app: &TestApp, ada: &Protected) -> accounts::secret::Token {
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let completed = app.verify(&pending, &ada.code(NOW), NOW).await;
    completed.unwrap().device.value
}
