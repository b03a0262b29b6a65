//! What is deleted is what is due, and nothing else.

use accounts::{
    cleanup::cleanup,
    db::Db,
    sessions::{self, By},
    time::Moment,
};
use testing::databases;

use crate::test_app::{DAY, NOW, SECOND, TestApp, after, browser};

on_both!(
    what_ended_or_ran_out_is_deleted_30_days_later,
    counts_of_failures_and_known_devices_are_deleted_when_they_are_due,
    what_is_live_is_not_deleted,
    what_a_gate_has_left_is_deleted_too,
);

async fn delete_due(app: &TestApp, now: Moment) -> u64 {
    let mut tx = app.db.write().await.unwrap();
    let deleted = cleanup(&mut tx, now).await.unwrap();
    tx.commit().await.unwrap();
    deleted
}

async fn rows(app: &TestApp, table: &str) -> i64 {
    databases::number(&app.db, &format!("select count(*) from {table}")).await
}

async fn what_ended_or_ran_out_is_deleted_30_days_later(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    // Ada's are ended by a remote logout; Ben's run out after 30 and 60 days.
    let adas = app.sign_in_remembered(&ada, NOW).await;
    app.exchange(&adas.remembered.unwrap().token, NOW).await;
    app.sign_in_remembered(&ben, NOW).await;
    app.remote_logout(&ada.id, By::Operator, after(SECOND))
        .await
        .unwrap();
    for table in ["known_devices", "rate_limits", "emails"] {
        databases::run(&app.db, &format!("delete from {table}")).await;
    }
    // What every row says of its end comes first, however late.
    assert_eq!(delete_due(&app, after(40 * DAY)).await, 0);
    assert_eq!(
        sessions::expand_raises(&app, after(2 * SECOND))
            .await
            .unwrap(),
        2
    );
    let events = rows(&app, "audit_events").await;

    assert_eq!(delete_due(&app, after(30 * DAY)).await, 0);
    assert_eq!(delete_due(&app, after(30 * DAY + SECOND)).await, 0);
    // Two sessions, two cookie values, one device.
    assert_eq!(delete_due(&app, after(30 * DAY + 2 * SECOND)).await, 5);
    // What raised the epoch.
    assert_eq!(delete_due(&app, after(30 * DAY + 3 * SECOND)).await, 1);
    assert_eq!(
        (
            rows(&app, "sessions").await,
            rows(&app, "remembered_devices").await
        ),
        (1, 1)
    );

    assert_eq!(delete_due(&app, after(60 * DAY)).await, 0);
    assert_eq!(delete_due(&app, after(60 * DAY + SECOND)).await, 1);
    assert_eq!(
        (
            rows(&app, "sessions").await,
            rows(&app, "remembered_devices").await
        ),
        (0, 1)
    );
    assert_eq!(delete_due(&app, after(90 * DAY)).await, 0);
    assert_eq!(delete_due(&app, after(90 * DAY + SECOND)).await, 2);
    assert_eq!(rows(&app, "remember_tokens").await, 0);
    // Audit events are kept, and so are users.
    assert_eq!(rows(&app, "audit_events").await, events);
    assert_eq!(rows(&app, "users").await, 2);
}

async fn counts_of_failures_and_known_devices_are_deleted_when_they_are_due(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.sign_in(&ada, NOW).await;
    let guess = app
        .try_sign_in("eve@example.com", "a guess", &browser(2), NOW)
        .await;
    assert!(guess.is_err());
    databases::run(&app.db, "delete from rate_limits where failures = 0").await;

    let window = app.limits.attempt_window;
    assert_eq!(delete_due(&app, after(window + DAY)).await, 0);
    // The count of the email and the count of the address.
    assert_eq!(delete_due(&app, after(window + DAY + SECOND)).await, 2);
    assert_eq!(rows(&app, "known_devices").await, 1);
    databases::run(&app.db, "delete from sessions").await;
    assert_eq!(delete_due(&app, after(365 * DAY)).await, 0);
    assert_eq!(delete_due(&app, after(365 * DAY + SECOND)).await, 1);
}

async fn what_a_gate_has_left_is_deleted_too(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, crate::gate::WIKI, |_| {}).await;
    let here = app.sign_in(&ada, NOW).await;
    app.gate_cookie(&here).await;
    let tables = ["gate_cookies", "gate_hand_overs", "application_sessions"];
    delete_due(&app, NOW).await;
    for table in tables {
        assert_eq!(rows(&app, table).await, 1, "{table}");
    }
    app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
    sessions::end_applications(&app, NOW).await.unwrap();
    sessions::expand_raises(&app, NOW).await.unwrap();
    delete_due(&app, after(31 * DAY)).await;
    for table in tables {
        assert_eq!(rows(&app, table).await, 0, "{table}");
    }
}

async fn what_is_live_is_not_deleted(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let now = after(13 * DAY);
    assert_eq!(
        delete_due(&app, now).await,
        1,
        "the address's count, which is at zero"
    );
    assert!(app.is_live(&here.session.token, now).await);
    let facts = app.facts(&ada, now).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (1, 1));
}
