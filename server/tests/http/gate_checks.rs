//! Gate checks beside remote logouts: not one is let through that begins after the answer.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use accounts::{
    applications::{Details, Kind, OwnHost, register_by_operator},
    gate::{Wanted, hand_over, redeem},
    ids::AccountId,
    limits::ApplicationsFor,
    secret::Token,
};
use axum::body::Body;
use http::Request;
use tokio::task::JoinSet;

use crate::{
    browser::Browser,
    databases,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(no_check_is_let_through_after_the_answer_of_a_remote_logout);

const WIKI: &str = "wiki.example.com";

/// So many checks beside so many remote logouts. `make nightly` runs the many.
fn how_many() -> (usize, usize) {
    testing::rounds((5_000, 20), (100_000, 100))
}

/// What the checks are of, and what came of them.
#[derive(Default)]
struct Watched {
    cookie: String,
    /// Whether the remote logout was answered.
    ended: bool,
    round: usize,
    admitted: usize,
    refused: usize,
    survivors: usize,
    done: bool,
}

type Shared = Arc<Mutex<Watched>>;

async fn no_check_is_let_through_after_the_answer_of_a_remote_logout(app: TestApp) {
    let app = app.with(&[
        ("CURFEW_TRUSTED_PROXIES", "192.0.2.1/32"),
        ("CURFEW_APPLICATIONS", "all"),
    ]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    register(&app).await;
    let (checks, remote_logouts) = how_many();
    // Half of them before the answer, and half after.
    let half = checks / remote_logouts / 2;
    let watched = Shared::default();
    let mut checking = JoinSet::new();
    for _ in 0..4 {
        checking.spawn(keep_checking(app.browser("proxy"), watched.clone()));
    }
    for round in 1..=remote_logouts {
        if round > 1 {
            ada.sign_in("Ada").await;
        }
        let cookie = handed_over(&app, &ada).await;
        *watched.lock().unwrap() = Watched {
            cookie: cookie.expose().to_owned(),
            round,
            ..Watched::default()
        };
        until(&watched, |watched| watched.admitted >= half).await;
        let answer = ada.call("remote_logout", &[("from", "security")]).await;
        watched.lock().unwrap().ended = true;
        answer.is(200);
        until(&watched, |watched| watched.refused >= half).await;
    }
    watched.lock().unwrap().done = true;
    let checked: usize = checking.join_all().await.into_iter().sum();
    assert!(checked >= checks, "{checked}");
    assert_eq!(watched.lock().unwrap().survivors, 0);
}

/// Asks as a proxy does, again and again. Returns how often.
async fn keep_checking(proxy: Browser, watched: Shared) -> usize {
    let mut checked = 0;
    loop {
        let (cookie, ended, round) = {
            let watched = watched.lock().unwrap();
            if watched.done {
                return checked;
            }
            (watched.cookie.clone(), watched.ended, watched.round)
        };
        if round == 0 {
            tokio::task::yield_now().await;
            continue;
        }
        let request = Request::get("/gate/forward")
            .header("x-forwarded-host", WIKI)
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-method", "GET")
            .header("x-forwarded-uri", "/page")
            .header("cookie", format!("__Host-curfew_gate={cookie}"));
        let answer = proxy.send(request, Body::empty()).await;
        assert!([200, 401].contains(&answer.status), "{answer:?}");
        checked += 1;
        let mut watched = watched.lock().unwrap();
        let is_admitted = answer.status == 200;
        watched.survivors += usize::from(is_admitted && ended);
        if watched.round == round {
            watched.admitted += usize::from(is_admitted);
            watched.refused += usize::from(!is_admitted);
        }
    }
}

async fn until(watched: &Shared, holds: impl Fn(&Watched) -> bool) {
    loop {
        {
            let watched = watched.lock().unwrap();
            assert_eq!(watched.survivors, 0, "let through after the answer");
            if holds(&watched) {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub async fn register(app: &TestApp) {
    let account = databases::texts(app.db(), "select id from accounts").await;
    let details = Details {
        address: format!("https://{WIKI}"),
        ..Details::new(Kind::Gate, "Wiki")
    };
    let instance = app.with_limits(|limits| limits.applications_for = ApplicationsFor::AllAccounts);
    let mut op = instance.begin().await;
    let own = OwnHost("curfew.test".into());
    let account = AccountId(account[0].clone());
    register_by_operator(&mut op, &account, &details, &own)
        .await
        .unwrap();
    op.commit().await.unwrap();
}

/// The gate's cookie of a browser that is signed in.
pub async fn handed_over(app: &TestApp, browser: &Browser) -> Token {
    let (me, begun) = (browser.signed_in().await, Token::random());
    let hash = begun.hash();
    let wanted = Wanted {
        host: WIKI,
        address: "/",
        begun_by: hash.as_str(),
    };
    let mut op = app.begin().await;
    let given = hand_over(&mut op, &me, wanted).await.unwrap();
    op.commit().await.unwrap();
    let mut op = app.begin().await;
    let given = redeem(&mut op, &given.code, WIKI, &begun).await.unwrap();
    op.commit().await.unwrap();
    given.unwrap().cookie
}
