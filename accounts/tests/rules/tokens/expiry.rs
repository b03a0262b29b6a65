//! Tokens expire, and the cleanup deletes them; when they were last used.

use accounts::{
    cleanup::cleanup,
    db::Db,
    tokens::{self, Kind, NewToken},
};
use testing::databases;

use super::{bearer, create, is_good, listed, named, revoke};
use crate::test_app::{DAY, NOW, SECOND, TestApp, after};

on_both!(
    a_token_expires,
    when_it_was_last_used_only_moves_forward,
    what_was_revoked_or_expired_is_deleted_30_days_later,
);

async fn a_token_expires(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let month = NewToken {
        lasts: Some(30 * DAY),
        ..named(Kind::Api, "A month")
    };
    let token = create(&app, &me, month).await.unwrap();
    assert_eq!(token.expires_at, Some(NOW.at + 30 * DAY));
    assert!(is_good(&app, Kind::Api, &token.value, after(29 * DAY)).await);
    assert!(!is_good(&app, Kind::Api, &token.value, after(30 * DAY)).await);
    // The list still shows why a program has stopped; the token is not counted any more.
    assert_eq!(listed(&app, &ada, Kind::Api).await, ["A month"]);
    assert_eq!(app.facts(&ada, after(29 * DAY)).await.api_tokens, 1);
    assert_eq!(app.facts(&ada, after(30 * DAY)).await.api_tokens, 0);
}

async fn when_it_was_last_used_only_moves_forward(db: Db) {
    let app = TestApp::new(db);
    let (_, me) = app.owner("Ada").await;
    let token = create(&app, &me, named(Kind::Api, "a")).await.unwrap();
    let revoked = create(&app, &me, named(Kind::Api, "b")).await.unwrap();
    revoke(&app, &me, Kind::Api, &revoked.id).await.unwrap();
    for (at, then) in [
        (after(DAY), after(DAY)),
        (after(SECOND), after(DAY)),
        (after(2 * DAY), after(2 * DAY)),
    ] {
        let mut tx = app.db.write().await.unwrap();
        let seen = [(token.id.clone(), at.at), (revoked.id.clone(), at.at)];
        tokens::note_used(&mut tx, &seen).await.unwrap();
        tx.commit().await.unwrap();
        let used = bearer(&app, Kind::Api, &token.value).await.last_used_at;
        assert_eq!(used, Some(then.at));
    }
    // No function shows a revoked token.
    let untouched = "select count(*) from tokens where last_used_at is null";
    assert_eq!(databases::number(&app.db, untouched).await, 1);
}

async fn what_was_revoked_or_expired_is_deleted_30_days_later(db: Db) {
    let app = TestApp::new(db);
    let (_, me) = app.owner("Ada").await;
    let revoked = create(&app, &me, named(Kind::Api, "revoked"))
        .await
        .unwrap();
    revoke(&app, &me, Kind::Api, &revoked.id).await.unwrap();
    let week = NewToken {
        lasts: Some(7 * DAY),
        ..named(Kind::Api, "a week")
    };
    create(&app, &me, week).await.unwrap();
    create(&app, &me, named(Kind::Api, "for ever"))
        .await
        .unwrap();
    for (day, left) in [(30, 3), (31, 2), (37, 2), (38, 1), (4_000, 1)] {
        let mut tx = app.db.write().await.unwrap();
        cleanup(&mut tx, after(day * DAY)).await.unwrap();
        tx.commit().await.unwrap();
        let rows = databases::number(&app.db, "select count(*) from tokens").await;
        assert_eq!(rows, left, "day {day}");
    }
}
