//! "Remember me": exchanged once, and theft noticed.

use accounts::{
    db::Db,
    remember_me::Exchange,
    secret::Token,
    sessions::{EndReason, Started},
};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{DAY, Home, NOW, SECOND, after},
};

on_both!(
    a_remembered_device_starts_a_new_session_and_its_cookie_changes,
    a_cookie_that_comes_back_after_its_exchange_means_theft,
    of_50_exchanges_of_one_cookie_at_once_none_stays_alive,
    another_tab_of_the_same_browser_is_sent_to_look_again_and_given_nothing,
    a_remembered_device_is_forgotten_after_60_days,
    a_cookie_nobody_was_given_is_unknown,
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
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let mut token = here.remembered.unwrap().token;
    assert!(!home.is_live(&here.session.token, after(20 * DAY)).await);
    for day in [20, 40, 59] {
        let now = after(day * DAY);
        let (started, next) = given(home.exchange(&token, false, now).await);
        assert_eq!(home.signed_in(&started.token, now).await.user.id, ada.id);
        assert_ne!(next.expose(), token.expose());
        let listed = home.list(&ada, now).await;
        assert!(listed.iter().all(|s| s.remembered) && !listed.is_empty());
        token = next;
    }
    assert_eq!(
        home.facts(&ada, after(59 * DAY)).await.remembered_devices,
        1
    );
}

async fn a_cookie_that_comes_back_after_its_exchange_means_theft(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let other = home.sign_in_remembered(&ada, NOW).await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let stolen = here.remembered.unwrap().token;
    let (thiefs, next) = given(home.exchange(&stolen, false, after(SECOND)).await);

    let now = after(60 * SECOND);
    let noticed = home.exchange(&stolen, false, now).await;
    let Exchange::Reused(ended) = noticed else {
        panic!("{noticed:?}")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Reused, now.at));
    let told = "select count(*) from emails where details like '%remembered_device_reused%'";
    assert_eq!(databases::number(&home.db, told).await, 1);
    for session in [&here.session, &thiefs] {
        assert_eq!(home.why_dead(&session.token, now).await, EndReason::Reused);
    }
    assert_eq!(
        why_ended(home.exchange(&next, false, now).await),
        EndReason::Reused
    );
    assert_eq!(
        why_ended(home.exchange(&stolen, false, now).await),
        EndReason::Reused
    );
    assert_eq!(home.events(&ada, "user.remembered_device_reused").await, 1);
    // The user's other browser is not that device.
    assert!(home.is_live(&other.session.token, now).await);
    given(
        home.exchange(&other.remembered.unwrap().token, false, now)
            .await,
    );
}

async fn of_50_exchanges_of_one_cookie_at_once_none_stays_alive(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for _ in 0..4 {
        let before = home.events(&ada, "user.remembered_device_reused").await;
        let here = home.sign_in_remembered(&ada, NOW).await;
        let token = here.remembered.unwrap().token;
        let mut exchanges = JoinSet::new();
        for _ in 0..50 {
            let (home, token) = (home.clone(), token.clone());
            exchanges.spawn(async move { home.exchange(&token, false, NOW).await });
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
            assert!(!home.is_live(&started.token, NOW).await);
            assert_eq!(
                why_ended(home.exchange(&next, true, NOW).await),
                EndReason::Reused
            );
        }
        assert!(home.list(&ada, NOW).await.is_empty());
        let noticed = home.events(&ada, "user.remembered_device_reused").await - before;
        assert_eq!(noticed, 1);
    }
}

async fn another_tab_of_the_same_browser_is_sent_to_look_again_and_given_nothing(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let token = here.remembered.unwrap().token;
    let (started, next) = given(home.exchange(&token, true, NOW).await);
    let facts = home.facts(&ada, NOW).await;

    let race = home.limits.exchange_race;
    let just_in_time = after(race.saturating_sub(std::time::Duration::from_millis(1)));
    let second_tab = home.exchange(&token, true, just_in_time).await;
    assert!(
        matches!(second_tab, Exchange::JustExchanged),
        "{second_tab:?}"
    );
    assert_eq!(home.facts(&ada, NOW).await, facts);
    assert!(home.is_live(&started.token, NOW).await);
    let (_, next) = given(home.exchange(&next, true, NOW).await);

    let too_late = home.exchange(&token, true, after(race)).await;
    assert!(matches!(too_late, Exchange::Reused(_)), "{too_late:?}");
    assert_eq!(
        why_ended(home.exchange(&next, true, after(race)).await),
        EndReason::Reused
    );
}

async fn a_remembered_device_is_forgotten_after_60_days(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let token = here.remembered.unwrap().token;
    // Using it does not make it live longer.
    let (_, next) = given(home.exchange(&token, false, after(59 * DAY)).await);
    assert_eq!(
        why_ended(home.exchange(&next, false, after(60 * DAY)).await),
        EndReason::Expired
    );
    assert_eq!(
        home.facts(&ada, after(60 * DAY)).await.remembered_devices,
        0
    );
}

async fn a_cookie_nobody_was_given_is_unknown(db: Db) {
    let home = Home::new(db);
    let unknown = home.exchange(&Token::random(), true, NOW).await;
    assert!(matches!(unknown, Exchange::Unknown), "{unknown:?}");
}
