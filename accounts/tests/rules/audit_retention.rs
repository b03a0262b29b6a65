//! Deleting old events keeps the chain verifiable, and only that does.

use accounts::{
    audit::{self, Action, Actor, Broken, Cut, Event, Filter, LOOKED_THROUGH, Word},
    audit_retention::{self, RetentionError},
    client::Client,
    db::Db,
    execute,
    ids::{AccountId, UserId},
    roles::Role,
};

use testing::databases;

use crate::{
    audit_chain::events_of,
    test_app::{DAY, NOW, TestApp, after, browser},
};

on_both!(
    old_events_go_and_what_is_left_is_whole,
    a_gap_that_no_deletion_vouches_for_is_named,
    a_second_deletion_may_delete_the_event_of_the_first,
    what_is_young_stays_and_nothing_to_do_is_no_event,
    only_an_owner_says_how_long,
    search_pages_both_ways,
    a_look_for_words_stops_after_so_many_and_says_where,
);

const ACCOUNT: &str = "an-account";

/// Ten events, a day apart.
async fn ten_days(app: &TestApp) -> AccountId {
    let (account, user) = (AccountId(ACCOUNT.into()), UserId("a-user".into()));
    for n in 0..10 {
        let mut op = app.begin(&browser(1), after(DAY * n)).await;
        let event = Event::of(Action::Login, Actor::User(&user))
            .in_account(&account)
            .about(&user)
            .with(serde_json::json!({ "n": n }));
        op.record(event);
        op.commit().await.unwrap();
    }
    account
}

/// Deletes what is older than so many days after the story began, when it is day `today`.
async fn delete_before(app: &TestApp, account: &AccountId, days: u32, today: u32) -> u64 {
    let mut op = app.begin(&Client::default(), after(DAY * today)).await;
    let deleted = audit_retention::delete_before(&mut op, account, NOW.at + DAY * days).await;
    op.commit().await.unwrap();
    deleted.unwrap()
}

async fn verified(app: &TestApp) -> Result<u64, Broken> {
    let account = AccountId(ACCOUNT.into());
    let mut conn = app.read(NOW).await;
    let all = audit::verify(&mut conn)
        .await
        .unwrap()
        .map(|whole| whole.events);
    let one = audit::verify_account(&mut conn, &account).await.unwrap();
    assert_eq!(all, one.map(|whole| whole.events));
    all
}

async fn old_events_go_and_what_is_left_is_whole(db: Db) {
    let app = TestApp::new(db);
    let account = ten_days(&app).await;
    assert_eq!(delete_before(&app, &account, 4, 20).await, 4);
    // Six that are left, and the one that tells of it.
    assert_eq!(verified(&app).await, Ok(7));
    let mut conn = app.read(NOW).await;
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
    let app = TestApp::new(db);
    let account = ten_days(&app).await;
    delete_before(&app, &account, 4, 20).await;
    for (touch, seq) in [
        // One more than the event says.
        ("delete from audit_events where seq = 5", 5),
        // The event that tells of it.
        (
            "update audit_events set details = replace(details, '\"up_to\":4', '\"up_to\":5') where seq = 11",
            6,
        ),
        ("delete from audit_events where seq = 11", 1),
        ("update audit_events set details = '{}' where seq = 11", 1),
        ("update audit_events set at = at + 1 where seq = 7", 7),
    ] {
        let mut tx = app.db.write().await.unwrap();
        let rows = execute!(&mut tx, touch);
        assert_eq!(rows.unwrap(), 1, "{touch}");
        let broken = audit::verify(&mut tx).await.unwrap().expect_err(touch);
        assert_eq!(broken.seq, seq, "{touch}: {broken}");
    }
    assert_eq!(verified(&app).await, Ok(7));
}

async fn a_second_deletion_may_delete_the_event_of_the_first(db: Db) {
    let app = TestApp::new(db);
    let account = ten_days(&app).await;
    delete_before(&app, &account, 4, 20).await;
    assert_eq!(delete_before(&app, &account, 30, 40).await, 7);
    assert_eq!(verified(&app).await, Ok(1));
}

async fn what_is_young_stays_and_nothing_to_do_is_no_event(db: Db) {
    let app = TestApp::new(db);
    let account = ten_days(&app).await;
    for days in [0, 1] {
        assert_eq!(delete_before(&app, &account, days, 20).await, 0, "{days}");
    }
    let another = AccountId("another-account".into());
    assert_eq!(delete_before(&app, &another, 30, 20).await, 0);
    assert_eq!(verified(&app).await, Ok(10));
}

async fn only_an_owner_says_how_long(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let admin = app.member(&ada, "Ben", Role::Admin).await;
    let admin = app.sign_in_now(&admin).await;
    for (who, days, ok) in [
        (&admin, Some(30), false),
        (&ada, Some(29), false),
        (&ada, Some(-1), false),
        (&ada, Some(30), true),
        (&ada, Some(30), true),
    ] {
        let mut op = app.begin(&browser(9), NOW).await;
        let set = audit_retention::set_retention(&mut op, who, days).await;
        assert_eq!(set.is_ok(), ok, "{set:?}");
        if ok {
            op.commit().await.unwrap();
        } else {
            assert!(matches!(
                set,
                Err(RetentionError::NoSuchChoice | RetentionError::Refused(_))
            ));
        }
    }
    let account = &ada.user.account_id;
    let told = events_of(&app, account, "audit.retention_changed").await;
    assert_eq!(told.len(), 1);
    // The cleanup goes by it.
    let whole = audit::verify(&mut *app.read(NOW).await).await.unwrap();
    let all = whole.unwrap().events;
    let day_29 = audit_retention::delete_old(&app, after(DAY * 29)).await;
    assert_eq!(day_29.unwrap(), 0);
    let day_32 = audit_retention::delete_old(&app, after(DAY * 32)).await;
    assert_eq!(day_32.unwrap(), all);
    let verified = audit::verify(&mut *app.read(NOW).await).await;
    verified.unwrap().unwrap();
}

async fn search_pages_both_ways(db: Db) {
    let app = TestApp::new(db);
    let account = ten_days(&app).await;
    let mut conn = app.read(NOW).await;
    let mut numbers = async |filter: &Filter, cut| {
        let found = audit::search(&mut conn, &account, filter, cut, 4).await;
        let found = found.unwrap().events.into_iter();
        found.map(|shown| shown.event.seq).collect::<Vec<_>>()
    };
    let all = Filter::default();
    assert_eq!(numbers(&all, Cut::Before(i64::MAX)).await, [10, 9, 8, 7]);
    assert_eq!(numbers(&all, Cut::Before(3)).await, [2, 1]);
    assert_eq!(numbers(&all, Cut::After(0)).await, [1, 2, 3, 4]);
    assert_eq!(numbers(&all, Cut::After(10)).await, [0; 0]);
    let some = Filter {
        from: Some(NOW.at + DAY),
        until: Some(NOW.at + DAY * 3),
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
            words: Word::all(words),
            ..Filter::default()
        };
        assert_eq!(
            numbers(&some, Cut::Before(i64::MAX)).await.len(),
            found,
            "{words}"
        );
    }
}

async fn a_look_for_words_stops_after_so_many_and_says_where(db: Db) {
    let app = TestApp::new(db);
    let account = ten_days(&app).await;
    // As if so many lay between the fifth and the sixth.
    let far = LOOKED_THROUGH;
    let moved = format!("update audit_events set seq = seq + {far} where seq > 5");
    databases::run(&app.db, &moved).await;
    let mut conn = app.read(NOW).await;
    let mut look = async |filter: &Filter, cut, most| {
        let found = audit::search(&mut conn, &account, filter, cut, most).await;
        let found = found.unwrap();
        let numbers: Vec<i64> = found.events.iter().map(|shown| shown.event.seq).collect();
        let stopped = found.stopped.map(|stopped| (stopped.seq, stopped.at));
        (numbers, stopped, found.next(cut))
    };
    let words = Filter {
        words: Word::all("firefox"),
        ..Filter::default()
    };
    let days = Filter {
        until: Some(NOW.at + DAY * 30),
        ..Filter::default()
    };
    let user = Filter {
        user: Some(UserId("a-user".into())),
        ..Filter::default()
    };
    let (fifth, sixth) = (NOW.at + DAY * 4, NOW.at + DAY * 5);
    for filter in [&words, &days, &user] {
        let (numbers, stopped, next) = look(filter, Cut::Before(i64::MAX), 20).await;
        let newest = (6..=10).rev().map(|n| n + far).collect::<Vec<_>>();
        assert_eq!((numbers, stopped), (newest, Some((5, fifth))));
        assert_eq!(next, Some(Cut::Before(6)));
        let (numbers, stopped, _) = look(filter, Cut::Before(6), 20).await;
        assert_eq!((numbers, stopped), (vec![5, 4, 3, 2, 1], None));
        // The other way round.
        let (numbers, stopped, next) = look(filter, Cut::After(0), 20).await;
        assert_eq!(
            (numbers, stopped),
            (vec![1, 2, 3, 4, 5], Some((far + 6, sixth)))
        );
        assert_eq!(next, Some(Cut::After(far + 5)));
        // A page that is full says nothing: the next one begins at its last event.
        let (numbers, stopped, next) = look(filter, Cut::After(0), 5).await;
        assert_eq!(
            (numbers.len(), stopped, next),
            (5, None, Some(Cut::After(5)))
        );
    }
    // An index leads to these.
    let action = Filter {
        action: Some("user.login".into()),
        ..Filter::default()
    };
    let severity = Filter {
        severity: Some("info".into()),
        ..Filter::default()
    };
    for filter in [&action, &severity, &Filter::default()] {
        let (numbers, stopped, _) = look(filter, Cut::Before(i64::MAX), 20).await;
        assert_eq!((numbers.len(), stopped), (10, None));
    }
}
