//! "Remember me": each cookie value is exchanged once, and theft is noticed.

use std::time::Duration;

use accounts::{
    db::Db, emails::EmailTemplate, end_reason::EndReason, remember_me::Exchange, secret::Token,
    sessions::Started,
};
use tokio::task::JoinSet;

use crate::{
    emails::send_all,
    test_app::{DAY, NOW, SECOND, TestApp, after},
};

on_both!(
    a_remembered_device_starts_a_new_session_and_its_cookie_changes,
    a_cookie_that_comes_back_after_its_exchange_means_theft,
    of_50_exchanges_of_one_cookie_at_once_none_stays_alive,
    another_tab_of_the_same_browser_is_sent_to_look_again_and_given_nothing,
    a_remembered_device_is_forgotten_after_60_days,
    a_cookie_that_was_never_issued_is_unknown,
);

/// What a good exchange gave.
fn given(exchange: Exchange) -> (Started, Token) {
    match exchange {
        Exchange::Session { started, next, .. } => (started, next),
        other => panic!("no session: {other:?}"),
    }
}

/// Why an exchange gave nothing.
fn why_ended(exchange: Exchange) -> EndReason {
    match exchange {
        Exchange::Ended(ended) => ended.end_reason,
        other => panic!("not ended: {other:?}"),
    }
}

async fn a_remembered_device_starts_a_new_session_and_its_cookie_changes(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let mut token = here.remembered.unwrap().token;
    assert!(!app.is_live(&here.session.token, after(20 * DAY)).await);
    for day in [20, 40, 59] {
        let now = after(day * DAY);
        let (started, next) = given(app.exchange(&token, false, now).await);
        assert_eq!(app.signed_in(&started.token, now).await.user.id, ada.id);
        assert_ne!(next.expose(), token.expose());
        let listed = app.list(&ada, now).await;
        assert!(listed.iter().all(|s| s.remembered) && !listed.is_empty());
        token = next;
    }
    assert_eq!(app.facts(&ada, after(59 * DAY)).await.remembered_devices, 1);
}

async fn a_cookie_that_comes_back_after_its_exchange_means_theft(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let other = app.sign_in_remembered(&ada, NOW).await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let stolen = here.remembered.unwrap().token;
    let (thief_session, next) = given(app.exchange(&stolen, false, after(SECOND)).await);

    let now = after(60 * SECOND);
    let noticed = app.exchange(&stolen, false, now).await;
    let Exchange::Reused(ended) = noticed else {
        panic!("{noticed:?}")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Reused, now.at));
    let told = send_all(&app, now).await;
    let told = told
        .iter()
        .filter(|due| due.email.template == EmailTemplate::RememberedDeviceReused);
    assert_eq!(told.count(), 1);
    for session in [&here.session, &thief_session] {
        assert_eq!(app.end_reason(&session.token, now).await, EndReason::Reused);
    }
    assert_eq!(
        why_ended(app.exchange(&next, false, now).await),
        EndReason::Reused
    );
    assert_eq!(
        why_ended(app.exchange(&stolen, false, now).await),
        EndReason::Reused
    );
    assert_eq!(app.events(&ada, "user.remembered_device_reused").await, 1);
    // The user's other browser is not that device.
    assert!(app.is_live(&other.session.token, now).await);
    given(
        app.exchange(&other.remembered.unwrap().token, false, now)
            .await,
    );
}

async fn of_50_exchanges_of_one_cookie_at_once_none_stays_alive(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for _ in 0..4 {
        let before = app.events(&ada, "user.remembered_device_reused").await;
        let here = app.sign_in_remembered(&ada, NOW).await;
        let token = here.remembered.unwrap().token;
        let mut exchanges = JoinSet::new();
        for _ in 0..50 {
            let (app, token) = (app.clone(), token.clone());
            exchanges.spawn(async move { app.exchange(&token, false, NOW).await });
        }
        let (mut sessions, mut reused) = (Vec::new(), 0);
        for exchange in exchanges.join_all().await {
            match exchange {
                Exchange::Session { started, next, .. } => sessions.push((started, next)),
                Exchange::Reused(_) => reused += 1,
                Exchange::Ended(ended) => assert_eq!(ended.end_reason, EndReason::Reused),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((sessions.len(), reused), (1, 1));
        for (started, next) in sessions {
            assert!(!app.is_live(&started.token, NOW).await);
            assert_eq!(
                why_ended(app.exchange(&next, true, NOW).await),
                EndReason::Reused
            );
        }
        assert!(app.list(&ada, NOW).await.is_empty());
        let noticed = app.events(&ada, "user.remembered_device_reused").await - before;
        assert_eq!(noticed, 1);
    }
}

async fn another_tab_of_the_same_browser_is_sent_to_look_again_and_given_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let token = here.remembered.unwrap().token;
    let (started, next) = given(app.exchange(&token, true, NOW).await);
    let facts = app.facts(&ada, NOW).await;

    let race = app.limits.exchange_race;
    let within = after(race.saturating_sub(Duration::from_millis(1)));
    let second_tab = app.exchange(&token, true, within).await;
    assert!(
        matches!(second_tab, Exchange::JustExchanged),
        "{second_tab:?}"
    );
    assert_eq!(app.facts(&ada, NOW).await, facts);
    assert!(app.is_live(&started.token, NOW).await);
    let (_, next) = given(app.exchange(&next, true, NOW).await);

    let too_late = app.exchange(&token, true, after(race)).await;
    assert!(matches!(too_late, Exchange::Reused(_)), "{too_late:?}");
    assert_eq!(
        why_ended(app.exchange(&next, true, after(race)).await),
        EndReason::Reused
    );
}

async fn a_remembered_device_is_forgotten_after_60_days(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let token = here.remembered.unwrap().token;
    // Using it does not make it live longer.
    let (_, next) = given(app.exchange(&token, false, after(59 * DAY)).await);
    assert_eq!(
        why_ended(app.exchange(&next, false, after(60 * DAY)).await),
        EndReason::Expired
    );
    assert_eq!(app.facts(&ada, after(60 * DAY)).await.remembered_devices, 0);
}

async fn a_cookie_that_was_never_issued_is_unknown(db: Db) {
    let app = TestApp::new(db);
    let unknown = app.exchange(&Token::random(), true, NOW).await;
    assert!(matches!(unknown, Exchange::Unknown), "{unknown:?}");
}
