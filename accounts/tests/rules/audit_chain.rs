//! The chain shows tampering, and names the first event that is not as it was written.

use accounts::{
    audit::{self, Action, Actor, Broken, Cut, Event, Filter, Stored, Whole},
    client::Client,
    db::Db,
    ids::{AccountId, UserId},
};
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;

use crate::test_app::{NOW, PASSWORD, TestApp, browser};

on_both!(
    an_untouched_chain_is_whole,
    the_receipts_hold_the_hashes_of_the_chain,
    a_changed_byte_is_named_whatever_the_column,
    a_deleted_event_is_named,
    two_swapped_events_are_named,
    a_cut_tail_is_named,
    an_event_that_was_added_behind_the_last_is_named,
    a_chain_that_was_unlisted_is_named,
    events_recorded_at_once_keep_one_chain,
    a_long_chain_is_read_page_by_page,
    an_event_holds_no_session_and_no_token,
);

const ACCOUNT: &str = "an-account";

/// The account's events of that action, newest first: 100 at the most.
pub async fn events_of(app: &TestApp, account: &AccountId, action: &str) -> Vec<Stored> {
    let filter = Filter {
        action: Some(action.into()),
        ..Filter::default()
    };
    let mut conn = app.read(NOW).await;
    let found = audit::search(&mut conn, account, &filter, Cut::Before(i64::MAX), 100).await;
    found
        .unwrap()
        .events
        .into_iter()
        .map(|shown| shown.event)
        .collect()
}

/// Everything that the audit log holds, of every account.
pub async fn whole_log(app: &TestApp) -> String {
    let mut conn = app.read(NOW).await;
    let mut log = String::new();
    for chain in audit::chains(&mut conn).await.unwrap() {
        for event in audit::page(&mut conn, &chain, 0).await.unwrap() {
            log += &event.as_json();
        }
    }
    log
}

async fn record(app: &TestApp, count: usize) {
    let (account, user) = (AccountId(ACCOUNT.into()), UserId("a-user".into()));
    let mut op = app.begin(&browser(1), NOW).await;
    for n in 0..count {
        let event = Event::of(Action::Login, Actor::User(&user))
            .in_account(&account)
            .about(&user)
            .with(serde_json::json!({ "n": n }));
        op.record(event);
    }
    op.commit().await.unwrap();
}

async fn verified(app: &TestApp) -> Result<Whole, Broken> {
    audit::verify(&mut *app.read(NOW).await).await.unwrap()
}

/// What `verify` says of five events after `sqls` changed them behind the rules' back; they are whole again
/// afterwards.
async fn broken_by(app: &TestApp, sqls: &[&str]) -> Broken {
    let mut tx = app.db.write().await.unwrap();
    for sql in sqls {
        let rows = accounts::execute!(&mut tx, AssertSqlSafe((*sql).to_owned()));
        assert!(rows.unwrap() > 0, "{sql}");
    }
    let broken = audit::verify(&mut tx).await.unwrap().expect_err(sqls[0]);
    assert_eq!(broken.chain, ACCOUNT);
    broken
}

async fn an_untouched_chain_is_whole(db: Db) {
    let app = TestApp::new(db);
    let (chains, events) = (0, 0);
    assert_eq!(verified(&app).await, Ok(Whole { chains, events }));
    record(&app, 5).await;
    let (chains, events) = (1, 5);
    assert_eq!(verified(&app).await, Ok(Whole { chains, events }));
}

async fn the_receipts_hold_the_hashes_of_the_chain(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId(ACCOUNT.into());
    let mut op = app.begin(&Client::default(), NOW).await;
    let mut event = || op.record(Event::of(Action::Login, Actor::System).in_account(&account));
    let ids = [event(), event()];
    let receipts = op.commit().await.unwrap();
    let chained = audit::page(&mut *app.read(NOW).await, ACCOUNT, 0).await;
    let chained = chained.unwrap();
    assert_eq!(chained.len(), 2);
    for (id, event) in ids.iter().zip(&chained) {
        assert_eq!((&id.0, receipts.hash(id)), (&event.id, event.hash.as_str()));
        assert_eq!(event.hash.len(), 64);
    }
}

async fn a_changed_byte_is_named_whatever_the_column(db: Db) {
    let app = TestApp::new(db);
    record(&app, 5).await;
    for change in [
        "id = 'x' || substr(id, 2)",
        "parent = 'x'",
        "at = at + 1",
        "action = 'user.logout'",
        "category = 'sign_im'",
        "severity = 'infp'",
        "actor = 'user:a-usez'",
        "subject = null",
        "ip = '192.0.2.2'",
        "user_agent = user_agent || ' '",
        "request_id = 'x'",
        "details = '{\"n\":3}'",
        "hash = replace(hash, substr(hash, 1, 1), 'x')",
    ] {
        let sql = format!("update audit_events set {change} where seq = 3");
        let broken = broken_by(&app, &[&sql]).await;
        assert_eq!((broken.seq, broken.why), (3, "it was changed"), "{change}");
    }
    let earlier = "update audit_events set prev_hash = hash where seq = 3";
    assert_eq!(
        broken_by(&app, &[earlier]).await.why,
        "it does not follow the event before it"
    );
    let head = "update audit_chains set head = replace(head, substr(head, 1, 1), 'x')";
    assert_eq!(broken_by(&app, &[head]).await.seq, 5);
}

async fn a_deleted_event_is_named(db: Db) {
    let app = TestApp::new(db);
    record(&app, 5).await;
    for seq in 1..=4 {
        let sql = format!("delete from audit_events where seq = {seq}");
        let broken = broken_by(&app, &[&sql]).await;
        assert_eq!((broken.seq, broken.why), (seq, "it is missing"));
    }
    // Closing the gap does not hide it.
    let close = "update audit_events set seq = seq - 1 where seq = 3";
    let broken = broken_by(&app, &["delete from audit_events where seq = 2", close]).await;
    assert_eq!(
        (broken.seq, broken.why),
        (2, "it does not follow the event before it")
    );
}

async fn two_swapped_events_are_named(db: Db) {
    let app = TestApp::new(db);
    record(&app, 5).await;
    let swap = |step: &str| format!("update audit_events set seq = {step}");
    let steps = [
        swap("-2 where seq = 2"),
        swap("2 where seq = 4"),
        swap("4 where seq = -2"),
    ];
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    assert_eq!(broken_by(&app, &steps).await.seq, 2);
}

async fn a_cut_tail_is_named(db: Db) {
    let app = TestApp::new(db);
    record(&app, 5).await;
    let cut = "delete from audit_events where seq > 3";
    let broken = broken_by(&app, &[cut]).await;
    assert_eq!(
        (broken.seq, broken.why),
        (4, "it is missing, and all after it")
    );
    let all = broken_by(&app, &["delete from audit_events"]).await;
    assert_eq!(all.seq, 1);
    // Setting the count back does not hide it, as the last hash does not fit.
    let back = "update audit_chains set seq = 3";
    assert_eq!(broken_by(&app, &[cut, back]).await.seq, 3);
}

async fn an_event_that_was_added_behind_the_last_is_named(db: Db) {
    let app = TestApp::new(db);
    record(&app, 5).await;
    let forged = "insert into audit_events
        select id || 'x', parent, chain, 6, at, action, category, severity, actor, subject, ip, user_agent,
               request_id, details, hash, hash from audit_events where seq = 5";
    assert_eq!(broken_by(&app, &[forged]).await.seq, 6);
    // The same when the list says that it ends earlier than it does.
    let back =
        "update audit_chains set seq = 4, head = (select hash from audit_events where seq = 4)";
    let broken = broken_by(&app, &[back]).await;
    assert_eq!(
        (broken.seq, broken.why),
        (5, "it was added behind the event that was written last")
    );
}

async fn a_chain_that_was_unlisted_is_named(db: Db) {
    let app = TestApp::new(db);
    record(&app, 5).await;
    assert_eq!(broken_by(&app, &["delete from audit_chains"]).await.seq, 1);
}

async fn events_recorded_at_once_keep_one_chain(db: Db) {
    let app = TestApp::new(db);
    let mut writers = JoinSet::new();
    for _ in 0..40 {
        let app = app.clone();
        writers.spawn(async move { record(&app, 5).await });
    }
    writers.join_all().await;
    let (chains, events) = (1, 200);
    assert_eq!(verified(&app).await, Ok(Whole { chains, events }));
}

async fn a_long_chain_is_read_page_by_page(db: Db) {
    let app = TestApp::new(db);
    record(&app, 2_500).await;
    let (chains, events) = (1, 2_500);
    assert_eq!(verified(&app).await, Ok(Whole { chains, events }));
    let mut conn = app.read(NOW).await;
    assert_eq!(audit::chains(&mut conn).await.unwrap(), [ACCOUNT]);
    let page = audit::page(&mut conn, ACCOUNT, 2_000).await.unwrap();
    assert_eq!((page.len(), page[0].seq), (500, 2_001));
    drop(conn);
    let cut = "delete from audit_events where seq > 2000";
    assert_eq!(broken_by(&app, &[cut]).await.seq, 2_001);
}

async fn an_event_holds_no_session_and_no_token(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let token = here.remembered.unwrap().token;
    app.exchange(&token, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    app.change_password(&who, PASSWORD, "nine brass owls on a wet ladder", NOW)
        .await
        .unwrap();

    let log = whole_log(&app).await;
    assert!(log.contains("user.password_changed") && log.contains("remembered"));
    for secret in [
        here.session.id.0.as_str(),
        here.session.token.expose(),
        token.expose(),
        PASSWORD,
    ] {
        assert!(!log.contains(secret));
    }
}
