//! Deleting old events keeps the chain verifiable, and only that does.

use std::time::Duration;

use accounts::{
    audit::{self, Action, Actor, Broken, Cut, Event, Filter, RetentionError},
    db::Db,
    users::{AccountId, Role, UserId},
};

use crate::{
    databases,
    home::{DAY, Home, NOW, after, browser},
};

on_both!(
    old_events_go_and_what_is_left_is_whole,
    a_gap_that_no_deletion_vouches_for_is_named,
    a_second_deletion_may_take_the_word_of_the_first_along,
    what_is_young_stays_and_nothing_to_do_is_no_event,
    only_an_owner_says_how_long,
    search_pages_both_ways,
);

const ACCOUNT: &str = "an-account";

/// Ten events, a day apart.
async fn ten_days(db: &Db) -> AccountId {
    let (account, user) = (AccountId(ACCOUNT.into()), UserId("somebody".into()));
    let client = browser(1);
    let mut tx = db.write().await.unwrap();
    for n in 0..10 {
        let event = Event::of(Action::Login, Actor::User(&user), &client)
            .in_account(&account)
            .about(&user)
            .with(serde_json::json!({ "n": n }));
        audit::record(&mut tx, event, after(DAY * n)).await.unwrap();
    }
    tx.commit().await.unwrap();
    account
}

async fn delete_before(db: &Db, account: &AccountId, days: u32) -> u64 {
    let mut tx = db.write().await.unwrap();
    let before = NOW.at + DAY * days;
    let deleted = audit::delete_before(&mut tx, account, before, after(DAY * 20))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    deleted
}

async fn verified(db: &Db) -> Result<u64, Broken> {
    let account = AccountId(ACCOUNT.into());
    let mut conn = db.read().await.unwrap();
    let all = audit::verify(&mut conn)
        .await
        .unwrap()
        .map(|whole| whole.events);
    let one = audit::verify_account(&mut conn, &account).await.unwrap();
    assert_eq!(all, one.map(|whole| whole.events));
    all
}

async fn old_events_go_and_what_is_left_is_whole(db: Db) {
    let account = ten_days(&db).await;
    assert_eq!(delete_before(&db, &account, 4).await, 4);
    // Six that are left, and the one that tells of it.
    assert_eq!(verified(&db).await, Ok(7));
    let mut conn = db.read().await.unwrap();
    let page = audit::page(&mut conn, ACCOUNT, 0).await.unwrap();
    assert_eq!(page[0].seq, 5);
    let told = page.last().unwrap();
    assert_eq!(
        (told.action.as_str(), told.actor.as_str()),
        ("audit.events_deleted", "system")
    );
    assert!(
        told.details.contains(&page[0].prev_hash),
        "{}",
        told.details
    );
}

async fn a_gap_that_no_deletion_vouches_for_is_named(db: Db) {
    let account = ten_days(&db).await;
    delete_before(&db, &account, 4).await;
    for (touch, seq) in [
        // One more than was told of.
        ("delete from audit_events where seq = 5", 5),
        // The word itself.
        (
            "update audit_events set details = replace(details, '\"up_to\":4', '\"up_to\":5') where seq = 11",
            6,
        ),
        ("delete from audit_events where seq = 11", 1),
        ("update audit_events set details = '{}' where seq = 11", 1),
        ("update audit_events set at = at + 1 where seq = 7", 7),
    ] {
        let mut tx = db.write().await.unwrap();
        let rows = accounts::on!(&mut tx, c => sqlx::query(touch).execute(c).await.map(|d| d.rows_affected()));
        assert_eq!(rows.unwrap(), 1, "{touch}");
        let broken = audit::verify(&mut tx).await.unwrap().expect_err(touch);
        assert_eq!(broken.seq, seq, "{touch}: {broken}");
    }
    assert_eq!(verified(&db).await, Ok(7));
}

async fn a_second_deletion_may_take_the_word_of_the_first_along(db: Db) {
    let account = ten_days(&db).await;
    delete_before(&db, &account, 4).await;
    let mut tx = db.write().await.unwrap();
    let (before, now) = (NOW.at + DAY * 30, after(DAY * 40));
    assert_eq!(
        audit::delete_before(&mut tx, &account, before, now)
            .await
            .unwrap(),
        7
    );
    tx.commit().await.unwrap();
    assert_eq!(verified(&db).await, Ok(1));
}

async fn what_is_young_stays_and_nothing_to_do_is_no_event(db: Db) {
    let account = ten_days(&db).await;
    for days in [0, 1] {
        assert_eq!(delete_before(&db, &account, days).await, 0, "{days}");
    }
    assert_eq!(
        delete_before(&db, &AccountId("nobody’s".into()), 30).await,
        0
    );
    let events = "select count(*) from audit_events";
    assert_eq!(databases::number(&db, events).await, 10);
}

async fn only_an_owner_says_how_long(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let admin = home.member(&ada, "Ben", Role::Admin).await;
    let admin = home.comes_in(&admin).await;
    let (client, limits) = (browser(9), &home.limits);
    for (who, days, ok) in [
        (&admin, Some(30), false),
        (&ada, Some(29), false),
        (&ada, Some(-1), false),
        (&ada, Some(30), true),
        (&ada, Some(30), true),
    ] {
        let mut tx = home.db.write().await.unwrap();
        let set = audit::set_retention(&mut tx, who, days, &client, limits, NOW).await;
        assert_eq!(set.is_ok(), ok, "{set:?}");
        if ok {
            tx.commit().await.unwrap();
        } else {
            assert!(matches!(
                set,
                Err(RetentionError::NoSuchChoice | RetentionError::Refused(_))
            ));
        }
    }
    let told = "select count(*) from audit_events where action = 'audit.retention_changed'";
    assert_eq!(databases::number(&home.db, told).await, 1);
    // The sweep goes by it.
    let all = databases::number(&home.db, "select count(*) from audit_events").await;
    assert_eq!(
        audit::delete_old(&home.db, after(DAY * 29)).await.unwrap(),
        0
    );
    let deleted = audit::delete_old(&home.db, after(DAY * 32)).await.unwrap();
    assert_eq!(i64::try_from(deleted).unwrap(), all);
    audit::verify(&mut home.db.read().await.unwrap())
        .await
        .unwrap()
        .unwrap();
}

async fn search_pages_both_ways(db: Db) {
    let account = ten_days(&db).await;
    let mut conn = db.read().await.unwrap();
    let mut numbers = async |filter: &Filter, cut| {
        let found = audit::search(&mut conn, &account, filter, cut, 4)
            .await
            .unwrap();
        found
            .iter()
            .map(|shown| shown.event.seq)
            .collect::<Vec<_>>()
    };
    let all = Filter::default();
    assert_eq!(numbers(&all, Cut::Before(i64::MAX)).await, [10, 9, 8, 7]);
    assert_eq!(numbers(&all, Cut::Before(3)).await, [2, 1]);
    assert_eq!(numbers(&all, Cut::After(0)).await, [1, 2, 3, 4]);
    assert_eq!(numbers(&all, Cut::After(10)).await, [0; 0]);
    let day = Duration::from_hours(24);
    let some = Filter {
        from: Some(NOW.at + day),
        until: Some(NOW.at + day * 3),
        ..Filter::default()
    };
    assert_eq!(numbers(&some, Cut::Before(i64::MAX)).await, [3, 2]);
    for (words, found) in [
        ("\"N\":7", 1),
        ("%", 0),
        ("_ogin", 0),
        ("firefox", 4),
        ("\\", 0),
    ] {
        let some = Filter {
            words: Some(words.into()),
            ..Filter::default()
        };
        assert_eq!(
            numbers(&some, Cut::Before(i64::MAX)).await.len(),
            found,
            "{words}"
        );
    }
}
