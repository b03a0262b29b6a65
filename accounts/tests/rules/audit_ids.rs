//! The ids in an event: what it follows from, and which request asked for it.

use accounts::{
    audit::{self, Action, Actor, Cut, Event, Filter, Stored, Word},
    client::Client,
    db::Db,
    ids::{AccountId, EventId},
};

use crate::test_app::{NOW, TestApp, browser};

on_both!(
    an_event_names_its_parent_and_its_request,
    a_whole_id_finds_events_and_a_part_of_it_none,
);

const REQUEST: &str = "019a-the-request";

/// The ids of the events of that account that the words find, newest first.
async fn found(app: &TestApp, account: &AccountId, words: &str) -> Vec<EventId> {
    let filter = Filter {
        words: Word::all(words),
        ..Filter::default()
    };
    let mut conn = app.read(NOW).await;
    let found = audit::search(&mut conn, account, &filter, Cut::Before(i64::MAX), 100).await;
    let found = found.unwrap().events.into_iter();
    found.map(|shown| EventId(shown.event.id)).collect()
}

/// A remote logout and an event that follows from it, both of one request; and a sign-in of no request.
async fn recorded(app: &TestApp, account: &AccountId) -> [EventId; 3] {
    let client = Client {
        request_id: Some(REQUEST.into()),
        ..browser(1)
    };
    let event = |action| Event::of(action, Actor::System).in_account(account);
    let mut op = app.begin(&client, NOW).await;
    let first = op.record(event(Action::SessionInvalidated));
    let follows = op.record(event(Action::Logout).under(&first));
    op.commit().await.unwrap();
    let mut op = app.begin(&Client::default(), NOW).await;
    let other = op.record(event(Action::Login));
    op.commit().await.unwrap();
    [first, follows, other]
}

async fn an_event_names_its_parent_and_its_request(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    let [first, ..] = recorded(&app, &account).await;
    let mut conn = app.read(NOW).await;
    let page = audit::page(&mut conn, &account.0, 0).await.unwrap();
    let mut recent = audit::recent(&mut conn, &account, None, None, 10)
        .await
        .unwrap();
    recent.reverse();
    let ids = |events: &[Stored]| -> Vec<(Option<String>, Option<String>)> {
        let ids = |e: &Stored| (e.parent.clone(), e.request_id.clone());
        events.iter().map(ids).collect()
    };
    let request = Some(REQUEST.to_owned());
    let expected = [
        (None, request.clone()),
        (Some(first.0.clone()), request),
        (None, None),
    ];
    assert_eq!(ids(&page), expected);
    assert_eq!(ids(&recent), expected);
    let json: serde_json::Value = serde_json::from_str(&page[1].as_json()).unwrap();
    assert_eq!(json["parent"], first.0);
    assert_eq!(json["request_id"], REQUEST);
    assert!(audit::verify(&mut conn).await.unwrap().is_ok());
}

async fn a_whole_id_finds_events_and_a_part_of_it_none(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    let [first, follows, other] = recorded(&app, &account).await;
    let both = [follows.clone(), first.clone()];
    assert_eq!(found(&app, &account, REQUEST).await, both);
    let typed = format!(" {} ", REQUEST.to_uppercase());
    assert_eq!(found(&app, &account, &typed).await, both);
    assert_eq!(found(&app, &account, &first.0).await, both);
    assert_eq!(found(&app, &account, &follows.0).await, [follows]);
    assert_eq!(found(&app, &account, &other.0).await, [other]);
    // Otherwise a name such as "Ada" would find events by chance, because ids are hex digits.
    for part in [&first.0[..8], &REQUEST[..8]] {
        assert_eq!(found(&app, &account, part).await, []);
    }
}
