//! A webhook that is removed gets one thing more: that it is removed.

use accounts::{
    audit::Action,
    db::Db,
    webhook::{self, WebhookError},
};

use super::{URL, wanted};
use crate::{
    databases,
    home::{DAY, Home, NOW, SECOND, after, browser},
};

on_both!(
    removing_it_takes_along_what_is_on_its_way,
    the_last_thing_a_removed_webhook_gets_is_that_it_is_removed,
    one_that_is_made_anew_takes_the_place_of_one_that_is_removed,
    what_is_left_of_a_removed_webhook_is_forgotten,
);

async fn removing_it_takes_along_what_is_on_its_way(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    let before = home
        .happens(Action::Login, &ada.user.account_id, true)
        .await;
    home.removes(&ada).await.unwrap();
    assert_eq!(home.pending().await, 1);
    let pending = "select action from webhook_deliveries where delivered_at is null";
    let pending = databases::text(&home.db, pending).await;
    assert_eq!(pending, "account.webhook_removed", "{before} is gone");
    home.happens(Action::Login, &ada.user.account_id, true)
        .await;
    assert_eq!(home.pending().await, 1);
    let removed = "select count(*) from audit_events where action = 'account.webhook_removed'";
    assert_eq!(databases::number(&home.db, removed).await, 1);
    let again = home.removes(&ada).await;
    assert!(matches!(again, Err(WebhookError::None)), "{again:?}");
    let (client, limits) = (browser(9), &home.limits);
    let mut tx = home.db.write().await.unwrap();
    let secret = webhook::new_secret(&mut tx, &home.keys, &ada, &client, limits, NOW).await;
    assert!(matches!(secret, Err(WebhookError::None)));
    let test = webhook::test(&mut tx, &ada, limits, NOW).await;
    assert!(matches!(test, Err(WebhookError::None)), "{test:?}");
}

async fn the_last_thing_a_removed_webhook_gets_is_that_it_is_removed(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let account = &ada.user.account_id;
    let secret = home.webhook(&ada, URL, &wanted(&[], "info")).await.unwrap();
    home.removes(&ada).await.unwrap();
    let mut conn = home.db.read().await.unwrap();
    let shown = webhook::find(&mut conn, account).await.unwrap();
    assert_eq!(shown, None, "nobody else sees it any more");
    drop(conn);
    let due = home.leases(NOW).await.unwrap();
    assert_eq!(due.event.action, "account.webhook_removed");
    assert_eq!(due.webhook.url, URL);
    let signs = due.webhook.secret(account, &home.keys).unwrap();
    assert_eq!(signs.expose(), secret);
    // It is tried again like any other.
    let next = home.fails(&due, NOW).await.unwrap();
    assert_eq!(home.webhooks().await, 1);
    let due = home.leases(next).await.unwrap();
    home.arrives(&due, next).await;
    assert_eq!(home.webhooks().await, 0, "and its secret with it");
    assert!(home.leases(after(DAY)).await.is_none());
}

async fn one_that_is_made_anew_takes_the_place_of_one_that_is_removed(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    home.removes(&ada).await.unwrap();
    let slow = home.leases(NOW).await.unwrap();
    let other = "https://other.example/";
    let all = wanted(&[], "info");
    assert!(!home.webhook(&ada, other, &all).await.unwrap().is_empty());
    // The new receiver is not told of the old one's end, and the old one's answer does the new one no harm.
    home.arrives(&slow, NOW).await;
    let due = home.leases(after(31 * SECOND)).await.unwrap();
    assert_eq!(due.event.action, "account.webhook_changed");
    assert_eq!(due.webhook.url, other);
    home.arrives(&due, after(31 * SECOND)).await;
    assert!(home.leases(after(DAY)).await.is_none());
    assert_eq!(home.webhooks().await, 1);
}

async fn what_is_left_of_a_removed_webhook_is_forgotten(db: Db) {
    let home = Home::new(db);
    // Its receiver gets no such events.
    let (_, ada) = home.owner("Ada").await;
    home.webhook(&ada, URL, &wanted(&["sign_in"], "info"))
        .await
        .unwrap();
    home.removes(&ada).await.unwrap();
    assert_eq!((home.webhooks().await, home.pending().await), (0, 0));
    // Its receiver is not there any more.
    home.webhook(&ada, URL, &wanted(&["account", "audit"], "info"))
        .await
        .unwrap();
    home.removes(&ada).await.unwrap();
    let mut now = NOW;
    for _ in 0..7 {
        let due = home.leases(now).await.unwrap();
        now = home.fails(&due, now).await.unwrap_or(now);
    }
    assert_eq!((home.webhooks().await, home.pending().await), (0, 0));
    // Nobody was there to send it.
    let ben = home.hooked("Ben").await;
    home.removes(&ben).await.unwrap();
    for (days, left) in [(6, 1), (8, 0)] {
        let mut tx = home.db.write().await.unwrap();
        accounts::cleanup::cleanup(&mut tx, after(DAY * days))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(home.webhooks().await, left);
    }
}
