//! A copied cookie: whichever of the two browsers is first, the second one is noticed.

use super::*;

on_both!(
    a_thief_who_is_first_is_noticed_when_the_owner_comes,
    an_owner_who_is_first_notices_the_thief,
    an_older_value_is_theft_however_many_exchanges_ago,
    a_thief_who_holds_a_voided_value_is_noticed,
    two_answers_of_one_exchange_that_are_both_presented_are_theft,
    a_thief_who_waits_with_an_answer_is_noticed_too,
);

/// The device and its sessions are over, and the user was told once.
async fn assert_theft(app: &TestApp, user: &TestUser, exchange: Exchange, now: Moment) {
    let Exchange::Reused(ended) = exchange else {
        panic!("{exchange:?}")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Reused, now.at));
    assert_over(app, user, now).await;
}

async fn assert_over(app: &TestApp, user: &TestUser, now: Moment) {
    let facts = app.facts(user, now).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (0, 0));
    assert_eq!(app.alarms(user, now).await, (1, 1));
}

async fn a_thief_who_is_first_is_noticed_when_the_owner_comes(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let other = app.sign_in_remembered(&ada, NOW).await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let stolen = here.remembered.unwrap().token;
    let (thief, next) = given(app.exchange(&stolen, after(SECOND)).await);
    app.uses(&thief, after(2 * SECOND)).await;

    let now = after(60 * SECOND);
    let Exchange::Reused(ended) = app.exchange(&stolen, now).await else {
        panic!("not noticed")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Reused, now.at));
    for session in [&here.session, &thief] {
        assert_eq!(app.end_reason(&session.token, now).await, EndReason::Reused);
    }
    for cookie in [&next, &stolen] {
        let ended = why_ended(app.exchange(cookie, now).await);
        assert_eq!(ended, EndReason::Reused);
    }
    assert_eq!(app.alarms(&ada, now).await, (1, 1));
    // The user's other browser is not that device.
    assert!(app.is_live(&other.session.token, now).await);
    given(app.exchange(&other.remembered.unwrap().token, now).await);
}

async fn an_owner_who_is_first_notices_the_thief(db: Db) {
    let app = TestApp::new(db);
    // The owner's next value may be presented in place of the session: that is a use as well.
    for (name, by_session) in [("Ada", true), ("Bob", false)] {
        let (ada, copied) = app.remembered(name).await;
        let (owner, next) = given(app.exchange(&copied, NOW).await);
        if by_session {
            app.uses(&owner, after(SECOND)).await;
        } else {
            given(app.exchange(&next, after(SECOND)).await);
        }
        let now = after(31 * SECOND);
        let thief = app.exchange(&copied, now).await;
        assert_theft(&app, &ada, thief, now).await;
        assert_eq!(app.end_reason(&owner.token, now).await, EndReason::Reused);
    }
}

async fn an_older_value_is_theft_however_many_exchanges_ago(db: Db) {
    let app = TestApp::new(db);
    let (ada, copied) = app.remembered("Ada").await;
    let mut cookie = copied.clone();
    for day in 0..5 {
        let (_, next) = given(app.exchange(&cookie, after(day * DAY)).await);
        cookie = next;
    }
    let now = after(5 * DAY);
    let thief = app.exchange(&copied, now).await;
    assert_theft(&app, &ada, thief, now).await;
}

async fn a_thief_who_holds_a_voided_value_is_noticed(db: Db) {
    let app = TestApp::new(db);
    let (ada, copied) = app.remembered("Ada").await;
    // The thief exchanges it first, and waits; the owner's is exchanged again, and used.
    let (thief, voided) = given(app.exchange(&copied, NOW).await);
    let (owner, _) = given(app.exchange(&copied, after(40 * SECOND)).await);
    app.uses(&owner, after(41 * SECOND)).await;
    let found = app.present(&thief.token, after(60 * SECOND)).await;
    assert!(matches!(found, Found::Ended(_)), "{found:?}");
    assert!(app.is_live(&owner.token, after(60 * SECOND)).await);

    let now = after(71 * SECOND);
    let presented = app.exchange(&voided, now).await;
    assert_theft(&app, &ada, presented, now).await;
}

/// The void one first, then the good one: the order must not hide it.
async fn two_answers_of_one_exchange_that_are_both_presented_are_theft(db: Db) {
    let app = TestApp::new(db);
    for (name, by_session) in [("Ada", true), ("Bob", false)] {
        let (ada, copied) = app.remembered(name).await;
        let (_, voided) = given(app.exchange(&copied, NOW).await);
        let (session, next) = given(app.exchange(&copied, after(40 * SECOND)).await);
        let given_nothing = app.exchange(&voided, after(71 * SECOND)).await;
        let Exchange::Void(ended) = given_nothing else {
            panic!("{given_nothing:?}")
        };
        assert_eq!(ended.end_reason, EndReason::Superseded);
        assert_eq!(app.alarms(&ada, after(71 * SECOND)).await, (0, 0));

        let now = after(80 * SECOND);
        if by_session {
            let found = app.present(&session.token, now).await;
            assert!(
                matches!(&found, Found::Ended(how) if how.end_reason == EndReason::Reused),
                "{found:?}"
            );
            assert_over(&app, &ada, now).await;
        } else {
            let presented = app.exchange(&next, now).await;
            assert_theft(&app, &ada, presented, now).await;
        }
    }
}

/// The owner has looked at one page and gone; the thief exchanges the same value later, and waits as well.
async fn a_thief_who_waits_with_an_answer_is_noticed_too(db: Db) {
    let app = TestApp::new(db);
    let (ada, copied) = app.remembered("Ada").await;
    let (_, owners) = given(app.exchange(&copied, NOW).await);
    let (thief, _) = given(app.exchange(&copied, after(DAY)).await);
    let nothing = app.exchange(&owners, after(2 * DAY)).await;
    assert!(matches!(nothing, Exchange::Void(_)), "{nothing:?}");
    // The value that gave both is worth nothing either now.
    let now = after(3 * DAY);
    let again = app.exchange(&copied, now).await;
    assert_theft(&app, &ada, again, now).await;
    let found = app.present(&thief.token, now).await;
    assert!(matches!(found, Found::Ended(_)), "{found:?}");
}
