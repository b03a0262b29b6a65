//! Emails: written with the operation, sent once, tried again when that failed, and given up in the end.

use std::time::Duration;

use accounts::{
    db::Db,
    emails::{self, AskedBy, Due, EmailTemplate},
    reset_password::request,
    secret::Token,
    sessions::{By, Surface, end_all},
    sign_in::{Credentials, sign_in},
    time::Moment,
};
use testing::databases;

use crate::test_app::{NOW, SECOND, TestApp, TestUser, after, browser, complete_sign_in, secret};

on_both!(
    a_remote_logout_is_told_of_with_the_same_numbers_and_its_proof,
    a_new_device_is_told_of_and_a_known_one_is_not,
    an_email_has_one_node_to_itself_until_it_is_sent,
    an_email_that_is_not_accepted_is_tried_again_and_given_up,
    the_token_of_a_link_is_forgotten_once_it_is_sent,
    an_email_whose_link_has_expired_is_not_sent_any_more,
);

/// Takes the email that has been due the longest.
pub async fn lease(app: &TestApp, now: Moment) -> Option<Due> {
    let mut tx = app.db.write().await.unwrap();
    let due = emails::lease(&mut tx, &app.keys, now).await.unwrap();
    tx.commit().await.unwrap();
    due
}

/// Marks an email as sent.
pub async fn send(app: &TestApp, due: &Due, now: Moment) {
    let mut tx = app.db.write().await.unwrap();
    emails::sent(&mut tx, due, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// Sends every email that is due. Returns them in the order in which they became due.
pub async fn send_all(app: &TestApp, now: Moment) -> Vec<Due> {
    let mut all = Vec::new();
    while let Some(due) = lease(app, now).await {
        send(app, &due, now).await;
        all.push(due);
    }
    all
}

async fn a_remote_logout_is_told_of_with_the_same_numbers_and_its_proof(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let mut op = app.begin(&browser(9), NOW).await;
    let by = By::Session(&here.session.id);
    let receipt = end_all(&mut op, &ada.id, by, Surface::Security).await;
    let event = receipt.unwrap().event;
    let receipts = op.commit().await.unwrap();
    let due = lease(&app, NOW).await.unwrap();
    assert_eq!(due.to, ada.email);
    let told = EmailTemplate::RemoteLogout {
        sessions: 1,
        remembered_devices: 1,
        asked_by: AskedBy::You,
    };
    assert_eq!(due.email.template, told);
    // The proof is the hash of the event as it stands in the chain.
    let hash = "select hash from audit_events where action = 'user.session_invalidated'";
    let hash = databases::text(&app.db, hash).await;
    assert_eq!(receipts.hash(&event), hash);
    assert_eq!(due.email.proof, Some(hash));
    assert_eq!(due.email.ip, "192.0.2.9");
}

async fn enter(app: &TestApp, who: &TestUser, known_device: Option<&Token>) -> Token {
    let password = secret(&who.password);
    let credentials = Credentials {
        email: &who.email,
        password: &password,
        remember_me: false,
        next: "/",
    };
    let client = browser(2).with_known_device(known_device.cloned());
    let admitted = sign_in(app, &client, NOW, credentials).await;
    complete_sign_in(admitted.unwrap()).device.value
}

async fn a_new_device_is_told_of_and_a_known_one_is_not(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let first = enter(&app, &ada, None).await;
    let first = enter(&app, &ada, Some(&first)).await;
    assert!(lease(&app, NOW).await.is_none());
    enter(&app, &ada, None).await;
    let due = lease(&app, NOW).await.unwrap();
    assert_eq!(due.email.template, EmailTemplate::NewDevice);
    // The cookie of another user's browser does not make it known.
    let eve = app.user("Eve").await;
    enter(&app, &eve, None).await;
    enter(&app, &eve, Some(&first)).await;
    assert_eq!(lease(&app, NOW).await.unwrap().to, eve.email);
}

async fn an_email_has_one_node_to_itself_until_it_is_sent(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let app = app.clone();
        nodes.spawn(async move { lease(&app, NOW).await });
    }
    let leased: Vec<Due> = nodes.join_all().await.into_iter().flatten().collect();
    assert_eq!(leased.len(), 1);
    // That node stopped before it was sent: another node has it two minutes later, and then it is sent.
    assert!(lease(&app, after(119 * SECOND)).await.is_none());
    let again = lease(&app, after(120 * SECOND)).await.unwrap();
    assert_eq!(again.id, leased[0].id);
    send(&app, &again, after(121 * SECOND)).await;
    assert!(lease(&app, after(100_000 * SECOND)).await.is_none());
}

async fn an_email_that_is_not_accepted_is_tried_again_and_given_up(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let mut now = NOW;
    for minutes in [1, 5, 15, 30, 60, 120] {
        let due = lease(&app, now).await.unwrap();
        let mut tx = app.db.write().await.unwrap();
        let next = emails::failed(&mut tx, &due, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(now.at.until(next), Duration::from_mins(minutes));
        assert!(lease(&app, Moment::at(next - SECOND)).await.is_none());
        now = Moment::at(next);
    }
    let due = lease(&app, now).await.unwrap();
    let mut tx = app.db.write().await.unwrap();
    assert_eq!(emails::failed(&mut tx, &due, now).await.unwrap(), None);
    tx.commit().await.unwrap();
    let next_week = Moment::at(now.at + Duration::from_hours(7 * 24));
    assert!(lease(&app, next_week).await.is_none());
}

/// Asks for an email with a one-time link.
async fn request_link(app: &TestApp, who: &TestUser) {
    let mut op = app.begin(&browser(1), NOW).await;
    request(&mut op, &who.email).await.unwrap();
    op.commit().await.unwrap();
}

async fn the_token_of_a_link_is_forgotten_once_it_is_sent(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    request_link(&app, &ada).await;
    let due = lease(&app, NOW).await.unwrap();
    assert!(due.token.is_some());
    send(&app, &due, NOW).await;
    let sealed = "select count(*) from emails where sealed is not null";
    assert_eq!(databases::number(&app.db, sealed).await, 0);
}

async fn an_email_whose_link_has_expired_is_not_sent_any_more(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    request_link(&app, &ada).await;
    // The mail server does not answer for as long as the link is good.
    let due = lease(&app, NOW).await.unwrap();
    let mut tx = app.db.write().await.unwrap();
    emails::failed(&mut tx, &due, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let good_for = app.limits.email_link;
    let last = after(good_for.saturating_sub(SECOND));
    assert!(lease(&app, last).await.is_some());
    assert!(lease(&app, after(good_for + 600 * SECOND)).await.is_none());
}
