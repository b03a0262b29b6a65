//! Wrong codes: limited for each user and address exactly, and a hundred in a row switch the
//! authenticator off. A known device of its owner still gets in.

use accounts::{db::Db, sign_in::CodeError};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{DAY, Home, NOW, Protected, after},
    two_factor_at_sign_in::other_than,
};

on_both!(
    of_200_wrong_codes_at_once_on_two_nodes_exactly_the_limit_is_looked_at,
    a_hundred_wrong_codes_in_a_row_switch_the_authenticator_off_until_it_is_set_up_again,
    a_right_code_begins_the_row_anew,
    a_known_device_gets_in_while_a_stranger_has_used_every_place_up,
);

async fn of_200_wrong_codes_at_once_on_two_nodes_exactly_the_limit_is_looked_at(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let mut there = home.clone();
    there.db = Db::open(&databases::url_of(&home.db)).await.unwrap();
    let wrong = other_than(&ada.code(NOW));
    let pending = std::sync::Arc::new(home.pending_sign_in(&ada.person, false, NOW).await);
    let mut tries = JoinSet::new();
    for n in 0..200 {
        let node = if n % 2 == 0 { &home } else { &there }.clone();
        let (pending, wrong) = (pending.clone(), wrong.clone());
        tries.spawn(async move { node.verify(&pending, &wrong, NOW).await });
    }
    let done = tries.join_all().await;
    let looked_at = done.iter().filter(|d| matches!(d, Err(CodeError::Wrong)));
    assert_eq!(looked_at.count(), 10);
    let refused = done
        .iter()
        .filter(|d| matches!(d, Err(CodeError::RateLimited(_))));
    assert_eq!(refused.count(), 190);
    assert_eq!(home.events(&ada.person, "user.login_failed").await, 10);
    // The right one has no place either, and no time has passed for it.
    let right = home.verify(&pending, &ada.code(NOW), NOW).await;
    assert!(matches!(right, Err(CodeError::RateLimited(_))), "{right:?}");
    there.db.close().await;
}

/// Wrong codes from strangers, as many days as it takes; the last answer.
async fn guess(home: &Home, ada: &Protected, times: u32) -> CodeError {
    let mut last = None;
    for day in 0..times {
        let now = after(day * DAY);
        let pending = home.pending_sign_in(&ada.person, false, now).await;
        let refused = home
            .verify(&pending, &other_than(&ada.code(now)), now)
            .await;
        last = Some(refused.unwrap_err());
    }
    last.unwrap()
}

async fn a_hundred_wrong_codes_in_a_row_switch_the_authenticator_off_until_it_is_set_up_again(
    db: Db,
) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let known = known_device(&home, &ada).await;
    assert!(matches!(guess(&home, &ada, 100).await, CodeError::Wrong));
    assert_eq!(home.events(&ada.person, "user.authenticator_off").await, 1);
    let told = "select count(*) from emails where details like '%authenticator_off%'";
    assert_eq!(databases::number(&home.db, told).await, 1);

    let now = after(200 * DAY);
    let pending = home.pending_sign_in(&ada.person, false, now).await;
    let off = home.verify(&pending, &ada.code(now), now).await;
    assert!(matches!(off, Err(CodeError::AuthenticatorOff)), "{off:?}");
    // A known device has a row of its own, and a recovery code is no code of the authenticator.
    home.verify_from(&pending, &ada.code(now), Some(&known), now)
        .await
        .unwrap();
    let pending = home.pending_sign_in(&ada.person, false, now).await;
    home.verify(&pending, &ada.codes[0], now).await.unwrap();
    assert_eq!(home.events(&ada.person, "user.authenticator_off").await, 1);
}

async fn a_right_code_begins_the_row_anew(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    guess(&home, &ada, 99).await;
    let now = after(150 * DAY);
    let pending = home.pending_sign_in(&ada.person, false, now).await;
    home.verify(&pending, &ada.code(now), now).await.unwrap();
    let later = after(151 * DAY);
    let pending = home.pending_sign_in(&ada.person, false, later).await;
    let wrong = home
        .verify(&pending, &other_than(&ada.code(later)), later)
        .await;
    assert!(matches!(wrong, Err(CodeError::Wrong)), "{wrong:?}");
    home.verify(&pending, &ada.code(later), later)
        .await
        .unwrap();
}

async fn a_known_device_gets_in_while_a_stranger_has_used_every_place_up(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let known = known_device(&home, &ada).await;
    let now = after(DAY);
    let pending = home.pending_sign_in(&ada.person, false, now).await;
    for _ in 0..10 {
        let _ = home
            .verify(&pending, &other_than(&ada.code(now)), now)
            .await;
    }
    let stranger = home.verify(&pending, &ada.code(now), now).await;
    assert!(
        matches!(stranger, Err(CodeError::RateLimited(_))),
        "{stranger:?}"
    );
    home.verify_from(&pending, &ada.code(now), Some(&known), now)
        .await
        .unwrap();
}

async fn known_device(home: &Home, ada: &Protected) -> accounts::secret::Token {
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    let entered = home.verify(&pending, &ada.code(NOW), NOW).await;
    entered.unwrap().known_device
}
