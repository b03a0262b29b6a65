//! Emails: written with the operation, sent once, tried again when that failed, and given up in the end.

use std::time::Duration;

use accounts::{
    db::Db,
    emails::{self, Due, EmailTemplate},
    reset_password::request,
    secret::Token,
    sessions::By,
    sign_in::{Credentials, SignInOutcome, sign_in},
    time::Moment,
};

use crate::{
    databases,
    home::{Home, NOW, Person, SECOND, after, browser, complete_sign_in, secret},
};

on_both!(
    a_remote_logout_is_told_of_with_the_same_numbers_and_its_proof,
    a_new_device_is_told_of_and_a_known_one_is_not,
    a_email_has_one_node_to_itself_until_it_is_sent,
    a_email_that_is_not_taken_is_tried_again_and_given_up,
    the_token_of_a_link_is_forgotten_once_it_is_sent,
    a_email_whose_link_is_over_is_not_sent_any_more,
);

async fn lease(home: &Home, now: Moment) -> Option<Due> {
    let mut tx = home.db.write().await.unwrap();
    let due = emails::lease(&mut tx, &home.keys, now).await.unwrap();
    tx.commit().await.unwrap();
    due
}

async fn send(home: &Home, due: &Due, now: Moment) {
    let mut tx = home.db.write().await.unwrap();
    emails::sent(&mut tx, due, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_remote_logout_is_told_of_with_the_same_numbers_and_its_proof(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let due = lease(&home, NOW).await.unwrap();
    assert_eq!(due.to, ada.email);
    let hash = "select hash from audit_events where action = 'user.session_invalidated'";
    let told = EmailTemplate::RemoteLogout {
        sessions: 1,
        remembered_devices: 1,
        proof: databases::text(&home.db, hash).await,
    };
    assert_eq!(due.email.template, told);
    assert_eq!(due.email.ip, "192.0.2.9");
}

async fn enter(home: &Home, who: &Person, known_device: Option<&Token>) -> Token {
    let password = secret(&who.password);
    let credentials = Credentials {
        email: &who.email,
        password: &password,
        remember_me: false,
        known_device,
        next: "/",
    };
    let (db, keys, hasher, limits) = (&home.db, &home.keys, &home.hasher, &home.limits);
    let admitted: SignInOutcome = sign_in(db, keys, hasher, limits, credentials, &browser(2), NOW)
        .await
        .unwrap();
    complete_sign_in(admitted).known_device
}

async fn a_new_device_is_told_of_and_a_known_one_is_not(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let first = enter(&home, &ada, None).await;
    enter(&home, &ada, Some(&first)).await;
    assert!(lease(&home, NOW).await.is_none());
    enter(&home, &ada, None).await;
    let due = lease(&home, NOW).await.unwrap();
    assert_eq!(due.email.template, EmailTemplate::NewDevice);
    // Somebody else's cookie makes a browser no better known.
    let eve = home.person("Eve").await;
    enter(&home, &eve, None).await;
    enter(&home, &eve, Some(&first)).await;
    assert_eq!(lease(&home, NOW).await.unwrap().to, eve.email);
}

async fn a_email_has_one_node_to_itself_until_it_is_sent(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let home = home.clone();
        nodes.spawn(async move { lease(&home, NOW).await });
    }
    let leased: Vec<Due> = nodes.join_all().await.into_iter().flatten().collect();
    assert_eq!(leased.len(), 1);
    // Its node died with it: another one has it two minutes later, and after that it is sent.
    assert!(lease(&home, after(119 * SECOND)).await.is_none());
    let again = lease(&home, after(120 * SECOND)).await.unwrap();
    assert_eq!(again.id, leased[0].id);
    send(&home, &again, after(121 * SECOND)).await;
    assert!(lease(&home, after(100_000 * SECOND)).await.is_none());
}

async fn a_email_that_is_not_taken_is_tried_again_and_given_up(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let mut now = NOW;
    for minutes in [1, 5, 15, 30, 60, 120] {
        let due = lease(&home, now).await.unwrap();
        let mut tx = home.db.write().await.unwrap();
        let next = emails::failed(&mut tx, &due, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(now.at.until(next), Duration::from_mins(minutes));
        assert!(lease(&home, Moment::at(next - SECOND)).await.is_none());
        now = Moment::at(next);
    }
    let due = lease(&home, now).await.unwrap();
    let mut tx = home.db.write().await.unwrap();
    assert_eq!(emails::failed(&mut tx, &due, now).await.unwrap(), None);
    tx.commit().await.unwrap();
    let next_week = Moment::at(now.at + Duration::from_hours(7 * 24));
    assert!(lease(&home, next_week).await.is_none());
}

async fn the_token_of_a_link_is_forgotten_once_it_is_sent(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let (keys, limits) = (&home.keys, &home.limits);
    accounts::reset_password::request(&home.db, keys, limits, &ada.email, &browser(1), NOW)
        .await
        .unwrap();
    let due = lease(&home, NOW).await.unwrap();
    assert!(due.token.is_some());
    send(&home, &due, NOW).await;
    let sealed = "select count(*) from emails where sealed is not null";
    assert_eq!(databases::number(&home.db, sealed).await, 0);
}

async fn a_email_whose_link_is_over_is_not_sent_any_more(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let (db, keys, limits) = (&home.db, &home.keys, &home.limits);
    request(db, keys, limits, &ada.email, &browser(1), NOW)
        .await
        .unwrap();
    // The mail server is away for as long as the link is good.
    let due = lease(&home, NOW).await.unwrap();
    let mut tx = home.db.write().await.unwrap();
    emails::failed(&mut tx, &due, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let last = after(limits.email_link.saturating_sub(SECOND));
    assert!(lease(&home, last).await.is_some());
    assert!(
        lease(&home, after(limits.email_link + 600 * SECOND))
            .await
            .is_none()
    );
}
