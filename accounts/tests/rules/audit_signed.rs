//! What the chain alone cannot show: newest events that were cut, chains that were removed, events that were added. The
//! signature of each newest event and the high-water marks show it.

use std::time::Duration;

use accounts::{
    audit::{self, Action, Actor, Broken, Event, Marks, Verified, sign_heads_anew},
    audit_retention,
    client::Client,
    db::Db,
    ids::AccountId,
    keys::Keys,
};
use testing::databases;

use crate::test_app::{DAY, NOW, TestApp, after, browser};

on_both!(
    an_untouched_log_is_signed_and_above_its_marks,
    a_tail_cut_together_with_its_head_is_named_by_the_marks,
    a_head_set_back_without_its_signature_is_named,
    a_signature_is_of_one_head_of_one_chain,
    an_event_that_follows_a_forged_head_makes_it_no_more_genuine,
    marks_do_not_rise_over_a_cut,
    a_chain_removed_with_its_head_is_named,
    an_account_without_a_chain_is_named,
    what_retention_deletes_contradicts_no_mark,
    rotation_signs_every_genuine_head_anew,
    a_node_without_the_newest_key_writes_on_and_that_is_said,
    the_event_of_a_hash_is_found,
);

async fn record(app: &TestApp, account: &str, count: usize) {
    let account = AccountId(account.into());
    let mut op = app.begin(&browser(1), NOW).await;
    for _ in 0..count {
        op.record(Event::of(Action::Login, Actor::System).in_account(&account));
    }
    op.commit().await.unwrap();
}

async fn verified(app: &TestApp, marks: Option<&Marks>) -> Result<Verified, Broken> {
    let mut conn = app.read(NOW).await;
    audit::verify_all(&mut conn, marks).await.unwrap()
}

/// The marks as they are now.
async fn marks(app: &TestApp) -> Marks {
    let mut marks = Marks::default();
    let raised = marks.raise(&mut *app.read(NOW).await).await.unwrap();
    assert_eq!(raised.contradiction, None);
    marks
}

/// Keeps the row of the only chain, as who has a copy of the database may.
async fn remember_head(app: &TestApp) {
    databases::run(&app.db, "create table copied as select * from audit_chains").await;
}

/// Cuts the events after that number, and puts the remembered head back.
async fn cut_to(app: &TestApp, seq: i64) {
    databases::run(
        &app.db,
        &format!("delete from audit_events where seq > {seq}"),
    )
    .await;
    databases::run(&app.db, "delete from audit_chains").await;
    databases::run(&app.db, "insert into audit_chains select * from copied").await;
}

async fn an_untouched_log_is_signed_and_above_its_marks(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let nothing = Marks::default();
    verified(&app, Some(&nothing)).await.unwrap();
    let before = marks(&app).await;
    app.sign_in(&ada, NOW).await;
    let whole = verified(&app, Some(&before)).await.unwrap();
    assert_eq!(whole.unverified, []);
    assert!(whole.whole.events >= 2, "{whole:?}");
    let mut now = before.clone();
    let mut conn = app.read(NOW).await;
    assert!(now.raise(&mut conn).await.unwrap().changed);
    assert!(!now.raise(&mut conn).await.unwrap().changed);
    assert_ne!(now, before);
    assert_eq!(Marks::parse(&now.as_text(&app.keys), &app.keys), Ok(now));
}

async fn a_tail_cut_together_with_its_head_is_named_by_the_marks(db: Db) {
    let app = TestApp::new(db);
    record(&app, "an-account", 3).await;
    remember_head(&app).await;
    record(&app, "an-account", 2).await;
    let marks = marks(&app).await;
    cut_to(&app, 3).await;
    // The signature is genuine, of a time that is past.
    verified(&app, None).await.unwrap();
    let broken = verified(&app, Some(&marks)).await.unwrap_err();
    assert_eq!((broken.chain.as_str(), broken.seq), ("an-account", 4));
    assert!(broken.why.contains("high-water mark"), "{broken}");
}

async fn a_head_set_back_without_its_signature_is_named(db: Db) {
    let app = TestApp::new(db);
    record(&app, "an-account", 5).await;
    for sql in [
        "update audit_chains set seq = 3, head = (select hash from audit_events where seq = 3)",
        "delete from audit_events where seq > 3",
    ] {
        databases::run(&app.db, sql).await;
    }
    let broken = verified(&app, None).await.unwrap_err();
    assert_eq!(broken.seq, 3);
    assert!(broken.why.contains("signature"), "{broken}");
    // The page of the account says it, too.
    let account = AccountId("an-account".into());
    let mut conn = app.read(NOW).await;
    let one = audit::verify_account(&mut conn, &account).await.unwrap();
    assert_eq!(one, Err(broken));
}

async fn a_signature_is_of_one_head_of_one_chain(db: Db) {
    let app = TestApp::new(db);
    record(&app, "an-account", 5).await;
    record(&app, "another-account", 5).await;
    for sql in [
        "update audit_chains set signature = (select signature from audit_chains where chain = 'another-account')
         where chain = 'an-account'",
        "update audit_chains set signature = '' where chain = 'an-account'",
        "update audit_chains set unverified_seq = 2 where chain = 'an-account'",
        "update audit_chains set key_id = 'another' where chain = 'an-account'",
    ] {
        let row = "select key_id || ' ' || signature from audit_chains where chain = 'an-account'";
        let row = databases::text(&app.db, row).await;
        let (key, signature) = row.split_once(' ').unwrap();
        databases::run(&app.db, sql).await;
        let broken = verified(&app, None).await.expect_err(sql);
        assert_eq!((broken.chain.as_str(), broken.seq), ("an-account", 5), "{sql}");
        let back = format!(
            "update audit_chains set key_id = '{key}', signature = '{signature}', unverified_seq = null
             where chain = 'an-account'"
        );
        databases::run(&app.db, &back).await;
        verified(&app, None).await.unwrap();
    }
}

async fn an_event_that_follows_a_forged_head_makes_it_no_more_genuine(db: Db) {
    let app = TestApp::new(db);
    record(&app, "an-account", 5).await;
    for sql in [
        "update audit_chains set seq = 3, head = (select hash from audit_events where seq = 3)",
        "delete from audit_events where seq > 3",
    ] {
        databases::run(&app.db, sql).await;
    }
    // Nothing is refused for it.
    record(&app, "an-account", 4).await;
    let broken = verified(&app, None).await.unwrap_err();
    assert_eq!(broken.seq, 7);
    assert_eq!(sign_heads_anew(&app.db, &app.keys).await.unwrap(), 0);
    assert!(verified(&app, None).await.is_err());
}

async fn marks_do_not_rise_over_a_cut(db: Db) {
    let app = TestApp::new(db);
    record(&app, "an-account", 3).await;
    remember_head(&app).await;
    record(&app, "an-account", 2).await;
    let mut marks = marks(&app).await;
    let before = marks.clone();
    cut_to(&app, 3).await;
    for more in [0, 1, 1, 5] {
        record(&app, "an-account", more).await;
        let raised = marks.raise(&mut *app.read(NOW).await).await.unwrap();
        assert!(raised.contradiction.is_some(), "{more}");
        assert_eq!(marks, before);
        let broken = verified(&app, Some(&marks)).await.unwrap_err();
        assert!(broken.why.contains("high-water mark"), "{broken}");
    }
    // The chain as such is whole and signed.
    verified(&app, None).await.unwrap();
    // Another account's mark rises all the same.
    record(&app, "another-account", 1).await;
    let raised = marks.raise(&mut *app.read(NOW).await).await.unwrap();
    assert!(raised.changed && raised.contradiction.is_some());
}

async fn a_chain_removed_with_its_head_is_named(db: Db) {
    let app = TestApp::new(db);
    record(&app, "an-account", 5).await;
    record(&app, "another-account", 5).await;
    let mut marks = marks(&app).await;
    for sql in ["delete from audit_events", "delete from audit_chains"] {
        databases::run(&app.db, &format!("{sql} where chain = 'an-account'")).await;
    }
    let missing = verified(&app, Some(&marks)).await.unwrap_err();
    assert_eq!((missing.chain.as_str(), missing.seq), ("an-account", 1));
    assert!(missing.why.contains("whole chain"), "{missing}");
    let raised = marks.raise(&mut *app.read(NOW).await).await.unwrap();
    assert_eq!(raised.contradiction, Some(missing));
    // It begins anew, and is still missed.
    record(&app, "an-account", 9).await;
    marks.raise(&mut *app.read(NOW).await).await.unwrap();
    let broken = verified(&app, Some(&marks)).await.unwrap_err();
    assert_eq!((broken.chain.as_str(), broken.seq), ("an-account", 5));
}

async fn an_account_without_a_chain_is_named(db: Db) {
    let app = TestApp::new(db);
    app.user("Ada").await;
    verified(&app, None).await.unwrap();
    let account = databases::text(&app.db, "select id from accounts").await;
    for sql in ["delete from audit_events", "delete from audit_chains"] {
        databases::run(&app.db, sql).await;
    }
    let broken = verified(&app, None).await.unwrap_err();
    assert_eq!(
        (broken.chain, broken.why),
        (account, "the account has no chain")
    );
}

async fn what_retention_deletes_contradicts_no_mark(db: Db) {
    let app = TestApp::new(db);
    record(&app, "an-account", 10).await;
    let mut marks = marks(&app).await;
    let account = AccountId("an-account".into());
    let mut op = app.begin(&Client::default(), after(40 * DAY)).await;
    let deleted = audit_retention::delete_before(&mut op, &account, after(30 * DAY).at).await;
    assert_eq!(deleted.unwrap(), 10);
    op.commit().await.unwrap();
    verified(&app, Some(&marks)).await.unwrap();
    let raised = marks.raise(&mut *app.read(NOW).await).await.unwrap();
    assert!(
        raised.changed && raised.contradiction.is_none(),
        "{raised:?}"
    );
    verified(&app, Some(&marks)).await.unwrap();
}

/// The app as another node sees it, with these keys.
fn with_keys(app: &TestApp, keys: &str) -> TestApp {
    let mut node = app.clone();
    node.keys = Keys::parse(keys).unwrap();
    node
}

async fn rotation_signs_every_genuine_head_anew(db: Db) {
    let (old, new) = (Keys::new_line(), Keys::new_line());
    let app = with_keys(&TestApp::new(db), &old);
    for account in ["an-account", "another-account", "forged-account"] {
        record(&app, account, 2).await;
    }
    let forge = "update audit_chains set signature = '00' where chain = 'forged-account'";
    databases::run(&app.db, forge).await;
    let marks = marks(&app).await;
    let rotated = with_keys(&app, &format!("{}{}", *new, *old));
    assert_eq!(sign_heads_anew(&app.db, &rotated.keys).await.unwrap(), 3);
    assert_eq!(sign_heads_anew(&app.db, &rotated.keys).await.unwrap(), 0);
    // The old key is forgotten.
    let app = with_keys(&app, &new);
    let broken = verified(&app, Some(&marks)).await.unwrap_err();
    assert_eq!(broken.chain, "forged-account");
    let forged = "delete from audit_chains where chain = 'forged-account'";
    databases::run(&app.db, forged).await;
    databases::run(
        &app.db,
        "delete from audit_events where chain = 'forged-account'",
    )
    .await;
    let whole = verified(&app, None).await.unwrap();
    assert_eq!(whole.unverified, []);
}

async fn a_node_without_the_newest_key_writes_on_and_that_is_said(db: Db) {
    let (old, new) = (Keys::new_line(), Keys::new_line());
    let app = with_keys(&TestApp::new(db), &format!("{}{}", *new, *old));
    record(&app, "an-account", 3).await;
    let behind = with_keys(&app, &old);
    let broken = verified(&behind, None).await.unwrap_err();
    assert!(broken.why.contains("not in the key file"), "{broken}");
    record(&behind, "an-account", 2).await;
    // The node that has both keys goes on from there, and does not forget it.
    for _ in 0..2 {
        record(&app, "an-account", 1).await;
        let whole = verified(&app, None).await.unwrap();
        assert_eq!(whole.unverified, [("an-account".to_owned(), 3)]);
    }
    // Who can write to the database cannot take it out either.
    databases::run(&app.db, "update audit_chains set unverified_seq = null").await;
    assert!(verified(&app, None).await.is_err());
}

async fn the_event_of_a_hash_is_found(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    let mut op = app.begin(&browser(1), NOW).await;
    let id = op.record(Event::of(Action::Login, Actor::System).in_account(&account));
    let receipts = op.commit().await.unwrap();
    record(&app, "another-account", 1).await;
    let mut conn = app.read(after(Duration::ZERO)).await;
    let hash = receipts.hash(&id);
    let found = audit::with_hash(&mut conn, hash).await.unwrap().unwrap();
    assert_eq!((found.id, found.chain), (id.0, account.0));
    let none = audit::with_hash(&mut conn, &"0".repeat(64)).await.unwrap();
    assert!(none.is_none());
}
