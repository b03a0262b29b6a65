//! How often a webhook may be tested.

use accounts::{db::Db, users::Role, webhook::WebhookError};

use crate::home::{Home, NOW, SECOND, after};

on_both!(tests_are_counted_for_the_whole_account);

async fn tests_are_counted_for_the_whole_account(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    let admin = home.member(&ada, "Cy", Role::Admin).await;
    let admin = home.comes_in(&admin).await;
    let member = home.member(&ada, "Di", Role::Member).await;
    let member = home.comes_in(&member).await;
    let refused = home.tests(&member, NOW).await;
    assert!(
        matches!(refused, Err(WebhookError::Refused(_))),
        "{refused:?}"
    );
    // At once, on whatever node: exactly so many.
    let mut nodes = tokio::task::JoinSet::new();
    for n in 0..12 {
        let (home, who) = (
            home.clone(),
            if n % 2 == 0 {
                ada.clone()
            } else {
                admin.clone()
            },
        );
        nodes.spawn(async move { home.tests(&who, NOW).await });
    }
    let tested = nodes.join_all().await;
    assert_eq!(tested.iter().filter(|t| t.is_ok()).count(), 5);
    let refused = home.tests(&ada, after(59 * SECOND)).await;
    let Err(WebhookError::RateLimited(rate_limited)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(rate_limited.retry_after, SECOND);
    // Another account has a count of its own, and a minute later all is well.
    let ben = home.hooked("Ben").await;
    home.tests(&ben, NOW).await.unwrap();
    home.tests(&ada, after(60 * SECOND)).await.unwrap();
}
