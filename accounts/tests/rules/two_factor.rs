//! Setting two-factor authentication up, and turning it off.

mod stored;

use accounts::{
    account,
    audit::Actor,
    client::Client,
    db::Db,
    end_reason::EndReason,
    ids::UserId,
    plans::Plan,
    second_factor::{self, TwoFactorError},
    sessions::By,
};
use testing::databases;

use crate::test_app::{NOW, SECOND, TestApp, after};

on_both!(
    nothing_is_on_until_a_code_was_right,
    turning_it_on_ends_every_other_session_and_this_one_goes_on,
    a_set_up_that_is_begun_twice_shows_the_same_codes,
    a_set_up_expires_with_a_remote_logout_and_after_an_hour,
    another_session_neither_sees_a_set_up_nor_brings_it_into_force,
    it_is_part_of_plus_and_stays_on_after_a_downgrade,
    turning_it_off_clears_the_secret_and_voids_the_codes,
    a_new_set_of_codes_voids_the_old_one_when_it_is_used_and_not_before,
);

async fn nothing_is_on_until_a_code_was_right(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await.session.token;
    let none = app.turn_on(&here, "123456", NOW).await;
    assert!(matches!(none, Err(TwoFactorError::NoDraft)), "{none:?}");

    app.begin_two_factor(&here, NOW).await.unwrap();
    let draft = app.draft(&ada, NOW).await.unwrap();
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
        let refused = app.turn_on(&here, code, NOW).await.unwrap_err();
        let as_expected = match refused {
            TwoFactorError::Malformed => malformed,
            TwoFactorError::Wrong(_) => !malformed,
            _ => false,
        };
        assert!(as_expected, "{code}: {refused:?}");
    }
    // Nothing is on, so the password alone is enough, and nothing is stored for a sign-in.
    app.sign_in(&ada, NOW).await;
    assert_eq!(app.codes_left(&ada).await, 0);
    assert_eq!(app.events(&ada, "user.two_factor_enabled").await, 0);

    let spaced = format!(" {} {} ", &right[..3], &right[3..]);
    app.turn_on(&here, &spaced, NOW).await.unwrap();
    assert_eq!(app.codes_left(&ada).await, 16);
    assert_eq!(app.events(&ada, "user.two_factor_enabled").await, 1);
    assert!(app.draft(&ada, NOW).await.is_none());
}

async fn turning_it_on_ends_every_other_session_and_this_one_goes_on(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let there = app.sign_in_remembered(&ada, NOW).await;
    app.begin_two_factor(&here.session.token, NOW)
        .await
        .unwrap();
    let secret = app.draft(&ada, NOW).await.unwrap().secret.unwrap();
    let rotated = app
        .turn_on(&here.session.token, &secret.code(NOW), NOW)
        .await
        .unwrap();
    assert_eq!((rotated.sessions, rotated.remembered_devices), (1, 2));
    assert!(app.is_live(&rotated.session.token, NOW).await);
    let why = app.end_reason(&there.session.token, NOW).await;
    assert_eq!(why, EndReason::TwoFactorChanged);
    assert!(!app.is_live(&here.session.token, after(30 * SECOND)).await);
    assert_eq!(app.facts(&ada, NOW).await.remembered_devices, 0);
    let who = app.signed_in(&rotated.session.token, NOW).await;
    assert_eq!(who.user.two_factor_since, Some(NOW.at));
}

async fn a_set_up_that_is_begun_twice_shows_the_same_codes(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await.session.token;
    app.begin_two_factor(&here, NOW).await.unwrap();
    let first = app.draft(&ada, NOW).await.unwrap();
    app.begin_two_factor(&here, after(SECOND)).await.unwrap();
    let second = app.draft(&ada, after(SECOND)).await.unwrap();
    assert_eq!(first.codes, second.codes);
    assert_eq!(
        first.secret.unwrap().base32(),
        second.secret.unwrap().base32()
    );
}

async fn a_set_up_expires_with_a_remote_logout_and_after_an_hour(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    app.begin_two_factor(&here.session.token, NOW)
        .await
        .unwrap();
    assert!(app.draft(&ada, after(3_599 * SECOND)).await.is_some());
    assert!(app.draft(&ada, after(3_600 * SECOND)).await.is_none());
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert!(app.draft(&ada, NOW).await.is_none());
}

async fn another_session_neither_sees_a_set_up_nor_brings_it_into_force(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let (here, thief) = (app.sign_in(&ada, NOW).await, app.sign_in(&ada, NOW).await);
    app.begin_two_factor(&here.session.token, NOW)
        .await
        .unwrap();
    let seen = app.draft_seen_by(&ada, &thief.session.id, NOW).await;
    assert!(seen.is_none(), "{seen:?}");
    let code = app
        .draft(&ada, NOW)
        .await
        .unwrap()
        .secret
        .unwrap()
        .code(NOW);
    let refused = app.turn_on(&thief.session.token, &code, NOW).await;
    assert!(
        matches!(refused, Err(TwoFactorError::NoDraft)),
        "{refused:?}"
    );
    app.turn_on(&here.session.token, &code, NOW).await.unwrap();
}

async fn set_plan(app: &TestApp, member: &UserId, plan: Plan) {
    let mut op = app.begin(&Client::default(), NOW).await;
    let had = account::set_plan(&mut op, member, plan, Actor::Operator).await;
    assert!(had.unwrap().is_some());
    op.commit().await.unwrap();
}

async fn it_is_part_of_plus_and_stays_on_after_a_downgrade(db: Db) {
    let app = TestApp::new(db);
    let eve = app.user_on("Eve", Plan::Free).await;
    let here = app.sign_in(&eve, NOW).await.session.token;
    match app.begin_two_factor(&here, NOW).await {
        Err(TwoFactorError::PlanRequired(plans)) => {
            assert_eq!(plans, [Plan::Plus, Plan::Pro, Plan::Enterprise]);
        }
        other => panic!("{other:?}"),
    }
    // Begun on Plus, finished on Free: refused too.
    set_plan(&app, &eve.id, Plan::Plus).await;
    app.begin_two_factor(&here, NOW).await.unwrap();
    let secret = app.draft(&eve, NOW).await.unwrap().secret.unwrap();
    set_plan(&app, &eve.id, Plan::Free).await;
    let refused = app.turn_on(&here, &secret.code(NOW), NOW).await;
    assert!(
        matches!(refused, Err(TwoFactorError::PlanRequired(_))),
        "{refused:?}"
    );

    let ada = app.protected("Ada").await;
    set_plan(&app, &ada.user.id, Plan::Free).await;
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
}

async fn turning_it_off_clears_the_secret_and_voids_the_codes(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, true, NOW).await;
    let there = app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    let owed = app.pending_sign_in(&ada.user, false, NOW).await;

    let who = app.signed_in(&ada.here, NOW).await;
    let off = async |app: &TestApp| {
        let mut op = app.begin(&ada.user.client, NOW).await;
        let done = second_factor::turn_off(&mut op, &who).await?;
        op.commit().await?;
        Ok::<_, TwoFactorError>(done)
    };
    let rotated = off(&app).await.unwrap();
    assert_eq!((rotated.sessions, rotated.remembered_devices), (1, 1));
    assert!(app.is_live(&rotated.session.token, NOW).await);
    let why = app.end_reason(&there.session.token, NOW).await;
    assert_eq!(why, EndReason::TwoFactorChanged);
    for table in ["authenticators", "recovery_codes", "two_factor_drafts"] {
        let rows = databases::number(&app.db, &format!("select count(*) from {table}")).await;
        assert_eq!(rows, 0, "{table}");
    }
    // A pending sign-in from before has expired, and the password alone is enough again.
    assert!(app.verify(&owed, &ada.codes[0], NOW).await.is_err());
    app.sign_in(&ada.user, NOW).await;
    let again = off(&app).await;
    assert!(matches!(again, Err(TwoFactorError::NotOn)), "{again:?}");
}

async fn a_new_set_of_codes_voids_the_old_one_when_it_is_used_and_not_before(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let who = app.signed_in(&ada.here, NOW).await;

    let mut op = app.begin(&ada.user.client, NOW).await;
    second_factor::begin_new_codes(&mut op, &who).await.unwrap();
    op.commit().await.unwrap();
    let new = app.draft(&ada.user, NOW).await.unwrap();
    assert!(new.secret.is_none());
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    assert!(app.verify(&pending, &new.codes[0], NOW).await.is_err());
    app.verify(&pending, &ada.codes[0], NOW).await.unwrap();

    let mut op = app.begin(&ada.user.client, NOW).await;
    second_factor::use_new_codes(&mut op, &who).await.unwrap();
    op.commit().await.unwrap();
    assert_eq!(app.codes_left(&ada.user).await, 16);
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    assert!(app.verify(&pending, &ada.codes[1], NOW).await.is_err());
    app.verify(&pending, &new.codes[0], NOW).await.unwrap();
    let replaced = app.events(&ada.user, "user.recovery_codes_replaced").await;
    assert_eq!(replaced, 1);
}
