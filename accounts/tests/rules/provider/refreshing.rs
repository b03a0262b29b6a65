//! Refreshing: two steps, one successor, and theft.

use accounts::{
    applications::{Details, InvalidGrant},
    db::Db,
};
use testing::databases::{number, texts};
use tokio::task::JoinSet;

use super::OFFLINE;
use crate::{
    applications::open_id,
    test_app::{NOW, SECOND, TestApp, after},
};

on_both!(
    the_same_token_within_thirty_seconds_gives_the_same_successor,
    an_answer_that_was_lost_is_given_again_within_ten_minutes_while_nothing_of_it_was_used,
    a_token_that_comes_after_its_successor_was_used_means_theft,
    an_access_token_that_was_given_with_it_counts_as_its_use,
    a_public_application_has_thirty_seconds,
    sixty_four_at_once_get_one_successor,
    only_hashes_are_stored,
);

async fn the_same_token_within_thirty_seconds_gives_the_same_successor(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let first = app.granted(&ada, &cloud, OFFLINE).await.refresh_token;
    let one = app.refreshes(&cloud, &first, NOW).await.unwrap();
    assert_ne!(one.refresh_token.expose(), first.expose());
    // Even when another worker has used it already.
    let next = app
        .refreshes(&cloud, &one.refresh_token, after(SECOND))
        .await;
    let again = app
        .refreshes(&cloud, &first, after(30 * SECOND))
        .await
        .unwrap();
    assert_eq!(again.refresh_token.expose(), one.refresh_token.expose());
    assert_ne!(again.access_token.expose(), one.access_token.expose());
    assert!(
        app.presents(&next.unwrap().access_token, after(30 * SECOND))
            .await
            .is_some()
    );
}

async fn an_answer_that_was_lost_is_given_again_within_ten_minutes_while_nothing_of_it_was_used(
    db: Db,
) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let first = app.granted(&ada, &cloud, OFFLINE).await.refresh_token;
    let lost = app.refreshes(&cloud, &first, NOW).await.unwrap();
    let again = app
        .refreshes(&cloud, &first, after(600 * SECOND))
        .await
        .unwrap();
    assert_eq!(again.refresh_token.expose(), lost.refresh_token.expose());
    let late = app.refreshes(&cloud, &first, after(601 * SECOND)).await;
    assert_eq!(late.unwrap_err(), InvalidGrant::Reused);
    let dead = app
        .refreshes(&cloud, &again.refresh_token, after(601 * SECOND))
        .await;
    assert_eq!(dead.unwrap_err(), InvalidGrant::Ended);
}

async fn a_token_that_comes_after_its_successor_was_used_means_theft(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let other = app.granted(&ada, &cloud, OFFLINE).await;
    let first = app.granted(&ada, &cloud, OFFLINE).await.refresh_token;
    let one = app.refreshes(&cloud, &first, NOW).await.unwrap();
    let two = app
        .refreshes(&cloud, &one.refresh_token, after(SECOND))
        .await
        .unwrap();
    let thief = app.refreshes(&cloud, &first, after(31 * SECOND)).await;
    assert_eq!(thief.unwrap_err(), InvalidGrant::Reused);
    assert!(
        app.presents(&two.access_token, after(31 * SECOND))
            .await
            .is_none()
    );
    let dead = app
        .refreshes(&cloud, &two.refresh_token, after(31 * SECOND))
        .await;
    assert_eq!(dead.unwrap_err(), InvalidGrant::Ended);
    assert_eq!(app.events(&user, "application.token_reused").await, 1);
    // The user's other sign-in there goes on.
    assert!(app.is_signed_in_there(&other, NOW).await);
}

async fn an_access_token_that_was_given_with_it_counts_as_its_use(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let first = app.granted(&ada, &cloud, OFFLINE).await.refresh_token;
    let one = app.refreshes(&cloud, &first, NOW).await.unwrap();
    assert!(
        app.presents(&one.access_token, after(SECOND))
            .await
            .is_some()
    );
    let thief = app.refreshes(&cloud, &first, after(31 * SECOND)).await;
    assert_eq!(thief.unwrap_err(), InvalidGrant::Reused);
    assert!(
        app.presents(&one.access_token, after(31 * SECOND))
            .await
            .is_none()
    );
}

async fn a_public_application_has_thirty_seconds(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let details = Details {
        is_confidential: false,
        ..open_id("Phone", "cloud.example.com")
    };
    let phone = app.register(&ada, &details).await.unwrap().application;
    let first = app.granted(&ada, &phone, OFFLINE).await.refresh_token;
    assert!(app.refreshes(&phone, &first, NOW).await.is_ok());
    assert!(
        app.refreshes(&phone, &first, after(30 * SECOND))
            .await
            .is_ok()
    );
    let late = app.refreshes(&phone, &first, after(31 * SECOND)).await;
    assert_eq!(late.unwrap_err(), InvalidGrant::Reused);
}

async fn sixty_four_at_once_get_one_successor(db: Db) {
    let app = TestApp::new(testing::databases::patient(&db));
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let first = app.granted(&ada, &cloud, OFFLINE).await.refresh_token;
    let mut tries = JoinSet::new();
    for _ in 0..64 {
        let (app, cloud, first) = (app.clone(), cloud.clone(), first.clone());
        tries.spawn(async move { app.refreshes(&cloud, &first, NOW).await.unwrap() });
    }
    let granted = tries.join_all().await;
    let mut successors: Vec<&str> = granted.iter().map(|g| g.refresh_token.expose()).collect();
    successors.sort_unstable();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_eq!(
        number(&app.db, "select count(*) from refresh_tokens").await,
        2
    );
}

async fn only_hashes_are_stored(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let code = app.code(&ada, &cloud, OFFLINE, NOW).await.unwrap();
    let one = app
        .redeems(&cloud, super::asked::redemption(&code), NOW)
        .await
        .unwrap();
    let two = app
        .refreshes(&cloud, &one.refresh_token, NOW)
        .await
        .unwrap();
    let mut stored = Vec::new();
    for sql in [
        "select code_hash from authorization_codes",
        "select token_hash from access_tokens",
        "select given_with from access_tokens",
        "select token_hash from refresh_tokens",
        "select coalesce(parent_hash, '') from refresh_tokens",
        "select details from audit_events",
    ] {
        stored.extend(texts(&app.db, sql).await);
    }
    assert!(stored.len() > 6);
    for token in [
        &code,
        &one.access_token,
        &one.refresh_token,
        &two.access_token,
        &two.refresh_token,
    ] {
        assert!(!stored.iter().any(|text| text.contains(token.expose())));
    }
}
