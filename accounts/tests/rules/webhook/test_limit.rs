//! How often a webhook may be tested.

use accounts::{db::Db, roles::Role, webhook_settings::WebhookError};
use tokio::task::JoinSet;

use crate::test_app::{NOW, SECOND, TestApp, after};

on_both!(tests_are_counted_for_the_whole_account);

async fn tests_are_counted_for_the_whole_account(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let admin = app.member(&ada, "Cy", Role::Admin).await;
    let admin = app.sign_in_now(&admin).await;
    let member = app.member(&ada, "Di", Role::Member).await;
    let member = app.sign_in_now(&member).await;
    let refused = app.test_webhook(&member, NOW).await;
    assert!(
        matches!(refused, Err(WebhookError::Refused(_))),
        "{refused:?}"
    );
    // At once, on whatever node: exactly so many.
    let mut nodes = JoinSet::new();
    for n in 0..12 {
        let who = if n % 2 == 0 { &ada } else { &admin };
        let (app, who) = (app.clone(), who.clone());
        nodes.spawn(async move { app.test_webhook(&who, NOW).await });
    }
    let tested = nodes.join_all().await;
    assert_eq!(tested.iter().filter(|t| t.is_ok()).count(), 5);
    let refused = app.test_webhook(&ada, after(59 * SECOND)).await;
    let Err(WebhookError::RateLimited(rate_limited)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(rate_limited.retry_after, SECOND);
    // Another account has a count of its own, and a minute later the next test may be sent.
    let ben = app.owner_with_webhook("Ben").await;
    app.test_webhook(&ben, NOW).await.unwrap();
    app.test_webhook(&ada, after(60 * SECOND)).await.unwrap();
}
