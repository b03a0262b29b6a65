//! Codes at once: 64 tries of one code, on two nodes, and exactly one is let in.

use accounts::{db::Db, sign_in::CodeError};
use testing::databases;
use tokio::task::JoinSet;

use crate::test_app::{NOW, Protected, TestApp};

on_both!(
    the_same_code_64_times_at_once_on_two_nodes_lets_one_in,
    a_recovery_code_64_times_at_once_on_two_nodes_lets_one_in,
    one_pending_sign_in_64_times_at_once_becomes_one_session,
);

async fn the_same_code_64_times_at_once_on_two_nodes_lets_one_in(db: Db) {
    let app = wide(db);
    let ada = app.protected("Ada").await;
    let code = ada.code(NOW);
    assert_eq!(complete_sign_in(&app, &ada, |_| code.clone()).await, 1);
}

async fn a_recovery_code_64_times_at_once_on_two_nodes_lets_one_in(db: Db) {
    let app = wide(db);
    let ada = app.protected("Ada").await;
    let code = ada.codes[0].clone();
    assert_eq!(complete_sign_in(&app, &ada, |_| code.clone()).await, 1);
    assert_eq!(app.codes_left(&ada.user).await, 15);
    assert_eq!(app.events(&ada.user, "user.recovery_code_used").await, 1);
}

async fn one_pending_sign_in_64_times_at_once_becomes_one_session(db: Db) {
    let app = wide(db);
    let ada = app.protected("Ada").await;
    let pending = std::sync::Arc::new(app.pending_sign_in(&ada.user, false, NOW).await);
    let mut tries = JoinSet::new();
    for n in 0..64 {
        let (app, pending) = (app.clone(), pending.clone());
        // All right, each another one.
        let code = ada.codes[n % 16].clone();
        tries.spawn(async move { app.verify(&pending, &code, NOW).await });
    }
    let done = tries.join_all().await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1);
    assert!(
        done.iter()
            .filter_map(|d| d.as_ref().err())
            .all(|e| matches!(e, CodeError::Expired))
    );
    assert_eq!(app.codes_left(&ada.user).await, 15);
}

/// With so many places that the limit is not what refuses.
fn wide(db: Db) -> TestApp {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_user = 10_000;
    app.limits.attempts_per_address = 10_000;
    app.limits.codes_in_a_row = 10_000;
    app
}

/// 64 pending sign-ins, half of them on another node, all completed at once. Returns how many are let in.
async fn complete_sign_in(app: &TestApp, ada: &Protected, code: impl Fn(usize) -> String) -> usize {
    let mut there = app.clone();
    there.db = Db::open(&databases::url_of(&app.db)).await.unwrap();
    let mut tries = JoinSet::new();
    for n in 0..64 {
        let pending = app.pending_sign_in(&ada.user, false, NOW).await;
        let node = if n % 2 == 0 { app } else { &there }.clone();
        let code = code(n);
        tries.spawn(async move { node.verify(&pending, &code, NOW).await });
    }
    let done = tries.join_all().await;
    for refused in done.iter().filter_map(|d| d.as_ref().err()) {
        assert!(matches!(refused, CodeError::Wrong(_)), "{refused:?}");
    }
    there.db.close().await;
    done.iter().filter(|d| d.is_ok()).count()
}
