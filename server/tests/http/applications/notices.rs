//! A remote logout tells every application: one that takes it, and those that answer 500, hang, redirect or refuse.

use std::time::Duration;

use accounts::{sessions, time::Moment};
use serde_json::json;

use super::{register, sign_in_at, signed::token_of};
use crate::{
    databases,
    processes::until,
    receiver::Receiver,
    test_app::{FIREFOX_ON_LINUX, Looking, TestApp},
};

on_both!(
    every_application_is_told_and_the_receipt_claims_only_what_was_answered,
    an_application_that_was_down_is_told_when_it_is_back_freshly_signed,
    twenty_applications_that_hang_delay_none_that_answers,
    a_changed_address_is_followed,
);

const ISSUER: &str = "http://curfew.test";

impl TestApp {
    /// Sends notices as the running program does.
    fn sends_notices(&self) -> Looking {
        Looking(tokio::spawn(self.state.notices.clone().keep_sending()))
    }

    /// The job that follows a raised epoch.
    async fn ends_at_applications(&self) -> u64 {
        let ended = sessions::end_applications(self.instance(), Moment::now()).await;
        self.state.notices.wake();
        ended.unwrap()
    }
}

async fn every_application_is_told_and_the_receipt_claims_only_what_was_answered(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    let elsewhere = Receiver::that_answers(&[]).await;
    let redirect = format!(
        "302 location: {}\r\ncontent-length: 0\r\n\r\n",
        elsewhere.url()
    );
    let long = format!("500 content-length: 9000\r\n\r\n{}", "x".repeat(9_000));
    let mut receivers = Vec::new();
    for (name, answer, outcome, status) in [
        ("Takes", "204", "logged_out", 204),
        ("Says 200", "200", "logged_out", 200),
        ("Refuses", "400", "refused", 400),
        ("Redirects", redirect.as_str(), "", 302),
        ("Breaks", long.as_str(), "", 500),
        ("Hangs", "nothing", "", 0),
    ] {
        let receiver = Receiver::that_answers(&[answer]).await;
        let id = register(&ada, name, &receiver.url()).await;
        let sid = sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
        receivers.push((receiver, id, sid, outcome, status));
    }
    let _sending = app.sends_notices();
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    assert_eq!(app.ends_at_applications().await, 6);
    for (receiver, id, sid, outcome, status) in &receivers {
        let settled = format!(
            "select count(*) from logout_notices where application_session_id = '{sid}' and leased_until = 0
             and tries = 1 and coalesce(outcome, '') = '{outcome}' and coalesce(last_status, 0) = {status}"
        );
        until(&app, &settled, 1).await;
        if *status == 0 {
            continue;
        }
        let arrived = receiver.arrived();
        assert_eq!(
            arrived.len(),
            1,
            "{outcome}: once, and redirects are not followed"
        );
        let (header, claims) = token_of(&app, &arrived[0], ISSUER).await;
        assert_eq!(header["typ"], "logout+jwt");
        assert_eq!(header["alg"], "ES256");
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims["aud"], json!(id));
        assert_eq!(claims["sub"], json!(who.user.id.0));
        assert_eq!(claims["sid"], json!(sid));
        assert_eq!(
            claims["events"],
            json!({ "http://schemas.openid.net/event/backchannel-logout": {} })
        );
        assert!(claims.get("nonce").is_none(), "a logout token has none");
        let (iat, exp) = (
            claims["iat"].as_i64().unwrap(),
            claims["exp"].as_i64().unwrap(),
        );
        assert_eq!(exp - iat, 120);
        assert!((Moment::now().at.0 / 1_000 - iat).abs() < 60);
    }
    assert!(elsewhere.arrived().is_empty());
    let errors = databases::texts(
        app.db(),
        "select last_error from logout_notices where last_error is not null",
    )
    .await;
    assert!(errors.iter().all(|error| error.len() < 300), "{errors:?}");
}

async fn an_application_that_was_down_is_told_when_it_is_back_freshly_signed(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    // Down: nothing listens there yet.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let id = register(&ada, "Down", &format!("http://{address}/logged-out")).await;
    let sid = sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
    let _sending = app.sends_notices();
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    app.ends_at_applications().await;
    until(
        &app,
        "select count(*) from logout_notices where tries = 1 and last_error is not null",
        1,
    )
    .await;
    // Back, and it breaks once.
    let receiver = Receiver::at(&address.to_string(), &["503"]).await;
    for tries in [2, 3] {
        databases::run(app.db(), "update logout_notices set next_try_at = 0").await;
        until(
            &app,
            &format!(
                "select count(*) from logout_notices where tries = {tries} and leased_until = 0"
            ),
            1,
        )
        .await;
    }
    until(
        &app,
        "select count(*) from logout_notices where outcome = 'logged_out'",
        1,
    )
    .await;
    let arrived = receiver.arrived();
    assert_eq!(arrived.len(), 2);
    let (_, first) = token_of(&app, &arrived[0], ISSUER).await;
    let (_, second) = token_of(&app, &arrived[1], ISSUER).await;
    assert_ne!(first["jti"], second["jti"], "signed anew");
    for claims in [first, second] {
        assert_eq!(claims["sid"], json!(sid));
    }
}

async fn twenty_applications_that_hang_delay_none_that_answers(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    for n in 0..20 {
        let hangs = Receiver::that_answers(&["nothing"; 4]).await;
        let id = register(&ada, &format!("A{n:02}"), &hangs.url()).await;
        for _ in 0..4 {
            sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
        }
    }
    let answers = Receiver::that_answers(&[]).await;
    let id = register(&ada, "Z", &answers.url()).await;
    let sid = sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
    let _sending = app.sends_notices();
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    app.ends_at_applications().await;
    let told = format!(
        "select count(*) from logout_notices where application_session_id = '{sid}' and outcome = 'logged_out'"
    );
    // What hangs is given five seconds each; this one is told while all of them hang.
    tokio::time::timeout(Duration::from_secs(4), until(&app, &told, 1))
        .await
        .unwrap();
    assert_eq!(
        databases::number(
            app.db(),
            "select count(*) from logout_notices where last_error is not null"
        )
        .await,
        0
    );
}

async fn a_changed_address_is_followed(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    let (old, new) = (
        Receiver::that_answers(&["500"]).await,
        Receiver::that_answers(&[]).await,
    );
    let id = register(&ada, "Moves", &old.url()).await;
    sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
    let _sending = app.sends_notices();
    ada.call("remote_logout", &[("from", "security")])
        .await
        .is(200);
    app.ends_at_applications().await;
    until(
        &app,
        "select count(*) from logout_notices where tries = 1 and last_status = 500",
        1,
    )
    .await;
    ada.sign_in("Ada").await;
    let fields = [
        ("application", id.as_str()),
        ("name", "Moves"),
        ("redirects", "http://127.0.0.1/callback"),
        ("logout_address", &new.url()),
    ];
    ada.call("change_application", &fields).await.is(200);
    databases::run(app.db(), "update logout_notices set next_try_at = 0").await;
    until(
        &app,
        "select count(*) from logout_notices where outcome = 'logged_out'",
        1,
    )
    .await;
    assert_eq!((old.arrived().len(), new.arrived().len()), (1, 1));
}
