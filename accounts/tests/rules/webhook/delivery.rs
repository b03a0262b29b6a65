//! A delivery is sent once, or tried again and given up.

use std::time::Duration;

use accounts::{
    audit::Action, cleanup::cleanup, db::Db, members::MemberError, time::Moment,
    webhook_settings::WebhookError, webhooks::Due,
};
use tokio::task::JoinSet;

use crate::test_app::{DAY, NOW, SECOND, TestApp, after};

on_both!(
    a_delivery_is_leased_to_one_node_until_it_is_delivered,
    a_receiver_that_does_not_answer_delays_no_other_account,
    what_does_not_arrive_is_tried_again_and_given_up,
    a_failure_that_is_told_too_late_undoes_nothing,
    old_deliveries_are_deleted,
    a_delivery_that_was_given_up_is_sent_again_with_all_its_tries,
);

async fn a_delivery_is_leased_to_one_node_until_it_is_delivered(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    app.record(Action::Login, &ada.user.account_id).await;
    let mut nodes = JoinSet::new();
    for _ in 0..16 {
        let app = app.clone();
        nodes.spawn(async move { app.lease(NOW).await });
    }
    let leased: Vec<Due> = nodes.join_all().await.into_iter().flatten().collect();
    assert_eq!(leased.len(), 1);
    // Its node has died: another one gets it when the lease ends, and delivers it.
    assert!(app.lease(after(29 * SECOND)).await.is_none());
    let again = app.lease(after(30 * SECOND)).await.unwrap();
    assert_eq!(again.event.id, leased[0].event.id);
    app.delivered(&again, after(31 * SECOND)).await;
    assert!(app.lease(after(100 * DAY)).await.is_none());
}

async fn a_receiver_that_does_not_answer_delays_no_other_account(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let ben = app.owner_with_webhook("Ben").await;
    // Which comes first is left to their ids.
    for who in [&ada, &ben, &ada, &ben, &ada] {
        app.record(Action::Login, &who.user.account_id).await;
    }
    let first = app.lease(NOW).await.unwrap();
    let second = app.lease(NOW).await.unwrap();
    assert_ne!(first.account, second.account);
    assert!(
        app.lease(NOW).await.is_none(),
        "one of each account at a time"
    );
    app.delivered(&first, NOW).await;
    assert_eq!(app.lease(NOW).await.unwrap().account, first.account);
}

async fn what_does_not_arrive_is_tried_again_and_given_up(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let account = &ada.user.account_id;
    app.record(Action::Login, account).await;
    let mut now = NOW;
    for minutes in [1, 5, 15, 30, 60, 120] {
        let due = app.lease(now).await.unwrap();
        let next = app.failed(&due, now).await.unwrap();
        assert_eq!(now.at.until(next.at), Duration::from_mins(minutes));
        assert!(app.lease(Moment::at(next.at - SECOND)).await.is_none());
        now = next;
    }
    let due = app.lease(now).await.unwrap();
    assert!(app.failed(&due, now).await.is_none());
    assert!(app.lease(Moment::at(now.at + DAY)).await.is_none());
    let deliveries = app.deliveries(account).await;
    let tried = deliveries
        .iter()
        .find(|delivery| delivery.event_id == due.event.id);
    let tried = tried.unwrap();
    assert_eq!((tried.tries, tried.last_status), (7, Some(500)));
    assert_eq!(tried.given_up_at, Some(now.at));
    assert_eq!(tried.last_error.as_deref(), Some("It answered 500."));
}

async fn a_failure_that_is_told_too_late_undoes_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let account = &ada.user.account_id;
    app.record(Action::Login, account).await;
    let slow = app.lease(NOW).await.unwrap();
    let later = after(31 * SECOND);
    let quick = app.lease(later).await.unwrap();
    app.failed(&slow, later).await;
    let deliveries = app.deliveries(account).await;
    let failed = deliveries.iter().filter(|d| d.last_error.is_some());
    assert_eq!(failed.count(), 0, "the failure came too late");
    let due = deliveries.iter().find(|d| d.event_id == quick.event.id);
    let due = due.unwrap();
    assert_eq!((due.next_try_at, due.delivered_at), (NOW.at, None));
    // It is due, and only the other node's lease keeps it.
    assert!(app.lease(after(60 * SECOND)).await.is_none());
    app.delivered(&quick, later).await;
    app.failed(&quick, later).await;
    let deliveries = app.deliveries(account).await;
    let failed = deliveries.iter().filter(|d| d.last_error.is_some());
    assert_eq!(failed.count(), 0, "it is delivered");
    assert_eq!(app.pending().await, 0);
}

async fn old_deliveries_are_deleted(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let account = &ada.user.account_id;
    app.record(Action::Login, account).await;
    let before = app.deliveries(account).await.len();
    assert!(before >= 1);
    for (days, left) in [(6, before), (8, 0)] {
        let mut tx = app.db.write().await.unwrap();
        cleanup(&mut tx, after(DAY * days)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(app.deliveries(account).await.len(), left);
    }
}

async fn a_delivery_that_was_given_up_is_sent_again_with_all_its_tries(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let eve = app.owner_with_webhook("Eve").await;
    let account = &ada.user.account_id;
    let pending = app.record(Action::Login, account).await.0;
    // Not yet tried, or on its way: there is nothing to send again.
    app.send_again(&ada, &pending, NOW).await.unwrap_err();
    let mut now = NOW;
    while let Some(due) = app.lease(now).await {
        app.send_again(&ada, &pending, now).await.unwrap_err();
        let next = app.failed(&due, now).await;
        now = next.unwrap_or(Moment::at(now.at + DAY));
    }
    let deliveries = app.deliveries(account).await;
    let given_up = deliveries.iter().find(|d| d.event_id == pending);
    assert!(given_up.unwrap().given_up_at.is_some(), "{deliveries:?}");
    // Another account's owner does not find it.
    let refused = app.send_again(&eve, &pending, now).await.unwrap_err();
    assert!(
        matches!(refused, WebhookError::Refused(MemberError::NotFound)),
        "{refused:?}"
    );
    app.send_again(&ada, &pending, now).await.unwrap();
    let again = app.lease(now).await.unwrap();
    assert_eq!(again.event.id, pending);
    let next = app.failed(&again, now).await.unwrap();
    assert_eq!(now.at.until(next.at), Duration::from_mins(1));
    let last = app.lease(next).await.unwrap();
    app.delivered(&last, next).await;
    // One that arrived is sent again, too.
    app.send_again(&ada, &pending, next).await.unwrap();
    assert_eq!(app.lease(next).await.unwrap().event.id, pending);
    // Without a webhook there is nowhere to send it.
    app.remove_webhook(&ada).await.unwrap();
    let refused = app.send_again(&ada, &pending, next).await.unwrap_err();
    assert!(matches!(refused, WebhookError::None), "{refused:?}");
}
