//! The email about a new device, and the link in it: "This wasn't me".

mod afterwards;
mod other_links;
mod plans;

use std::time::Duration;

use accounts::{
    db::Db,
    emails::{Email, EmailTemplate},
    end_reason::EndReason,
    not_me::{LoggedOut, NotMeError, look_up, remote_logout},
    secret::Token,
    sessions::{self, By, LogoutReceipt, RevokeTokens, Surface},
    sign_in::CompletedSignIn,
    time::Moment,
};
use tokio::task::JoinSet;

use crate::{
    emails::{lease, send},
    new_address,
    test_app::{NOW, SECOND, TestApp, TestUser, after, browser},
};

on_both!(
    the_link_ends_everything_of_its_user_once,
    looking_changes_nothing_and_says_who_signed_in,
    nothing_that_the_intruder_does_takes_the_link_away,
    the_link_dies_after_seven_days_and_with_another_of_its_kind,
    emails_about_new_devices_are_limited,
    the_link_consumed_32_times_at_once_logs_out_once,
);

const WEEK: Duration = Duration::from_hours(7 * 24);

/// The user's password is used on a new device; what the email about it says.
async fn enter(
    app: &TestApp,
    user: &TestUser,
    now: Moment,
) -> (CompletedSignIn, Email, Option<Token>) {
    let completed = app
        .try_sign_in(&user.email, &user.password, &browser(77), now)
        .await
        .unwrap();
    loop {
        let due = lease(app, now).await;
        let due = due.expect("an email about the new device");
        send(app, &due, now).await;
        if due.email.template == EmailTemplate::NewDevice {
            assert_eq!(due.to, user.email);
            return (completed, due.email, due.token);
        }
    }
}

/// A user who is signed in, and as whom an intruder signs in too. The user's session, the intruder's, and
/// the link.
async fn intruded(
    app: &TestApp,
    name: &str,
) -> (TestUser, CompletedSignIn, CompletedSignIn, Token) {
    let user = app.user(name).await;
    let here = app.sign_in_remembered(&user, NOW).await;
    let (there, _, link) = enter(app, &user, NOW).await;
    (user, here, there, link.unwrap())
}

/// Consumes the link from a browser without a known-device cookie.
async fn consume(app: &TestApp, link: &Token, now: Moment) -> Result<LogoutReceipt, NotMeError> {
    consume_from(app, link, RevokeTokens::default(), None, now)
        .await
        .map(|logged_out| logged_out.ended)
}

async fn consume_from(
    app: &TestApp,
    link: &Token,
    tokens: RevokeTokens,
    known_device: Option<&Token>,
    now: Moment,
) -> Result<LoggedOut, NotMeError> {
    let client = browser(5).with_known_device(known_device.cloned());
    let mut op = app.begin(&client, now).await;
    let logged_out = remote_logout(&mut op, link, tokens).await?;
    op.commit().await.unwrap();
    Ok(logged_out)
}

async fn is_expired(app: &TestApp, link: &Token, now: Moment) -> bool {
    let looked = look_up(&mut app.read(now).await, link).await.unwrap();
    let refused = matches!(consume(app, link, now).await, Err(NotMeError::Expired));
    assert_eq!(looked.is_none(), refused);
    refused
}

/// The user's password is used on a browser that says it is known.
async fn enter_as(app: &TestApp, user: &TestUser, known_device: &Token) -> CompletedSignIn {
    let client = browser(77).with_known_device(Some(known_device.clone()));
    app.try_sign_in(&user.email, &user.password, &client, NOW)
        .await
        .unwrap()
}

/// Sends every email that is due. How many that were.
async fn send_all(app: &TestApp, now: Moment) -> i64 {
    let mut count = 0;
    while let Some(due) = lease(app, now).await {
        send(app, &due, now).await;
        count += 1;
    }
    count
}

async fn the_link_ends_everything_of_its_user_once(db: Db) {
    let app = TestApp::new(db);
    let (ada, here, there, link) = intruded(&app, "Ada").await;
    let ended = consume(&app, &link, NOW).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
    for dead in [&here, &there] {
        let why = app.end_reason(&dead.session.token, NOW).await;
        assert_eq!(why, EndReason::RemoteLogout);
    }
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);

    app.sign_in(&ada, after(SECOND)).await;
    assert!(is_expired(&app, &link, after(SECOND)).await);
    assert_eq!(app.list(&ada, after(SECOND)).await.len(), 1);
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);
}

async fn looking_changes_nothing_and_says_who_signed_in(db: Db) {
    let app = TestApp::new(db);
    let (ada, here, there, link) = intruded(&app, "Ada").await;
    for _ in 0..3 {
        let looked = look_up(&mut app.read(NOW).await, &link).await.unwrap();
        let asked = looked.unwrap();
        assert_eq!(asked.user_id, ada.id);
        assert_eq!(
            (asked.facts.sessions, asked.facts.remembered_devices),
            (2, 1)
        );
        let sign_in = asked.sign_in.unwrap();
        assert_eq!(sign_in.ip, Some(browser(77).ip_text()));
        assert_eq!(sign_in.user_agent, browser(77).user_agent);
    }
    for live in [&here, &there] {
        assert!(app.is_live(&live.session.token, NOW).await);
    }
    let signed_in = app.sign_in(&ada, NOW).await;
    assert!(app.is_live(&signed_in.session.token, NOW).await);
    assert!(!is_expired(&app, &link, NOW).await);
}

async fn nothing_that_the_intruder_does_takes_the_link_away(db: Db) {
    let app = TestApp::new(db);
    let (ada, _, there, link) = intruded(&app, "Ada").await;
    // Ends the others: the epoch rises, and the intruder has another cookie.
    let me = app.signed_in(&there.session.token, NOW).await;
    let client = browser(77).with_known_device(Some(there.device.value.clone()));
    let mut op = app.begin(&client, NOW).await;
    let rotated = sessions::end_others(&mut op, &me).await.unwrap();
    op.commit().await.unwrap();
    let me = app.signed_in(&rotated.session.token, NOW).await;
    // Logs out remotely, and comes back on the same browser, which stays known after a strong sign-in.
    let mut op = app.begin(&client, NOW).await;
    let by = By::Session(&me.session);
    sessions::end_all(&mut op, &ada.id, by, Surface::Security)
        .await
        .unwrap();
    op.commit().await.unwrap();
    let back = enter_as(&app, &ada, &there.device.value).await;
    assert_eq!(
        send_all(&app, NOW).await,
        1,
        "only that of the remote logout"
    );
    // Changes the address.
    let theirs = new_address::link_of(&app, &back.session.token, NOW).await;
    new_address::use_link(&app, &theirs, NOW).await.unwrap();

    let ended = consume(&app, &link, NOW).await.unwrap();
    assert_eq!(ended.sessions, 1);
    assert!(!app.is_live(&back.session.token, NOW).await);
}

async fn the_link_dies_after_seven_days_and_with_another_of_its_kind(db: Db) {
    let app = TestApp::new(db);
    let (ada, _, _, first) = intruded(&app, "Ada").await;
    let (_, _, second) = enter(&app, &ada, NOW).await;
    let second = second.unwrap();
    assert!(is_expired(&app, &first, after(WEEK)).await);
    assert!(!is_expired(&app, &first, after(WEEK.saturating_sub(SECOND))).await);
    assert!(is_expired(&app, &second, NOW).await);
    assert!(is_expired(&app, &Token::random(), NOW).await);
}

async fn emails_about_new_devices_are_limited(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.sign_in(&ada, NOW).await;
    for _ in 0..app.limits.attempts_per_user + 5 {
        app.sign_in(&ada, NOW).await;
    }
    assert_eq!(send_all(&app, NOW).await, app.limits.attempts_per_user);
    // After a remote logout the next sign-in is announced, however many were before.
    app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
    send_all(&app, NOW).await;
    enter(&app, &ada, NOW).await;
}

async fn the_link_consumed_32_times_at_once_logs_out_once(db: Db) {
    let app = TestApp::new(db);
    let (ada, _, _, link) = intruded(&app, "Ada").await;
    let mut clicks = JoinSet::new();
    for _ in 0..32 {
        let (app, link) = (app.clone(), link.clone());
        clicks.spawn(async move { consume(&app, &link, NOW).await.is_ok() });
    }
    let worked = clicks.join_all().await.into_iter().filter(|ok| *ok).count();
    assert_eq!(worked, 1);
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);
}
