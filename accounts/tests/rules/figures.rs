//! What an operator watches: counted alike on both databases, and nothing that has ended.

use accounts::{
    db::Db,
    figures::{Figures, Waiting, figures},
    sessions::By,
};

use testing::databases::run;

use crate::test_app::{NOW, SECOND, TestApp, after};

on_both!(
    only_what_is_live_is_counted,
    what_waits_in_each_outbox_is_counted_from_when_it_was_written,
);

async fn counted(app: &TestApp) -> Figures {
    figures(&mut app.read(after(SECOND * 2)).await)
        .await
        .unwrap()
}

async fn only_what_is_live_is_counted(db: Db) {
    let app = TestApp::new(db);
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    for _ in 0..3 {
        app.sign_in(&ada, NOW).await;
    }
    app.sign_in(&grace, NOW).await;
    let before = counted(&app).await;
    assert_eq!((before.users, before.sessions), (2, 4));
    app.remote_logout(&ada.id, By::Operator, after(SECOND))
        .await
        .unwrap();
    assert_eq!(counted(&app).await.sessions, 1);
    run(
        &app.db,
        "update sessions set started_at = 1, last_active_at = 1",
    )
    .await;
    assert_eq!(counted(&app).await.sessions, 0);
}

async fn what_waits_in_each_outbox_is_counted_from_when_it_was_written(db: Db) {
    let app = TestApp::new(db);
    app.user("ada").await;
    run(&app.db, "update emails set sent_at = 1").await;
    let nothing = Waiting {
        count: 0,
        oldest: None,
    };
    let idle = counted(&app).await;
    assert_eq!(
        [idle.emails, idle.webhook_deliveries, idle.logout_notices],
        [nothing; 3]
    );
    for sql in [
        "insert into emails (id, recipient, details, created_at, next_try_at, tries) values ('one', 'a@example.com', '{}', 7, 1, 0)",
        "insert into emails (id, recipient, details, created_at, next_try_at, tries) values ('two', 'a@example.com', '{}', 9, 1, 0)",
        "insert into emails (id, recipient, details, created_at, next_try_at, tries, good_until) values ('late', 'a@example.com', '{}', 1, 1, 0, 2)",
        "insert into webhook_deliveries (event_id, account_id, action, created_at, next_try_at, leased_until, tries)
         select 'event', id, 'user.login', 8, 1, 0, 0 from accounts",
        "insert into logout_notices (application_session_id, application_id, account_id, user_id, reason, created_at,
                                     next_try_at, leased_until, tries, good_until)
         values ('sid', 'application', 'account', 'user', 'remote_logout', 6, 1, 0, 0, 9)",
    ] {
        run(&app.db, sql).await;
    }
    let waits = counted(&app).await;
    let found = [waits.emails, waits.webhook_deliveries, waits.logout_notices];
    let found = found.map(|waiting| (waiting.count, waiting.oldest.map(|at| at.0)));
    assert_eq!(found, [(2, Some(7)), (1, Some(8)), (1, Some(6))]);
    for sql in [
        "update emails set given_up_at = 1",
        "update webhook_deliveries set delivered_at = 1",
        "update logout_notices set outcome = 'logged_out'",
    ] {
        run(&app.db, sql).await;
    }
    assert_eq!(counted(&app).await.emails, nothing);
}
