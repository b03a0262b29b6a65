//! A remote logout on another node or by another process ends the streams here.

use std::time::{Duration, Instant};

use accounts::{
    on,
    operation::Operation,
    sessions::{By, Surface, end_all},
    users,
};
use tokio::time::timeout;

use super::settled;
use crate::{
    browser::NOTHING,
    databases,
    listening::Listening,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    a_remote_logout_on_another_node_ends_the_streams_here,
    a_remote_logout_that_is_not_committed_ends_nothing,
    a_lost_listener_changes_nothing,
    a_change_while_the_database_is_unavailable_is_obeyed_when_it_answers_again,
);

const SOON: Duration = Duration::from_secs(4);

/// An open stream that nothing is due for from before.
async fn listens(app: &TestApp, name: &str) -> Listening {
    let browser = app.browser(SAFARI_ON_IPHONE);
    browser.sign_in(name).await;
    let mut stream = browser.listen().await.unwrap();
    settled(&mut [&mut stream]).await;
    stream
}

async fn a_remote_logout_on_another_node_ends_the_streams_here(app: TestApp) {
    let _looking = app.is_notified();
    let other = app.another_node().await;
    let ada = other.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let stream = listens(&app, "Ada").await;
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    let (took, said) = stream.ends(SOON).await;
    eprintln!("another node: {took:?}");
    assert!(
        said.contains("from Firefox on Linux. Was this you?"),
        "{said}"
    );
    other.db().close().await;
}

/// Logs Ada out everywhere, in an operation that the caller commits or drops.
async fn end_all_in(op: &mut Operation) {
    let ada = users::id_of_email(op, &email_of("Ada")).await;
    let ada = ada.unwrap().unwrap();
    let ended = end_all(op, &ada, By::Operator, Surface::Cli).await;
    ended.unwrap();
}

async fn a_remote_logout_that_is_not_committed_ends_nothing(app: TestApp) {
    let _looking = app.is_notified();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut stream = listens(&app, "Ada").await;
    let mut op = app.begin().await;
    end_all_in(&mut op).await;
    drop(op);
    tokio::time::sleep(Duration::from_millis(700)).await;
    stream.is_quiet().await;
    assert!(ada.is_signed_in().await);
}

/// PostgreSQL's connection is killed; SQLite's file is compacted, which moves what was counted by.
async fn a_lost_listener_changes_nothing(app: TestApp) {
    let _looking = app.is_notified();
    let other = app.another_node().await;
    let ada = other.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let stream = listens(&app, "Ada").await;
    if app.url.starts_with("postgres") {
        let killed = databases::number(
            other.db(),
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and query ilike 'listen%'",
        )
        .await;
        assert_eq!(killed, 1, "there is one listener");
        // At once, while no connection listens: what was notified meanwhile is made up for.
        ada.remote_logout()
            .await
            .leads_to("/sign-in?next=/profile/security");
    } else {
        // In one, so that the remote logout is never looked for by the new count.
        let mut op = other.begin().await;
        let compacted = "delete from audit_events where rowid > 1";
        on!(&mut op, c => sqlx::query(compacted).execute(c).await.map(|_| ())).unwrap();
        end_all_in(&mut op).await;
        op.commit().await.unwrap();
    }
    let start = Instant::now();
    stream.ends(SOON).await;
    eprintln!("after the listener was lost: {:?}", start.elapsed());

    ada.sign_in("Ada").await;
    let stream = listens(&app, "Ada").await;
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    stream.ends(SOON).await;
    other.db().close().await;
}

async fn a_change_while_the_database_is_unavailable_is_obeyed_when_it_answers_again(app: TestApp) {
    let _looking = app.is_notified();
    let other = app.another_node().await;
    let ada = other.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ada").await;
    let mut stream = listens(&app, "Ada").await;
    // Every connection of this node's but the one that listens is taken.
    let mut taken = Vec::new();
    while let Ok(conn) = timeout(Duration::from_millis(500), app.db().read()).await {
        taken.push(conn.unwrap());
    }
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    // Asking takes as long as looking does, until both give up.
    phone
        .call("still_signed_in", NOTHING)
        .await
        .refuses(503, "service_unavailable");
    tokio::time::sleep(Duration::from_secs(1)).await;
    stream.is_quiet().await;
    drop(taken);
    let (took, said) = stream.ends(SOON).await;
    eprintln!("after the database answered again: {took:?}");
    assert!(said.contains("remote_logout"), "{said}");
    phone
        .call("still_signed_in", NOTHING)
        .await
        .refuses(401, "session_ended");
    other.db().close().await;
}

/// SQLite's poller reads the audit log. While that cannot be read it notices nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_remote_logout_while_the_audit_log_could_not_be_read_is_made_up_for() {
    databases::sqlite(a_remote_logout_while_sqlite_is_not_heard).await;
}

async fn a_remote_logout_while_sqlite_is_not_heard(app: TestApp) {
    let _looking = app.is_notified();
    let other = app.another_node().await;
    other.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let mut stream = listens(&app, "Ada").await;
    databases::run(other.db(), "alter table audit_events rename to gone").await;
    // It is looked at four times a second.
    tokio::time::sleep(Duration::from_secs(1)).await;
    stream.is_quiet().await;
    // The log is back with the remote logout in it: no look has seen the one without the other.
    let mut op = other.begin().await;
    on!(&mut op, c => sqlx::query("alter table gone rename to audit_events").execute(c).await.map(|_| ()))
        .unwrap();
    end_all_in(&mut op).await;
    op.commit().await.unwrap();
    let (_, said) = stream.ends(SOON).await;
    assert!(said.contains("remote_logout"), "{said}");
    other.db().close().await;
}
