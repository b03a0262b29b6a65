//! An answer that is lost on the way is no theft: the same cookie is exchanged again.

use testing::databases;

use super::*;

on_both!(
    a_lost_answer_is_given_again_after_half_a_minute_and_is_no_theft,
    what_a_lost_answer_gave_is_void,
    an_answer_can_be_lost_more_than_once,
    another_tab_of_the_same_browser_is_sent_to_look_again_and_given_nothing,
    only_the_first_use_of_a_session_is_written,
);

async fn a_lost_answer_is_given_again_after_half_a_minute_and_is_no_theft(db: Db) {
    let app = TestApp::new(db);
    for (n, wait) in [1, 5, 20, 29, 30, 31, 300, 864_000].into_iter().enumerate() {
        let (ada, token) = app.remembered(&format!("Ada{n}")).await;
        let lost = given(app.exchange(&token, NOW).await);
        let facts = app.facts(&ada, NOW).await;
        let now = after(SECOND * wait);
        let again = app.exchange(&token, now).await;
        if wait < 30 {
            assert!(
                matches!(again, Exchange::JustExchanged),
                "{wait}: {again:?}"
            );
            assert_eq!(app.facts(&ada, NOW).await, facts, "nothing is given");
            assert!(app.is_live(&lost.0.token, now).await);
        } else {
            let (started, next) = given(again);
            app.uses(&started, now).await;
            given(app.exchange(&next, now).await);
            // One in place of the other, beside the sign-in and the exchange just now.
            assert_eq!(app.facts(&ada, now).await.sessions, facts.sessions + 1);
        }
        assert_eq!(app.facts(&ada, now).await.remembered_devices, 1);
        assert_eq!(app.alarms(&ada, now).await, (0, 0), "after {wait} s");
    }
}

async fn what_a_lost_answer_gave_is_void(db: Db) {
    let app = TestApp::new(db);
    let (ada, token) = app.remembered("Ada").await;
    let (lost_session, lost) = given(app.exchange(&token, NOW).await);
    let now = after(31 * SECOND);
    let (started, next) = given(app.exchange(&token, now).await);

    let reason = app.end_reason(&lost_session.token, now).await;
    assert_eq!(reason, EndReason::Superseded);
    let found = app.present(&lost_session.token, now).await;
    assert!(matches!(found, Found::Ended(_)), "{found:?}");
    // The audit log says which session made way for the new one.
    let told = format!(
        "select count(*) from audit_events where action = 'user.login'
         and details like '%\"superseded_session\":\"{}\"%'
         and id = (select ended_by from sessions where end_reason = 'superseded')",
        lost_session.id.as_str()
    );
    assert_eq!(databases::number(&app.db, &told).await, 1);
    // The answer was slow, not lost: another tab may have received the new one in the meantime.
    let slow = app.exchange(&lost, after(60 * SECOND)).await;
    assert!(matches!(slow, Exchange::JustExchanged), "{slow:?}");
    assert!(app.is_live(&started.token, now).await);
    app.uses(&started, now).await;
    given(app.exchange(&next, after(DAY)).await);
    assert_eq!(app.alarms(&ada, after(DAY)).await, (0, 0));
}

async fn an_answer_can_be_lost_more_than_once(db: Db) {
    let app = TestApp::new(db);
    let (ada, token) = app.remembered("Ada").await;
    let mut given_before: Vec<(Started, Token)> = Vec::new();
    for n in 0..5 {
        let now = after(n * 40 * SECOND);
        let tab = given(app.exchange(&token, now).await);
        let overtaken = app
            .exchange(&token, after(n * 40 * SECOND + 29 * SECOND))
            .await;
        assert!(
            matches!(overtaken, Exchange::JustExchanged),
            "{overtaken:?}"
        );
        for (session, _) in &given_before {
            assert!(!app.is_live(&session.token, now).await);
        }
        given_before.push(tab);
        // One session more than the sign-in, however often.
        assert_eq!(app.facts(&ada, now).await.sessions, 2);
    }
    let (session, next) = given_before.pop().unwrap();
    let now = after(5 * 60 * SECOND);
    app.uses(&session, now).await;
    given(app.exchange(&next, now).await);
    assert_eq!(app.alarms(&ada, now).await, (0, 0));
}

async fn another_tab_of_the_same_browser_is_sent_to_look_again_and_given_nothing(db: Db) {
    let app = TestApp::new(db);
    let (ada, token) = app.remembered("Ada").await;
    let (started, next) = given(app.exchange(&token, NOW).await);
    let facts = app.facts(&ada, NOW).await;

    let race = app.limits.exchange_race;
    let within = after(race.saturating_sub(Duration::from_millis(1)));
    let second_tab = app.exchange(&token, within).await;
    assert!(
        matches!(second_tab, Exchange::JustExchanged),
        "{second_tab:?}"
    );
    assert_eq!(app.facts(&ada, NOW).await, facts);
    // Even when the first tab has gone on in the meantime.
    app.uses(&started, within).await;
    let third_tab = app.exchange(&token, within).await;
    assert!(
        matches!(third_tab, Exchange::JustExchanged),
        "{third_tab:?}"
    );
    given(app.exchange(&next, within).await);
    let fourth_tab = app.exchange(&token, within).await;
    assert!(
        matches!(fourth_tab, Exchange::JustExchanged),
        "{fourth_tab:?}"
    );
    assert!(app.is_live(&started.token, within).await);
    assert_eq!(app.alarms(&ada, within).await, (0, 0));
}

async fn only_the_first_use_of_a_session_is_written(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    // A sign-in is none of this: the browser has just sent a password.
    let me = app.signed_in(&here.session.token, NOW).await;
    assert!(!me.first_use);
    let token = here.remembered.unwrap().token;
    let (started, _) = given(app.exchange(&token, NOW).await);
    app.uses(&started, after(SECOND)).await;
    assert!(!app.signed_in(&started.token, after(SECOND)).await.first_use);
    let used =
        "select count(*) from remember_tokens where used_at is not null and exchanged_at is null";
    assert_eq!(databases::number(&app.db, used).await, 1);
}
