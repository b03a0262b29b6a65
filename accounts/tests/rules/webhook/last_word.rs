//! A removed webhook gets one last delivery: that it is removed.

use accounts::{
    audit::Action,
    cleanup::cleanup,
    db::Db,
    webhook_settings::{self, WebhookError},
    webhooks,
};

use super::{URL, wanted};
use crate::{
    audit_chain::events_of,
    test_app::{DAY, NOW, SECOND, TestApp, after, browser},
};

on_both!(
    removing_it_drops_what_is_pending,
    the_last_delivery_of_a_removed_webhook_says_that_it_is_removed,
    a_new_webhook_takes_the_place_of_a_removed_one,
    what_is_left_of_a_removed_webhook_is_deleted,
);

async fn removing_it_drops_what_is_pending(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let account = &ada.user.account_id;
    let before = app.record(Action::Login, account).await;
    app.remove_webhook(&ada).await.unwrap();
    assert_eq!(app.pending().await, 1);
    let deliveries = app.deliveries(account).await;
    let pending = deliveries.iter().filter(|d| d.delivered_at.is_none());
    let pending: Vec<&str> = pending.map(|d| d.action.as_str()).collect();
    assert_eq!(pending, ["account.webhook_removed"], "{before:?} is gone");
    app.record(Action::Login, account).await;
    assert_eq!(app.pending().await, 1);
    let removed = events_of(&app, account, "account.webhook_removed").await;
    assert_eq!(removed.len(), 1);
    let again = app.remove_webhook(&ada).await;
    assert!(matches!(again, Err(WebhookError::None)), "{again:?}");
    let mut op = app.begin(&browser(9), NOW).await;
    let secret = webhook_settings::new_secret(&mut op, &ada).await;
    assert!(matches!(secret, Err(WebhookError::None)));
    let test = webhook_settings::test(&mut op, &ada).await;
    assert!(matches!(test, Err(WebhookError::None)), "{test:?}");
}

async fn the_last_delivery_of_a_removed_webhook_says_that_it_is_removed(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let account = &ada.user.account_id;
    let all = wanted(&[], "info");
    let secret = app.set_webhook(&ada, URL, &all).await.unwrap();
    app.remove_webhook(&ada).await.unwrap();
    let shown = webhooks::find(&mut *app.read(NOW).await, account).await;
    assert_eq!(shown.unwrap(), None, "the account has none any more");
    let due = app.lease(NOW).await.unwrap();
    assert_eq!(due.event.action, "account.webhook_removed");
    assert_eq!(due.webhook.url, URL);
    let signs = due.webhook.secret(account, &app.keys).unwrap();
    assert_eq!(signs.expose(), secret);
    // It is tried again like any other.
    let next = app.failed(&due, NOW).await.unwrap();
    assert_eq!(app.webhook_rows().await, 1);
    let due = app.lease(next).await.unwrap();
    app.delivered(&due, next).await;
    assert_eq!(app.webhook_rows().await, 0, "and its secret with it");
    assert!(app.lease(after(DAY)).await.is_none());
}

async fn a_new_webhook_takes_the_place_of_a_removed_one(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    app.remove_webhook(&ada).await.unwrap();
    let slow = app.lease(NOW).await.unwrap();
    let other = "https://other.example/";
    let secret = app.set_webhook(&ada, other, &wanted(&[], "info")).await;
    assert!(!secret.unwrap().is_empty());
    // The new receiver is not told of the end of the old one, whose answer does the new one no harm.
    app.delivered(&slow, NOW).await;
    let due = app.lease(after(31 * SECOND)).await.unwrap();
    assert_eq!(due.event.action, "account.webhook_changed");
    assert_eq!(due.webhook.url, other);
    app.delivered(&due, after(31 * SECOND)).await;
    assert!(app.lease(after(DAY)).await.is_none());
    assert_eq!(app.webhook_rows().await, 1);
}

async fn what_is_left_of_a_removed_webhook_is_deleted(db: Db) {
    let app = TestApp::new(db);
    // Its receiver gets no such events.
    let (_, ada) = app.owner("Ada").await;
    app.set_webhook(&ada, URL, &wanted(&["sign_in"], "info"))
        .await
        .unwrap();
    app.remove_webhook(&ada).await.unwrap();
    assert_eq!((app.webhook_rows().await, app.pending().await), (0, 0));
    // Its receiver is not there any more.
    app.set_webhook(&ada, URL, &wanted(&["account", "audit"], "info"))
        .await
        .unwrap();
    app.remove_webhook(&ada).await.unwrap();
    let mut now = NOW;
    for _ in 0..7 {
        let due = app.lease(now).await.unwrap();
        now = app.failed(&due, now).await.unwrap_or(now);
    }
    assert_eq!((app.webhook_rows().await, app.pending().await), (0, 0));
    // No node was there to send it.
    let ben = app.owner_with_webhook("Ben").await;
    app.remove_webhook(&ben).await.unwrap();
    for (days, left) in [(6, 1), (8, 0)] {
        let mut tx = app.db.write().await.unwrap();
        cleanup(&mut tx, after(DAY * days)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(app.webhook_rows().await, left);
    }
}
