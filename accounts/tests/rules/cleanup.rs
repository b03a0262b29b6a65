//! What is deleted is what is due, and nothing else.

use accounts::{cleanup::cleanup, db::Db, sessions::By, time::Moment};

use crate::{
    databases,
    home::{DAY, Home, NOW, SECOND, after, browser},
};

on_both!(
    what_ended_or_ran_out_is_deleted_30_days_later,
    counts_of_failures_and_known_devices_are_deleted_when_they_are_due,
    what_is_alive_is_swept_by_nobody,
);

async fn swept(home: &Home, now: Moment) -> u64 {
    let mut tx = home.db.write().await.unwrap();
    let deleted = cleanup(&mut tx, now).await.unwrap();
    tx.commit().await.unwrap();
    deleted
}

async fn rows(home: &Home, table: &str) -> i64 {
    databases::number(&home.db, &format!("select count(*) from {table}")).await
}

async fn what_ended_or_ran_out_is_deleted_30_days_later(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    // Ada's are ended by a remote logout; Ben's run out after 30 and 60 days.
    let adas = home.sign_in_remembered(&ada, NOW).await;
    home.exchange(&adas.remembered.unwrap().token, false, NOW)
        .await;
    home.sign_in_remembered(&ben, NOW).await;
    home.remote_logout(&ada.id, By::Operator, after(SECOND))
        .await
        .unwrap();
    for table in ["known_devices", "attempts", "emails"] {
        databases::run(&home.db, &format!("delete from {table}")).await;
    }
    let events = rows(&home, "audit_events").await;

    assert_eq!(swept(&home, after(30 * DAY)).await, 0);
    assert_eq!(swept(&home, after(30 * DAY + SECOND)).await, 0);
    // Two sessions, two cookie values, one device.
    assert_eq!(swept(&home, after(30 * DAY + 2 * SECOND)).await, 5);
    assert_eq!(
        (
            rows(&home, "sessions").await,
            rows(&home, "remembered_devices").await
        ),
        (1, 1)
    );

    assert_eq!(swept(&home, after(60 * DAY)).await, 0);
    assert_eq!(swept(&home, after(60 * DAY + SECOND)).await, 1);
    assert_eq!(
        (
            rows(&home, "sessions").await,
            rows(&home, "remembered_devices").await
        ),
        (0, 1)
    );
    assert_eq!(swept(&home, after(90 * DAY)).await, 0);
    assert_eq!(swept(&home, after(90 * DAY + SECOND)).await, 2);
    assert_eq!(rows(&home, "remember_tokens").await, 0);
    // Audit events are kept, and so are users.
    assert_eq!(rows(&home, "audit_events").await, events);
    assert_eq!(rows(&home, "users").await, 2);
}

async fn counts_of_failures_and_known_devices_are_deleted_when_they_are_due(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    home.sign_in(&ada, NOW).await;
    let guess = home
        .try_sign_in("eve@example.com", "a guess", &browser(2), NOW)
        .await;
    assert!(guess.is_err());
    databases::run(&home.db, "delete from rate_limits where failures = 0").await;

    let window = home.limits.attempt_window;
    assert_eq!(swept(&home, after(window + DAY)).await, 0);
    // The count of the email and the count of the address.
    assert_eq!(swept(&home, after(window + DAY + SECOND)).await, 2);
    assert_eq!(rows(&home, "known_devices").await, 1);
    databases::run(&home.db, "delete from sessions").await;
    assert_eq!(swept(&home, after(365 * DAY)).await, 0);
    assert_eq!(swept(&home, after(365 * DAY + SECOND)).await, 1);
}

async fn what_is_alive_is_swept_by_nobody(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let now = after(13 * DAY);
    assert_eq!(
        swept(&home, now).await,
        1,
        "the address's count, which is at zero"
    );
    assert!(home.is_live(&here.session.token, now).await);
    let facts = home.facts(&ada, now).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (1, 1));
}
