//! Setting two-factor authentication up, and ending it.

use accounts::{
    db::Db,
    key_rotation::seal_anew,
    keys::Keys,
    plans::Plan,
    second_factor::{self, TwoFactorError},
    sessions::{By, EndReason},
};

use crate::{
    databases,
    home::{Home, NOW, SECOND, after},
};

on_both!(
    nothing_is_on_until_a_code_was_right,
    turning_it_on_ends_every_other_session_and_this_one_goes_on,
    a_set_up_that_is_begun_twice_shows_the_same_codes,
    a_set_up_dies_with_a_remote_logout_and_after_an_hour,
    another_session_neither_sees_a_set_up_nor_brings_it_into_force,
    it_is_part_of_plus_and_stays_on_after_a_downgrade,
    turning_it_off_clears_the_secret_and_voids_the_codes,
    a_new_set_of_codes_voids_the_old_one_when_it_is_used_and_not_before,
    a_remote_logout_leaves_secret_and_codes_byte_for_byte,
    a_rotated_key_opens_what_the_old_one_sealed_and_the_old_one_is_needed_no_longer,
);

const OF_THE_SECRET: &str =
    "select key_id || ' ' || secret || ' ' || cast(last_step as text) from authenticators";
const OF_THE_CODES: &str = "select min(code_hash) || max(code_hash) || cast(count(used_at) as text)
     || cast(count(*) as text) from recovery_codes";

async fn nothing_is_on_until_a_code_was_right(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await.session.token;
    let none = home.turn_on(&here, "123456", NOW).await;
    assert!(matches!(none, Err(TwoFactorError::NoDraft)), "{none:?}");

    home.begin(&here, NOW).await.unwrap();
    let draft = home.draft(&ada, NOW).await.unwrap();
    assert_eq!(draft.codes.len(), 16);
    let secret = draft.secret.unwrap();
    let right = secret.code(NOW);
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for (code, malformed) in [
        (wrong, false),
        ("", true),
        ("12345", true),
        ("1234567", true),
        ("12345x", true),
        (draft.codes[0].as_str(), true),
    ] {
        let refused = home.turn_on(&here, code, NOW).await.unwrap_err();
        let as_expected = match refused {
            TwoFactorError::Malformed => malformed,
            TwoFactorError::Wrong => !malformed,
            _ => false,
        };
        assert!(as_expected, "{code}: {refused:?}");
    }
    // Nothing is on, so the password alone is enough, and nothing is stored for a sign-in.
    home.sign_in(&ada, NOW).await;
    assert_eq!(home.codes_left(&ada).await, 0);
    assert_eq!(home.events(&ada, "user.two_factor_enabled").await, 0);

    let spaced = format!(" {} {} ", &right[..3], &right[3..]);
    home.turn_on(&here, &spaced, NOW).await.unwrap();
    assert_eq!(home.codes_left(&ada).await, 16);
    assert_eq!(home.events(&ada, "user.two_factor_enabled").await, 1);
    assert!(home.draft(&ada, NOW).await.is_none());
}

async fn turning_it_on_ends_every_other_session_and_this_one_goes_on(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let there = home.sign_in_remembered(&ada, NOW).await;
    home.begin(&here.session.token, NOW).await.unwrap();
    let secret = home.draft(&ada, NOW).await.unwrap().secret.unwrap();
    let alone = home
        .turn_on(&here.session.token, &secret.code(NOW), NOW)
        .await
        .unwrap();
    assert_eq!((alone.sessions, alone.remembered_devices), (1, 2));
    assert!(home.is_live(&alone.session.token, NOW).await);
    let why = home.why_dead(&there.session.token, NOW).await;
    assert_eq!(why, EndReason::TwoFactorChanged);
    assert!(!home.is_live(&here.session.token, after(30 * SECOND)).await);
    assert_eq!(home.facts(&ada, NOW).await.remembered_devices, 0);
    let who = home.signed_in(&alone.session.token, NOW).await;
    assert_eq!(who.user.two_factor_since, Some(NOW.at));
}

async fn a_set_up_that_is_begun_twice_shows_the_same_codes(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await.session.token;
    home.begin(&here, NOW).await.unwrap();
    let first = home.draft(&ada, NOW).await.unwrap();
    home.begin(&here, after(SECOND)).await.unwrap();
    let second = home.draft(&ada, after(SECOND)).await.unwrap();
    assert_eq!(first.codes, second.codes);
    assert_eq!(
        first.secret.unwrap().base32(),
        second.secret.unwrap().base32()
    );
}

async fn a_set_up_dies_with_a_remote_logout_and_after_an_hour(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    home.begin(&here.session.token, NOW).await.unwrap();
    assert!(home.draft(&ada, after(3_599 * SECOND)).await.is_some());
    assert!(home.draft(&ada, after(3_600 * SECOND)).await.is_none());
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert!(home.draft(&ada, NOW).await.is_none());
}

async fn another_session_neither_sees_a_set_up_nor_brings_it_into_force(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let (here, thief) = (home.sign_in(&ada, NOW).await, home.sign_in(&ada, NOW).await);
    home.begin(&here.session.token, NOW).await.unwrap();
    let seen = home.draft_seen_by(&ada, &thief.session.id, NOW).await;
    assert!(seen.is_none(), "{seen:?}");
    let code = home
        .draft(&ada, NOW)
        .await
        .unwrap()
        .secret
        .unwrap()
        .code(NOW);
    let refused = home.turn_on(&thief.session.token, &code, NOW).await;
    assert!(
        matches!(refused, Err(TwoFactorError::NoDraft)),
        "{refused:?}"
    );
    home.turn_on(&here.session.token, &code, NOW).await.unwrap();
}

async fn it_is_part_of_plus_and_stays_on_after_a_downgrade(db: Db) {
    let home = Home::new(db);
    let eve = home.person_on("Eve", Plan::Free).await;
    let here = home.sign_in(&eve, NOW).await.session.token;
    match home.begin(&here, NOW).await {
        Err(TwoFactorError::PlanRequired(plans)) => {
            assert_eq!(plans, [Plan::Plus, Plan::Pro, Plan::Enterprise]);
        }
        other => panic!("{other:?}"),
    }
    // Begun on Plus, finished on Free: refused too.
    databases::run(&home.db, "update accounts set plan = 'plus'").await;
    home.begin(&here, NOW).await.unwrap();
    let secret = home.draft(&eve, NOW).await.unwrap().secret.unwrap();
    databases::run(&home.db, "update accounts set plan = 'free'").await;
    let refused = home.turn_on(&here, &secret.code(NOW), NOW).await;
    assert!(
        matches!(refused, Err(TwoFactorError::PlanRequired(_))),
        "{refused:?}"
    );

    let ada = home.protected("Ada").await;
    databases::run(&home.db, "update accounts set plan = 'free'").await;
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    home.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
}

async fn turning_it_off_clears_the_secret_and_voids_the_codes(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let pending = home.pending_sign_in(&ada.person, true, NOW).await;
    let there = home.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    let owed = home.pending_sign_in(&ada.person, false, NOW).await;

    let who = home.signed_in(&ada.here, NOW).await;
    let off = async |home: &Home| {
        let mut tx = home.db.write().await.unwrap();
        let (limits, client) = (&home.limits, &ada.person.client);
        let done = second_factor::turn_off(&mut tx, limits, &who, client, NOW).await?;
        tx.commit().await.unwrap();
        Ok::<_, TwoFactorError>(done)
    };
    let alone = off(&home).await.unwrap();
    assert_eq!((alone.sessions, alone.remembered_devices), (1, 1));
    assert!(home.is_live(&alone.session.token, NOW).await);
    let why = home.why_dead(&there.session.token, NOW).await;
    assert_eq!(why, EndReason::TwoFactorChanged);
    for table in ["authenticators", "recovery_codes", "two_factor_drafts"] {
        let rows = databases::number(&home.db, &format!("select count(*) from {table}")).await;
        assert_eq!(rows, 0, "{table}");
    }
    // A pending sign-in from before is over, and the password alone is enough again.
    assert!(home.verify(&owed, &ada.codes[0], NOW).await.is_err());
    home.sign_in(&ada.person, NOW).await;
    let again = off(&home).await;
    assert!(matches!(again, Err(TwoFactorError::NotOn)), "{again:?}");
}

async fn a_new_set_of_codes_voids_the_old_one_when_it_is_used_and_not_before(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let who = home.signed_in(&ada.here, NOW).await;
    let (keys, limits, client) = (&home.keys, &home.limits, &ada.person.client);

    let mut tx = home.db.write().await.unwrap();
    second_factor::begin_new_codes(&mut tx, keys, &who, limits, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let new = home.draft(&ada.person, NOW).await.unwrap();
    assert!(new.secret.is_none());
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    assert!(home.verify(&pending, &new.codes[0], NOW).await.is_err());
    home.verify(&pending, &ada.codes[0], NOW).await.unwrap();

    let mut tx = home.db.write().await.unwrap();
    second_factor::use_new_codes(&mut tx, keys, limits, &who, client, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(home.codes_left(&ada.person).await, 16);
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    assert!(home.verify(&pending, &ada.codes[1], NOW).await.is_err());
    home.verify(&pending, &new.codes[0], NOW).await.unwrap();
    assert_eq!(
        home.events(&ada.person, "user.recovery_codes_replaced")
            .await,
        1
    );
}

async fn a_remote_logout_leaves_secret_and_codes_byte_for_byte(db: Db) {
    let home = Home::new(db);
    let ada = home.protected("Ada").await;
    let secret = databases::text(&home.db, OF_THE_SECRET).await;
    let codes = databases::text(&home.db, OF_THE_CODES).await;
    let who = home.signed_in(&ada.here, NOW).await;
    home.remote_logout(&ada.person.id, By::Session(&who.session), NOW)
        .await
        .unwrap();
    assert_eq!(databases::text(&home.db, OF_THE_SECRET).await, secret);
    assert_eq!(databases::text(&home.db, OF_THE_CODES).await, codes);
    // The next sign-in asks for a code.
    home.pending_sign_in(&ada.person, true, after(SECOND)).await;
}

async fn a_rotated_key_opens_what_the_old_one_sealed_and_the_old_one_is_needed_no_longer(db: Db) {
    let old = Keys::new_line();
    let mut home = Home::new(db);
    home.keys = Keys::parse(&old).unwrap();
    let ada = home.protected("Ada").await;
    let before = databases::text(&home.db, OF_THE_SECRET).await;
    let new = Keys::new_line();
    home.keys = Keys::parse(&format!("{}{}", *new, *old)).unwrap();
    let mut tx = home.db.write().await.unwrap();
    assert_eq!(seal_anew(&mut tx, &home.keys).await.unwrap(), 1);
    assert_eq!(seal_anew(&mut tx, &home.keys).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_ne!(databases::text(&home.db, OF_THE_SECRET).await, before);
    home.keys = Keys::parse(&new).unwrap();
    let pending = home.pending_sign_in(&ada.person, false, NOW).await;
    home.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
}
