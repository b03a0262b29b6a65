//! Events are found by every word of a search, and by days in the past without a look at what came later.

use accounts::{
    audit::{self, Action, Actor, Cut, Event, Filter, LOOKED_THROUGH, Word},
    client::Client,
    db::Db,
    ids::AccountId,
    time::UnixMillis,
};
use testing::databases;

use crate::test_app::{DAY, NOW, TestApp, after, browser};

on_both!(
    every_word_is_in_the_event,
    a_word_stands_for_what_is_shown,
    words_of_any_alphabet_are_found_in_any_case,
    a_device_is_found_by_its_name_on_the_screen,
    a_day_in_the_past_is_found_at_once,
    days_are_found_where_numbers_lie_in_another_order,
    a_busy_day_is_looked_through_in_steps,
);

/// The numbers of the account's events that match, and whether the look stopped.
async fn look(app: &TestApp, account: &AccountId, filter: &Filter, cut: Cut) -> (Vec<i64>, bool) {
    let mut conn = app.read(NOW).await;
    let found = audit::search(&mut conn, account, filter, cut, 20).await;
    let found = found.unwrap();
    let numbers = found.events.iter().map(|shown| shown.event.seq);
    (numbers.collect(), found.stopped.is_some())
}

const NEWEST: Cut = Cut::Before(i64::MAX);

fn of_words(words: Vec<Word>) -> Filter {
    Filter {
        words,
        ..Filter::default()
    }
}

async fn found(app: &TestApp, account: &AccountId, words: Vec<Word>) -> Vec<i64> {
    look(app, account, &of_words(words), NEWEST).await.0
}

async fn every_word_is_in_the_event(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    let mut op = app.begin(&browser(1), NOW).await;
    for name in ["Engines of Ada", "Engines of Ben"] {
        let event = Event::of(Action::AccountRenamed, Actor::Operator).in_account(&account);
        op.record(event.with(serde_json::json!({ "name": name })));
    }
    op.commit().await.unwrap();
    for (words, numbers) in [
        ("ada engines", vec![1]),
        ("ENGINES account.renamed firefox", vec![2, 1]),
        ("ben ada", vec![]),
        ("ben \0", vec![2]),
        ("% ada", vec![]),
    ] {
        let all = Word::all(words);
        assert_eq!(found(&app, &account, all).await, numbers, "{words}");
    }
    // Ids and hashes are words like others.
    let mut conn = app.read(NOW).await;
    let first = audit::page(&mut conn, &account.0, 0)
        .await
        .unwrap()
        .remove(0);
    drop(conn);
    for part in [&first.id, &first.hash, &first.hash[..8]] {
        for (other, numbers) in [("ada", vec![1]), ("ben", vec![])] {
            let all = Word::all(&format!("{other} {part}"));
            assert_eq!(found(&app, &account, all).await, numbers, "{part} {other}");
        }
    }
}

async fn a_word_stands_for_what_is_shown(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let ben = app.user("Ben").await;
    let account = AccountId("an-account".into());
    let mut op = app.begin(&Client::default(), NOW).await;
    for (action, actor, subject) in [
        (Action::MemberRemoved, Actor::User(&ada.id), &ada.id),
        (Action::MemberRemoved, Actor::User(&ada.id), &ben.id),
        (Action::Login, Actor::User(&ada.id), &ada.id),
    ] {
        op.record(Event::of(action, actor).in_account(&account).about(subject));
    }
    op.record(Event::of(Action::AccountRenamed, Actor::Operator).in_account(&account));
    op.commit().await.unwrap();
    let removed = vec![Action::MemberRemoved];
    let shown = |change: fn(&mut Word, Vec<Action>)| {
        let mut words = Word::all("shown");
        change(&mut words[0], removed.clone());
        words
    };
    for (words, numbers) in [
        (shown(|_, _| {}), vec![]),
        (shown(|word, removed| word.actions = removed), vec![2, 1]),
        (shown(|word, removed| word.own = removed), vec![1]),
        (shown(|word, removed| word.others = removed), vec![2]),
        (shown(|word, _| word.actors = vec!["operator"]), vec![4]),
    ] {
        assert_eq!(
            found(&app, &account, words.clone()).await,
            numbers,
            "{words:?}"
        );
    }
    let mut both = shown(|word, removed| word.actions = removed);
    both.extend(Word::all("ben"));
    assert_eq!(found(&app, &account, both).await, [2]);
}

async fn words_of_any_alphabet_are_found_in_any_case(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    let mut op = app.begin(&Client::default(), NOW).await;
    for name in ["Ärger", "MÜLLER", "Жук"] {
        let event = Event::of(Action::AccountRenamed, Actor::Operator).in_account(&account);
        op.record(event.with(serde_json::json!({ "name": name })));
    }
    op.commit().await.unwrap();
    for (word, number) in [
        ("Ärger", 1),
        ("ärger", 1),
        ("müller", 2),
        ("MÜLLER", 2),
        ("жук", 3),
        ("Жук", 3),
    ] {
        assert_eq!(
            found(&app, &account, Word::all(word)).await,
            [number],
            "{word}"
        );
    }
}

async fn a_device_is_found_by_its_name_on_the_screen(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    for agent in [
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) FxiOS/140.0 Mobile",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    ] {
        let client = Client {
            user_agent: agent.into(),
            ..Client::default()
        };
        let mut op = app.begin(&client, NOW).await;
        op.record(Event::of(Action::Login, Actor::System).in_account(&account));
        op.commit().await.unwrap();
    }
    for (words, numbers) in [
        ("Safari on macOS", vec![1]),
        ("firefox ON iphone", vec![2]),
        ("Firefox on macOS", vec![]),
        // As it is shown: others say so too in their user agents.
        ("safari", vec![1]),
        ("CHROME", vec![3]),
        ("linux", vec![]),
        ("edge android", vec![4]),
        ("on", vec![4, 3, 2, 1]),
        // What no device is called is looked for as it was sent.
        ("applewebkit/537", vec![4, 3]),
    ] {
        assert_eq!(
            found(&app, &account, Word::all(words)).await,
            numbers,
            "{words}"
        );
    }
}

/// Twelve events, a day apart from day 0 on, all but the first three after a gap of twice what one look goes through.
async fn twelve_days(app: &TestApp) -> (AccountId, i64) {
    let account = AccountId("an-account".into());
    for n in 0..12 {
        let mut op = app.begin(&browser(1), after(DAY * n)).await;
        op.record(Event::of(Action::Login, Actor::System).in_account(&account));
        op.commit().await.unwrap();
    }
    let far = LOOKED_THROUGH * 2;
    let moved = format!("update audit_events set seq = seq + {far} where seq > 3");
    databases::run(&app.db, &moved).await;
    (account, far)
}

fn day(n: u32) -> UnixMillis {
    NOW.at + DAY * n
}

fn of_days(from: Option<UnixMillis>, until: Option<UnixMillis>) -> Filter {
    Filter {
        from,
        until,
        ..Filter::default()
    }
}

async fn a_day_in_the_past_is_found_at_once(db: Db) {
    let app = TestApp::new(db);
    let (account, far) = twelve_days(&app).await;
    for (filter, cut, numbers) in [
        // The newest event is 100,000 numbers away.
        (of_days(Some(day(1)), Some(day(2))), NEWEST, vec![2]),
        (of_days(None, Some(day(2))), NEWEST, vec![2, 1]),
        (of_days(Some(day(11)), None), NEWEST, vec![far + 12]),
        (of_days(Some(day(11)), None), Cut::After(0), vec![far + 12]),
        (of_days(Some(day(1)), Some(day(2))), Cut::After(0), vec![2]),
        // Days of no event are answered at once, too.
        (of_days(Some(day(20)), None), NEWEST, vec![]),
        (of_days(Some(day(20)), None), Cut::After(0), vec![]),
        (of_days(None, Some(day(0))), NEWEST, vec![]),
        (of_days(None, Some(day(0))), Cut::After(0), vec![]),
        (of_days(Some(day(5)), Some(day(2))), NEWEST, vec![]),
        // And so are pages.
        (of_days(None, Some(day(3))), Cut::Before(3), vec![2, 1]),
        (of_days(Some(day(1)), Some(day(3))), Cut::After(2), vec![3]),
        (of_days(Some(day(1)), Some(day(3))), Cut::Before(1), vec![]),
        (of_days(Some(day(1)), Some(day(3))), Cut::After(3), vec![]),
    ] {
        let looked = look(&app, &account, &filter, cut).await;
        assert_eq!(looked, (numbers, false), "{filter:?} {cut:?}");
    }
    // Words in a day of the past.
    let filter = Filter {
        words: Word::all("firefox"),
        ..of_days(Some(day(1)), Some(day(2)))
    };
    assert_eq!(
        look(&app, &account, &filter, NEWEST).await,
        (vec![2], false)
    );
    // With days, too, it does not look through what lies in between.
    let wide = of_days(Some(day(1)), Some(day(12)));
    let (numbers, stopped) = look(&app, &account, &wide, NEWEST).await;
    assert_eq!((numbers.len(), stopped), (9, true));
}

async fn days_are_found_where_numbers_lie_in_another_order(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    for n in [0, 2, 1, 3] {
        let mut op = app.begin(&browser(1), after(DAY * n)).await;
        op.record(Event::of(Action::Login, Actor::System).in_account(&account));
        op.commit().await.unwrap();
    }
    for (from, until, numbers) in [
        (1, 2, vec![3]),
        (2, 3, vec![2]),
        (0, 2, vec![3, 1]),
        // Of these two days the first event has the higher number.
        (1, 3, vec![3, 2]),
    ] {
        let filter = of_days(Some(day(from)), Some(day(until)));
        assert_eq!(look(&app, &account, &filter, NEWEST).await.0, numbers);
        let mut oldest = look(&app, &account, &filter, Cut::After(0)).await.0;
        oldest.reverse();
        assert_eq!(oldest, numbers);
    }
}

async fn a_busy_day_is_looked_through_in_steps(db: Db) {
    let app = TestApp::new(db);
    let account = AccountId("an-account".into());
    for n in [1, 2, 2, 3] {
        let mut op = app.begin(&browser(1), after(DAY * n)).await;
        op.record(Event::of(Action::Login, Actor::System).in_account(&account));
        op.commit().await.unwrap();
    }
    // As if so many lay between the two of one day.
    let moved = format!("update audit_events set seq = seq + {LOOKED_THROUGH} where seq > 2");
    databases::run(&app.db, &moved).await;
    let filter = of_days(Some(day(2)), Some(day(3)));
    let third = LOOKED_THROUGH + 3;
    for (cut, looked) in [
        (NEWEST, (vec![third], true)),
        (Cut::Before(3), (vec![2], false)),
        (Cut::After(0), (vec![2], true)),
        (Cut::After(3), (vec![third], false)),
    ] {
        assert_eq!(look(&app, &account, &filter, cut).await, looked, "{cut:?}");
    }
}
