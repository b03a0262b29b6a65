//! "Remember me": a cookie is exchanged for a session and its next value, and theft is noticed.

mod lost_answers;
mod theft;

use std::time::Duration;

use accounts::{
    db::Db,
    emails::EmailTemplate,
    end_reason::EndReason,
    remember_me::Exchange,
    secret::Token,
    sessions::{By, Found, Started},
    time::Moment,
};
use tokio::task::JoinSet;

use crate::{
    emails::send_all,
    test_app::{DAY, NOW, SECOND, TestApp, TestUser, after},
};

on_both!(
    a_remembered_device_starts_a_new_session_and_its_cookie_changes,
    of_50_exchanges_of_one_cookie_at_once_one_gives_a_session_and_none_is_theft,
    a_remembered_device_is_forgotten_after_60_days,
    a_cookie_that_was_never_issued_is_unknown,
    after_a_remote_logout_no_step_of_it_works,
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

impl TestApp {
    /// Presents a session cookie that an exchange gave, for the first time.
    async fn uses(&self, session: &Started, now: Moment) {
        assert!(self.signed_in(&session.token, now).await.first_use);
        let found = self.present(&session.token, now).await;
        assert!(matches!(found, Found::Live(me) if !me.first_use));
    }

    /// A user with a remembered device, and its cookie.
    async fn remembered(&self, name: &str) -> (TestUser, Token) {
        let user = self.user(name).await;
        let here = self.sign_in_remembered(&user, NOW).await;
        (user, here.remembered.unwrap().token)
    }

    /// Alarms and emails about a copied cookie.
    async fn alarms(&self, user: &TestUser, now: Moment) -> (i64, usize) {
        let sent = send_all(self, now).await;
        let told = sent
            .iter()
            .filter(|due| due.email.template == EmailTemplate::RememberedDeviceReused);
        let events = self.events(user, "user.remembered_device_reused").await;
        (events, told.count())
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
        let (started, next) = given(app.exchange(&token, now).await);
        assert_eq!(app.signed_in(&started.token, now).await.user.id, ada.id);
        assert_ne!(next.expose(), token.expose());
        let listed = app.list(&ada, now).await;
        assert!(listed.iter().all(|s| s.remembered) && !listed.is_empty());
        token = next;
    }
    assert_eq!(app.facts(&ada, after(59 * DAY)).await.remembered_devices, 1);
}

async fn of_50_exchanges_of_one_cookie_at_once_one_gives_a_session_and_none_is_theft(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let mut token = app
        .sign_in_remembered(&ada, NOW)
        .await
        .remembered
        .unwrap()
        .token;
    for round in 0..10 {
        // In every other round the answer before is lost, so that one of the 50 voids it.
        let now = after(Duration::from_mins(round));
        let before = app.facts(&ada, now).await.sessions;
        let mut exchanges = JoinSet::new();
        for _ in 0..50 {
            let (app, token) = (app.clone(), token.clone());
            exchanges.spawn(async move { app.exchange(&token, now).await });
        }
        let (mut sessions, mut overtaken) = (Vec::new(), 0);
        for exchange in exchanges.join_all().await {
            match exchange {
                Exchange::Session { started, next, .. } => sessions.push((started, next)),
                Exchange::JustExchanged => overtaken += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((sessions.len(), overtaken), (1, 49));
        let (started, next) = sessions.remove(0);
        if round % 2 == 0 {
            assert_eq!(app.facts(&ada, now).await.sessions, before + 1);
        } else {
            assert_eq!(app.facts(&ada, now).await.sessions, before);
            app.uses(&started, now).await;
            token = next;
        }
        assert_eq!(app.facts(&ada, now).await.remembered_devices, 1);
    }
    assert_eq!(app.alarms(&ada, after(DAY)).await, (0, 0));
}

async fn a_remembered_device_is_forgotten_after_60_days(db: Db) {
    let app = TestApp::new(db);
    let (ada, token) = app.remembered("Ada").await;
    // Using it does not make it live longer.
    let (_, next) = given(app.exchange(&token, after(59 * DAY)).await);
    assert_eq!(
        why_ended(app.exchange(&next, after(60 * DAY)).await),
        EndReason::Expired
    );
    assert_eq!(app.facts(&ada, after(60 * DAY)).await.remembered_devices, 0);
}

async fn a_cookie_that_was_never_issued_is_unknown(db: Db) {
    let app = TestApp::new(db);
    let unknown = app.exchange(&Token::random(), NOW).await;
    assert!(matches!(unknown, Exchange::Unknown), "{unknown:?}");
}

/// The steps of an exchange whose answer is lost, exchanged again, and used; a remote logout comes after each.
async fn after_a_remote_logout_no_step_of_it_works(db: Db) {
    let app = TestApp::new(db);
    for step in 0..5 {
        let (ada, first) = app.remembered(&format!("Ada{step}")).await;
        let (mut sessions, mut cookies) = (Vec::new(), vec![first.clone()]);
        let mut now = NOW;
        if step >= 1 {
            let (started, next) = given(app.exchange(&first, now).await);
            sessions.push(started);
            cookies.push(next);
        }
        if step >= 2 {
            now = after(40 * SECOND);
            let (started, next) = given(app.exchange(&first, now).await);
            sessions.push(started);
            cookies.push(next);
        }
        if step >= 3 {
            app.uses(&sessions[1], now).await;
        }
        if step >= 4 {
            now = after(50 * SECOND);
            let (started, next) = given(app.exchange(&cookies[2], now).await);
            sessions.push(started);
            cookies.push(next);
        }
        app.remote_logout(&ada.id, By::Operator, now).await.unwrap();
        // At once, when another tab might still be on its way, and later.
        for at in [now.at, now.at + SECOND, now.at + 31 * SECOND, now.at + DAY] {
            let at = Moment::at(at);
            for cookie in &cookies {
                let ended = why_ended(app.exchange(cookie, at).await);
                assert_eq!(ended, EndReason::RemoteLogout, "step {step}");
            }
            for session in &sessions {
                let found = app.present(&session.token, at).await;
                assert!(matches!(found, Found::Ended(_)), "step {step}: {found:?}");
            }
        }
        assert_eq!(app.alarms(&ada, now).await, (0, 0), "step {step}");
        let facts = app.facts(&ada, now).await;
        assert_eq!((facts.sessions, facts.remembered_devices), (0, 0));
    }
}
