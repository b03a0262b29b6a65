//! The chain shows tampering, and names the first event that is not as it was written.

use accounts::{
    audit::{self, Action, Actor, Broken, Event, Whole},
    db::{Db, Tx},
    on,
    users::{AccountId, UserId},
};
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;

use crate::home::{Home, NOW, PASSWORD, browser};

on_both!(
    an_untouched_chain_is_whole,
    a_changed_byte_is_named_whatever_the_column,
    a_deleted_event_is_named,
    two_swapped_events_are_named,
    a_cut_tail_is_named,
    an_event_that_was_put_behind_the_last_is_named,
    a_chain_that_was_unlisted_is_named,
    events_recorded_at_once_keep_one_chain,
    a_long_chain_is_read_page_by_page,
    an_event_holds_no_session_and_no_token,
);

const ACCOUNT: &str = "an-account";

async fn record(db: &Db, count: usize) {
    let (account, user) = (AccountId(ACCOUNT.into()), UserId("somebody".into()));
    let client = browser(1);
    let mut tx = db.write().await.unwrap();
    for n in 0..count {
        let event = Event::of(Action::Login, Actor::User(&user), &client)
            .in_account(&account)
            .about(&user)
            .with(serde_json::json!({ "n": n }));
        audit::record(&mut tx, event, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn tamper(tx: &mut Tx, sql: &str) {
    let rows = on!(tx, c => sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))
    .unwrap();
    assert!(rows > 0, "{sql}");
}

/// What `verify` says of five events after `sqls` ran on them; they are whole again afterwards.
async fn broken_by(db: &Db, sqls: &[&str]) -> Broken {
    let mut tx = db.write().await.unwrap();
    for sql in sqls {
        tamper(&mut tx, sql).await;
    }
    let broken = audit::verify(&mut tx).await.unwrap().expect_err(sqls[0]);
    assert_eq!(broken.chain, ACCOUNT);
    broken
}

async fn an_untouched_chain_is_whole(db: Db) {
    let nothing = audit::verify(&mut db.read().await.unwrap()).await.unwrap();
    assert_eq!(
        nothing,
        Ok(Whole {
            chains: 0,
            events: 0
        })
    );
    record(&db, 5).await;
    let whole = audit::verify(&mut db.read().await.unwrap()).await.unwrap();
    assert_eq!(
        whole,
        Ok(Whole {
            chains: 1,
            events: 5
        })
    );
}

async fn a_changed_byte_is_named_whatever_the_column(db: Db) {
    record(&db, 5).await;
    for change in [
        "id = 'x' || substr(id, 2)",
        "at = at + 1",
        "action = 'user.logout'",
        "category = 'sign_im'",
        "severity = 'infp'",
        "actor = 'user:somebodz'",
        "subject = null",
        "ip = '192.0.2.2'",
        "user_agent = user_agent || ' '",
        "details = '{\"n\":3}'",
        "hash = replace(hash, substr(hash, 1, 1), 'x')",
    ] {
        let sql = format!("update audit_events set {change} where seq = 3");
        let broken = broken_by(&db, &[&sql]).await;
        assert_eq!((broken.seq, broken.why), (3, "it was changed"), "{change}");
    }
    let earlier = "update audit_events set prev_hash = hash where seq = 3";
    assert_eq!(
        broken_by(&db, &[earlier]).await.why,
        "it does not follow the event before it"
    );
    let head = "update audit_chains set head = replace(head, substr(head, 1, 1), 'x')";
    assert_eq!(broken_by(&db, &[head]).await.seq, 5);
}

async fn a_deleted_event_is_named(db: Db) {
    record(&db, 5).await;
    for seq in 1..=4 {
        let sql = format!("delete from audit_events where seq = {seq}");
        let broken = broken_by(&db, &[&sql]).await;
        assert_eq!((broken.seq, broken.why), (seq, "it is missing"));
    }
    // Closing the gap does not hide it.
    let close = "update audit_events set seq = seq - 1 where seq = 3";
    let broken = broken_by(&db, &["delete from audit_events where seq = 2", close]).await;
    assert_eq!(
        (broken.seq, broken.why),
        (2, "it does not follow the event before it")
    );
}

async fn two_swapped_events_are_named(db: Db) {
    record(&db, 5).await;
    let swap = |step: &str| format!("update audit_events set seq = {step}");
    let steps = [
        swap("-2 where seq = 2"),
        swap("2 where seq = 4"),
        swap("4 where seq = -2"),
    ];
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    assert_eq!(broken_by(&db, &steps).await.seq, 2);
}

async fn a_cut_tail_is_named(db: Db) {
    record(&db, 5).await;
    let cut = "delete from audit_events where seq > 3";
    let broken = broken_by(&db, &[cut]).await;
    assert_eq!(
        (broken.seq, broken.why),
        (4, "it is missing, and all after it")
    );
    let all = broken_by(&db, &["delete from audit_events"]).await;
    assert_eq!(all.seq, 1);
    // Setting the count back does not hide it, as the last hash does not fit.
    let back = "update audit_chains set seq = 3";
    assert_eq!(broken_by(&db, &[cut, back]).await.seq, 3);
}

async fn an_event_that_was_put_behind_the_last_is_named(db: Db) {
    record(&db, 5).await;
    let forged = "insert into audit_events
        select id || 'x', chain, 6, at, action, category, severity, actor, subject, ip, user_agent, details,
               hash, hash from audit_events where seq = 5";
    assert_eq!(broken_by(&db, &[forged]).await.seq, 6);
    // The same when the list says that it ends earlier than it does.
    let back =
        "update audit_chains set seq = 4, head = (select hash from audit_events where seq = 4)";
    let broken = broken_by(&db, &[back]).await;
    assert_eq!(
        (broken.seq, broken.why),
        (5, "it was added behind the event that was written last")
    );
}

async fn a_chain_that_was_unlisted_is_named(db: Db) {
    record(&db, 5).await;
    assert_eq!(broken_by(&db, &["delete from audit_chains"]).await.seq, 1);
}

async fn events_recorded_at_once_keep_one_chain(db: Db) {
    let mut writers = JoinSet::new();
    for _ in 0..40 {
        let db = db.clone();
        writers.spawn(async move { record(&db, 5).await });
    }
    writers.join_all().await;
    let whole = audit::verify(&mut db.read().await.unwrap()).await.unwrap();
    assert_eq!(
        whole,
        Ok(Whole {
            chains: 1,
            events: 200
        })
    );
}

async fn a_long_chain_is_read_page_by_page(db: Db) {
    record(&db, 2_500).await;
    let mut conn = db.read().await.unwrap();
    let whole = audit::verify(&mut conn).await.unwrap();
    assert_eq!(
        whole,
        Ok(Whole {
            chains: 1,
            events: 2_500
        })
    );
    assert_eq!(audit::chains(&mut conn).await.unwrap(), [ACCOUNT]);
    let page = audit::page(&mut conn, ACCOUNT, 2_000).await.unwrap();
    assert_eq!((page.len(), page[0].seq), (500, 2_001));
    drop(conn);
    let cut = "delete from audit_events where seq > 2000";
    assert_eq!(broken_by(&db, &[cut]).await.seq, 2_001);
}

async fn an_event_holds_no_session_and_no_token(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let token = here.remembered.unwrap().token;
    home.exchange(&token, false, NOW).await;
    let who = home.signed_in(&here.session.token, NOW).await;
    home.change_password(&who, PASSWORD, "nine brass owls on a wet ladder", NOW)
        .await
        .unwrap();

    let mut conn = home.db.read().await.unwrap();
    let mut said = String::new();
    for chain in audit::chains(&mut conn).await.unwrap() {
        for event in audit::page(&mut conn, &chain, 0).await.unwrap() {
            said += &serde_json::to_string(&event).unwrap();
        }
    }
    assert!(said.contains("user.password_changed") && said.contains("remembered"));
    for secret in [
        here.session.id.0.as_str(),
        here.session.token.expose(),
        token.expose(),
        PASSWORD,
    ] {
        assert!(!said.contains(secret));
    }
}
