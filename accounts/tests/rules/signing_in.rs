//! From an email and a password to a session, and out of it again.

use accounts::{
    db::Db,
    end_reason::EndReason,
    passwords::Hasher,
    remember_me::Exchange,
    sessions::{self, By, Found},
    sign_in::{SignInError, sign_in_new},
};
use testing::databases;

use crate::test_app::{NOW, PASSWORD, SECOND, TestApp, after, browser, complete_sign_in};

on_both!(
    a_right_password_gives_a_session_whatever_the_case_of_the_email,
    an_unknown_email_and_a_wrong_password_look_alike,
    a_user_who_has_just_signed_up_is_signed_in,
    a_hash_made_with_other_settings_is_renewed_and_no_session_ends,
    signing_out_ends_this_session_and_its_remembered_device_alone,
    a_disabled_user_gets_in_nowhere,
    a_password_checked_before_a_remote_logout_starts_no_session,
);

async fn a_right_password_gives_a_session_whatever_the_case_of_the_email(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for email in ["ada@example.com", " ADA@Example.COM "] {
        let entered = app
            .try_sign_in(email, PASSWORD, &browser(1), NOW)
            .await
            .unwrap();
        assert_eq!(entered.user, ada.id);
        let who = app.signed_in(&entered.session.token, NOW).await;
        assert_eq!(
            (who.user.id, who.session),
            (ada.id.clone(), entered.session.id)
        );
        assert!(entered.remembered.is_none());
    }
    assert_eq!(app.events(&ada, "user.login").await, 2);
}

async fn an_unknown_email_and_a_wrong_password_look_alike(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let wrong = app
        .try_sign_in(&ada.email, "not this one", &browser(1), NOW)
        .await;
    let unknown = app
        .try_sign_in("eve@example.com", PASSWORD, &browser(1), NOW)
        .await;
    let (wrong, unknown) = (wrong.unwrap_err(), unknown.unwrap_err());
    assert!(matches!(
        (&wrong, &unknown),
        (SignInError::Wrong, SignInError::Wrong)
    ));
    assert_eq!(wrong.to_string(), unknown.to_string());
    assert_eq!(app.events(&ada, "user.login_failed").await, 1);
    let all = "select count(*) from audit_events where action = 'user.login_failed'";
    assert_eq!(databases::number(&app.db, all).await, 2);
    assert!(app.list(&ada, NOW).await.is_empty());
}

async fn a_user_who_has_just_signed_up_is_signed_in(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let admitted = sign_in_new(&app, &ada.client, NOW, &ada.id).await;
    let entered = complete_sign_in(admitted.unwrap());
    assert!(app.is_live(&entered.session.token, NOW).await);
}

async fn a_hash_made_with_other_settings_is_renewed_and_no_session_ends(db: Db) {
    let mut app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let before = app.sign_in(&ada, NOW).await;
    let stored = "select password_hash from users";
    assert!(
        databases::text(&app.db, stored)
            .await
            .starts_with("$argon2id$v=19$m=64,t=1,p=1$")
    );

    app.hasher = Hasher::with_cost(128, 2, 2).unwrap();
    let renewing = app.sign_in(&ada, NOW).await;
    let renewed = databases::text(&app.db, stored).await;
    assert!(
        renewed.starts_with("$argon2id$v=19$m=128,t=2,p=1$"),
        "{renewed}"
    );
    let next = app.sign_in(&ada, NOW).await;
    assert_eq!(databases::text(&app.db, stored).await, renewed);
    for entered in [before, renewing, next] {
        assert!(app.is_live(&entered.session.token, NOW).await);
    }
}

async fn signing_out_ends_this_session_and_its_remembered_device_alone(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let there = app.sign_in_remembered(&ada, NOW).await;
    // The second time is a double click, and changes nothing.
    for _ in 0..2 {
        let mut op = app.begin(&ada.client, NOW).await;
        sessions::sign_out(&mut op, &ada.id, &here.session.id)
            .await
            .unwrap();
        op.commit().await.unwrap();
    }
    assert_eq!(
        app.end_reason(&here.session.token, NOW).await,
        EndReason::SignedOut
    );
    assert!(app.is_live(&there.session.token, NOW).await);
    let facts = app.facts(&ada, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (1, 1));
    assert_eq!(app.events(&ada, "user.logout").await, 1);
}

async fn a_disabled_user_gets_in_nowhere(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let pending = app.check_password(&ada, NOW).await;
    // Only the mark, behind the back of the rules: what disables a member ends their sessions and raises the
    // epoch as well, and here each way in has to look at the mark itself.
    let disabled = format!("update users set disabled_at = {}", NOW.at.0);
    databases::run(&app.db, &disabled).await;

    assert_eq!(
        app.end_reason(&here.session.token, NOW).await,
        EndReason::Disabled
    );
    let again = app
        .try_sign_in(&ada.email, PASSWORD, &ada.client, NOW)
        .await;
    assert!(matches!(again, Err(SignInError::Wrong)), "{again:?}");
    let pending = app.start_session(&ada, pending, false, NOW).await;
    assert!(matches!(pending, Err(SignInError::Conflict)), "{pending:?}");
    let token = here.remembered.unwrap().token;
    let exchanged = app.exchange(&token, NOW).await;
    let Exchange::Ended(ended) = exchanged else {
        panic!("{exchanged:?}")
    };
    assert_eq!(ended.end_reason, EndReason::Disabled);
}

async fn a_password_checked_before_a_remote_logout_starts_no_session(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let pending = app.check_password(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), after(SECOND))
        .await
        .unwrap();

    let conflict = app.start_session(&ada, pending, true, after(SECOND)).await;
    assert!(
        matches!(conflict, Err(SignInError::Conflict)),
        "{conflict:?}"
    );
    assert!(app.list(&ada, after(SECOND)).await.is_empty());
    // The password was right, so it is not counted as a failure.
    let counted = "select cast(coalesce(sum(failures), 0) as bigint) from rate_limits";
    assert_eq!(databases::number(&app.db, counted).await, 0);
    let again = app.sign_in(&ada, after(SECOND)).await;
    assert!(matches!(
        app.find(&again.session.token, after(SECOND)).await,
        Found::Live(_)
    ));
}
