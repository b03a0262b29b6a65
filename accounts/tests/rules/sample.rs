//! Sample users for a demonstration, and very many sessions for measuring.

use std::collections::HashSet;

use accounts::{
    audit,
    db::Db,
    plans::Plan,
    sample::{self, DemoError, Seed, SeedError},
    secret::Token,
};
use testing::databases;

use crate::test_app::{NOW, TestApp, browser, secret};

on_both!(
    the_demo_has_users_on_every_plan_with_devices_and_history,
    the_demo_is_created_once,
    seeded_sessions_are_signed_in,
    seeding_stops_when_its_list_cannot_be_written,
);

async fn the_demo_has_users_on_every_plan_with_devices_and_history(db: Db) {
    let app = TestApp::new(db);
    let demo = sample::demo(&app, NOW).await.unwrap();
    for plan in Plan::ALL {
        assert!(
            demo.users.iter().filter(|p| p.plan == plan).count() >= 2,
            "{plan:?}"
        );
    }
    assert!(demo.users[0].sessions >= 10, "{demo:?}");
    assert!(demo.users.iter().all(|p| p.sessions >= 1), "{demo:?}");
    for reason in [
        "signed_out",
        "remote_logout",
        "password_changed",
        "reused",
        "expired",
    ] {
        let ended = format!("select count(*) from sessions where end_reason = '{reason}'");
        assert!(databases::number(&app.db, &ended).await > 0, "{reason}");
    }
    let future = format!(
        "select count(*) from sessions where last_active_at > {}",
        NOW.at.0
    );
    assert_eq!(databases::number(&app.db, &future).await, 0);
    let backwards = "select count(*) from audit_events a join audit_events b
                     on b.chain = a.chain and b.seq = a.seq + 1 and b.at < a.at";
    assert_eq!(databases::number(&app.db, backwards).await, 0);
    let whole = audit::verify(&mut app.db.read().await.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(whole.chains, 8);
    assert!(whole.events > 150, "{whole:?}");
    // The password signs every user in, and would be accepted from each of them.
    for user in &demo.users {
        app.try_sign_in(&user.email, sample::PASSWORD, &browser(1), NOW)
            .await
            .unwrap();
        let password = secret(sample::PASSWORD);
        let accepted = app
            .hasher
            .stranger(&browser(1))
            .accept(&password, 15, &[&user.email])
            .await
            .unwrap();
        assert_eq!(accepted, Ok(()));
    }
}

async fn the_demo_is_created_once(db: Db) {
    let app = TestApp::new(db);
    sample::demo(&app, NOW).await.unwrap();
    let again = sample::demo(&app, NOW).await;
    assert!(
        matches!(again, Err(DemoError::AlreadyThere(_))),
        "{again:?}"
    );
    assert_eq!(
        databases::number(&app.db, "select count(*) from users").await,
        8
    );
}

const THREE_BY_FOUR: Seed<'_> = Seed {
    users: 3,
    sessions_each: 4,
    cookie: "curfew_session",
};

async fn seeded_sessions_are_signed_in(db: Db) {
    let app = TestApp::new(db);
    let mut lines = Vec::new();
    // Twice: there is no end to measuring.
    for _ in 0..2 {
        let keep = |line: &str| {
            lines.push(line.to_owned());
            Ok(())
        };
        sample::seed(&app, THREE_BY_FOUR, NOW, keep).await.unwrap();
    }
    assert_eq!(lines.len(), 24);
    let mut users = HashSet::new();
    for line in &lines {
        let (email, cookie) = line.split_once("\tcurfew_session=").unwrap();
        let token = Token::presented(cookie).unwrap();
        assert_eq!(app.signed_in(&token, NOW).await.user.email, email);
        users.insert(email);
    }
    assert_eq!(users.len(), 6);
}

async fn seeding_stops_when_its_list_cannot_be_written(db: Db) {
    let app = TestApp::new(db);
    let full = |_: &str| Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
    let stopped = sample::seed(&app, THREE_BY_FOUR, NOW, full).await;
    assert!(matches!(stopped, Err(SeedError::Write(_))), "{stopped:?}");
}
