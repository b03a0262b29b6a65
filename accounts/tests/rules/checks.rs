//! Session checks that share reads: each gets its own answer, and never one that was read before it was asked.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use accounts::{
    db::Db,
    end_reason::EndReason,
    secret::Token,
    sessions::{By, Checks, EndAllError, Found},
};
use testing::databases::{patient, postgres, url_of};
use tokio::{task::JoinSet, time::timeout};

use crate::test_app::{NOW, TestApp, TestUser, browser};

on_both!(
    checks_that_wait_together_get_each_their_own_answer,
    a_check_that_arrived_after_the_commit_of_a_remote_logout_never_gets_the_older_read,
    a_caller_who_leaves_does_not_stall_the_others,
    a_database_that_was_closed_answers_no_check,
);

/// Far more than a check takes, on any machine.
const SOON: Duration = Duration::from_mins(1);

/// Asks again where a busy machine gave no answer: that is never "signed in".
async fn checked(checks: &Checks, token: &Token) -> Found {
    let found = async {
        loop {
            match checks.check(token).await {
                Ok(found) => return found,
                Err(error) => assert!(matches!(*error, sqlx::Error::PoolTimedOut), "{error}"),
            }
        }
    };
    timeout(SOON, found).await.expect("the check was stalled")
}

async fn checks_that_wait_together_get_each_their_own_answer(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let mut live = Vec::new();
    for n in 0..90 {
        let user = if n % 2 == 0 { &ada } else { &ben };
        let session = app.sign_in(user, NOW).await.session;
        live.push((user.id.clone(), session.id, session.token));
    }
    let cyd = app.user("Cyd").await;
    let ended = app.sign_in(&cyd, NOW).await.session.token;
    app.remote_logout(&cyd.id, By::Operator, NOW).await.unwrap();

    // As many as one statement takes and more, some of them for one session, and every number in between.
    for many in [1, 2, 7, 8, 9, 63, 64, 65, 90] {
        let checks = Checks::new(app.instance.clone());
        let mut waiting = JoinSet::new();
        for (user, session, token) in &live[..many] {
            for _ in 0..2 {
                let checks = checks.clone();
                let (user, session, token) = (user.clone(), session.clone(), token.clone());
                waiting.spawn(async move {
                    match checked(&checks, &token).await {
                        Found::Live(me) => assert_eq!((me.user.id, me.session), (user, session)),
                        other => panic!("{other:?}"),
                    }
                });
            }
        }
        let (others, ended) = (checks.clone(), ended.clone());
        waiting.spawn(async move {
            let found = checked(&others, &ended).await;
            assert!(
                matches!(&found, Found::Ended(how) if how.end_reason == EndReason::RemoteLogout),
                "{found:?}"
            );
            let found = checked(&others, &Token::random()).await;
            assert!(matches!(found, Found::Unknown), "{found:?}");
        });
        waiting.join_all().await;
    }
}

/// Users whose sessions are checked without a pause, so that a read is always on its way.
const USERS: usize = 4;
const ROUNDS: usize = 100;
const HAMMERS: usize = 4;

async fn a_check_that_arrived_after_the_commit_of_a_remote_logout_never_gets_the_older_read(
    db: Db,
) {
    let app = TestApp::new(db);
    let mut other_node = app.clone();
    other_node.instance.db = patient(&Db::open(&url_of(&app.db)).await.unwrap());
    let checks = Checks::new(app.instance.clone());
    let mut races = JoinSet::new();
    for n in 0..USERS {
        let mut user = app.user(&format!("TestUser{n}")).await;
        user.client = browser(u8::try_from(n).unwrap());
        let (app, other_node, checks) = (app.clone(), other_node.clone(), checks.clone());
        races.spawn(async move {
            for round in 0..ROUNDS {
                // Here, and in another process or on another node.
                let by = if round % 2 == 0 { &app } else { &other_node };
                hammered_meanwhile(&app, &user, by, &checks).await;
            }
        });
    }
    races.join_all().await;
    other_node.db.close().await;
}

async fn hammered_meanwhile(app: &TestApp, user: &TestUser, by: &TestApp, checks: &Checks) {
    let token = app.sign_in(user, NOW).await.session.token;
    let (over, live) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut hammers = JoinSet::new();
    for _ in 0..HAMMERS {
        let (checks, token) = (checks.clone(), token.clone());
        let (over, live) = (over.clone(), live.clone());
        hammers.spawn(async move {
            loop {
                // Noted before it is asked: the remote logout was answered by then.
                let is_over = over.load(Ordering::SeqCst);
                match checked(&checks, &token).await {
                    Found::Live(_) => {
                        assert!(!is_over, "an older read was shared");
                        live.fetch_add(1, Ordering::SeqCst);
                    }
                    Found::Ended(how) => {
                        assert_eq!(how.end_reason, EndReason::RemoteLogout);
                        if is_over {
                            return;
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    while live.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
        if let Some(failed) = hammers.try_join_next() {
            failed.unwrap();
        }
    }
    // On SQLite the others' sign-ins may keep the writer for longer than its patience.
    while let Err(error) = by.remote_logout(&user.id, By::Operator, NOW).await {
        assert!(matches!(error, EndAllError::Database(_)), "{error:?}");
    }
    over.store(true, Ordering::SeqCst);
    let found = checked(checks, &token).await;
    assert!(matches!(found, Found::Ended(_)), "{found:?}");
    hammers.join_all().await;
}

async fn a_caller_who_leaves_does_not_stall_the_others(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let token = app.sign_in(&ada, NOW).await.session.token;
    let checks = Checks::new(app.instance.clone());
    let mut rounds = 0;
    while rounds < 50 {
        // Asked first, and gone before the answer.
        let mut first = Box::pin(checks.check(&token));
        let mut second = pin!(checked(&checks, &token));
        // On a busy machine an answer may be there at once: then none left.
        if is_answered(&mut first).await || is_answered(&mut second).await {
            continue;
        }
        drop(first);
        let found = second.await;
        assert!(matches!(found, Found::Live(_)), "{found:?}");
        rounds += 1;
    }
}

/// Asks for an answer once, without waiting for it.
async fn is_answered(check: &mut (impl Future + Unpin)) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *check).poll(cx).is_ready())).await
}

async fn a_database_that_was_closed_answers_no_check(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let token = app.sign_in(&ada, NOW).await.session.token;
    let checks = Checks::new(app.instance.clone());
    checked(&checks, &token).await;
    app.db.close().await;
    assert!(checks.check(&token).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_database_has_closed_is_replaced_unnoticed() {
    postgres(async |db: Db| {
        let app = TestApp::new(db);
        let ada = app.user("Ada").await;
        let token = app.sign_in(&ada, NOW).await.session.token;
        let checks = Checks::new(app.instance.clone());
        for _ in 0..3 {
            checked(&checks, &token).await;
            let others = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                          where datname = current_database() and pid <> pg_backend_pid()";
            let ended = testing::databases::number(&app.db, others).await;
            assert!(ended > 0);
            let found = checked(&checks, &token).await;
            assert!(matches!(found, Found::Live(_)), "{found:?}");
        }
    })
    .await;
}
