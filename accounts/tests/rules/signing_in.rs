//! From an email and a password to a session, and out of it again.

use accounts::{
    db::Db,
    passwords::Hasher,
    sessions::{self, By, EndReason, Found},
    sign_in::{SignInError, sign_in_new},
};

use crate::{
    databases,
    home::{Home, NOW, PASSWORD, SECOND, after, browser, complete_sign_in},
};

on_both!(
    a_right_password_gives_a_session_whatever_the_case_of_the_email,
    an_unknown_email_and_a_wrong_password_look_alike,
    whoever_has_just_signed_up_is_let_in,
    a_hash_made_with_other_settings_is_renewed_and_nobody_notices,
    signing_out_ends_this_session_and_its_remembered_device_alone,
    a_disabled_user_gets_in_nowhere,
    a_password_checked_before_a_remote_logout_starts_no_session,
);

async fn a_right_password_gives_a_session_whatever_the_case_of_the_email(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for email in ["ada@example.com", " ADA@Example.COM "] {
        let entered = home
            .try_sign_in(email, PASSWORD, &browser(1), NOW)
            .await
            .unwrap();
        assert_eq!(entered.user, ada.id);
        let who = home.signed_in(&entered.session.token, NOW).await;
        assert_eq!(
            (who.user.id, who.session),
            (ada.id.clone(), entered.session.id)
        );
        assert!(entered.remembered.is_none());
    }
    assert_eq!(home.events(&ada, "user.login").await, 2);
}

async fn an_unknown_email_and_a_wrong_password_look_alike(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let wrong = home
        .try_sign_in(&ada.email, "not this one", &browser(1), NOW)
        .await;
    let unknown = home
        .try_sign_in("eve@example.com", PASSWORD, &browser(1), NOW)
        .await;
    let (wrong, unknown) = (wrong.unwrap_err(), unknown.unwrap_err());
    assert!(matches!(
        (&wrong, &unknown),
        (SignInError::Wrong, SignInError::Wrong)
    ));
    assert_eq!(wrong.to_string(), unknown.to_string());
    assert_eq!(home.events(&ada, "user.login_failed").await, 1);
    let all = "select count(*) from audit_events where action = 'user.login_failed'";
    assert_eq!(databases::number(&home.db, all).await, 2);
    assert!(home.list(&ada, NOW).await.is_empty());
}

async fn whoever_has_just_signed_up_is_let_in(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let db = &home.db;
    let entered = sign_in_new(
        db,
        &home.keys,
        &home.limits,
        &ada.id,
        None,
        &ada.client,
        NOW,
    )
    .await;
    assert!(
        home.is_live(&complete_sign_in(entered.unwrap()).session.token, NOW)
            .await
    );
}

async fn a_hash_made_with_other_settings_is_renewed_and_nobody_notices(db: Db) {
    let mut home = Home::new(db);
    let ada = home.person("Ada").await;
    let before = home.sign_in(&ada, NOW).await;
    let stored = "select password_hash from users";
    assert!(
        databases::text(&home.db, stored)
            .await
            .starts_with("$argon2id$v=19$m=64,t=1,p=1$")
    );

    home.hasher = Hasher::with_cost(128, 2, 2).unwrap();
    let renewing = home.sign_in(&ada, NOW).await;
    let renewed = databases::text(&home.db, stored).await;
    assert!(
        renewed.starts_with("$argon2id$v=19$m=128,t=2,p=1$"),
        "{renewed}"
    );
    let next = home.sign_in(&ada, NOW).await;
    assert_eq!(databases::text(&home.db, stored).await, renewed);
    for entered in [before, renewing, next] {
        assert!(home.is_live(&entered.session.token, NOW).await);
    }
}

async fn signing_out_ends_this_session_and_its_remembered_device_alone(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let there = home.sign_in_remembered(&ada, NOW).await;
    // The second time is a double click.
    for _ in 0..2 {
        let mut tx = home.db.write().await.unwrap();
        sessions::sign_out(&mut tx, &ada.id, &here.session.id, &ada.client, NOW)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(
        home.why_dead(&here.session.token, NOW).await,
        EndReason::SignedOut
    );
    assert!(home.is_live(&there.session.token, NOW).await);
    let facts = home.facts(&ada, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (1, 1));
    assert_eq!(home.events(&ada, "user.logout").await, 1);
}

async fn a_disabled_user_gets_in_nowhere(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let pending = home.check_password(&ada, NOW).await;
    databases::run(
        &home.db,
        &format!("update users set disabled_at = {}", NOW.at.0),
    )
    .await;

    assert_eq!(
        home.why_dead(&here.session.token, NOW).await,
        EndReason::Disabled
    );
    let again = home
        .try_sign_in(&ada.email, PASSWORD, &ada.client, NOW)
        .await;
    assert!(matches!(again, Err(SignInError::Wrong)), "{again:?}");
    let pending = home.start_session(&ada, pending, false, NOW).await;
    assert!(matches!(pending, Err(SignInError::Conflict)), "{pending:?}");
    let token = here.remembered.unwrap().token;
    let exchanged = home.exchange(&token, false, NOW).await;
    let accounts::remember_me::Exchange::Ended(ended) = exchanged else {
        panic!("{exchanged:?}")
    };
    assert_eq!(ended.end_reason, EndReason::Disabled);
}

async fn a_password_checked_before_a_remote_logout_starts_no_session(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let pending = home.check_password(&ada, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), after(SECOND))
        .await
        .unwrap();

    let conflict = home.start_session(&ada, pending, true, after(SECOND)).await;
    assert!(
        matches!(conflict, Err(SignInError::Conflict)),
        "{conflict:?}"
    );
    assert!(home.list(&ada, after(SECOND)).await.is_empty());
    // It was nobody's fault, so it is not counted as a failure.
    let counted = "select coalesce(sum(failures), 0) from rate_limits";
    assert_eq!(
        databases::number(&home.db, &format!("select cast(({counted}) as bigint)")).await,
        0
    );
    let again = home.sign_in(&ada, after(SECOND)).await;
    assert!(matches!(
        home.find(&again.session.token, after(SECOND)).await,
        Found::Live(_)
    ));
}
