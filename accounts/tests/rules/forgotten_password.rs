//! A forgotten password: the emailed link and what it may do.

use accounts::{
    db::Db,
    emails::EmailTemplate,
    end_reason::EndReason,
    rate_limits::RateLimited,
    reset_password::{RequestError, Reset, ResetError, request, reset},
    secret::Token,
    sessions::By,
    sign_in::SignInError,
    time::Moment,
};
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    emails::{lease, send},
    test_app::{NOW, PASSWORD, SECOND, TestApp, TestUser, after, browser, secret},
};

on_both!(
    a_link_sets_a_new_password_once_and_signs_no_user_in,
    a_link_expires_with_a_remote_logout_a_change_of_password_and_after_half_an_hour,
    an_unknown_address_leaves_the_same_rows_and_no_email,
    one_link_used_32_times_at_once_works_once,
    emails_to_one_mailbox_are_limited_whether_a_user_has_it_or_not,
    a_weak_password_is_refused_and_the_link_is_still_good,
    a_link_does_not_tell_which_password_the_user_had,
    a_user_locked_out_by_wrong_passwords_signs_in_with_the_new_one,
);

const NEW: &str = "nine quiet herons over the canal";

/// Asks for a link, and takes it out of the email.
pub async fn link(app: &TestApp, email: &str, now: Moment) -> Token {
    ask(app, email, now).await.unwrap();
    next_link(app, now).await.unwrap()
}

async fn ask(app: &TestApp, email: &str, now: Moment) -> Result<(), RequestError> {
    let mut op = app.begin(&browser(5), now).await;
    request(&mut op, email).await?;
    op.commit().await?;
    Ok(())
}

/// The link of the next email that has one, but for those about a new device.
pub async fn next_link(app: &TestApp, now: Moment) -> Option<Token> {
    loop {
        let due = lease(app, now).await?;
        send(app, &due, now).await;
        if due.token.is_some() && due.email.template != EmailTemplate::NewDevice {
            return due.token;
        }
    }
}

async fn set(app: &TestApp, link: &Token, new: &str, now: Moment) -> Result<Reset, ResetError> {
    reset(app, &browser(5), now, link, &secret(new)).await
}

async fn try_password(
    app: &TestApp,
    who: &TestUser,
    password: &str,
    now: Moment,
) -> Result<(), SignInError> {
    app.try_sign_in(&who.email, password, &browser(6), now)
        .await
        .map(|_| ())
}

async fn a_link_sets_a_new_password_once_and_signs_no_user_in(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let there = app.sign_in_remembered(&ada, NOW).await;
    let link = link(&app, " ADA@example.com ", NOW).await;
    assert!(app.is_live(&there.session.token, NOW).await);

    // A stranger may know the old one: that is why there is to be a new one.
    let same = set(&app, &link, PASSWORD, NOW).await;
    assert!(matches!(same, Err(ResetError::Same)), "{same:?}");
    assert!(app.is_live(&there.session.token, NOW).await);
    let ended = set(&app, &link, NEW, NOW).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (1, 1));
    let why = app.end_reason(&there.session.token, NOW).await;
    assert_eq!(why, EndReason::PasswordChanged);
    assert!(app.list(&ada, NOW).await.is_empty());
    assert!(try_password(&app, &ada, PASSWORD, NOW).await.is_err());
    try_password(&app, &ada, NEW, NOW).await.unwrap();
    let again = set(&app, &link, PASSWORD, NOW).await;
    assert!(matches!(again, Err(ResetError::Expired)), "{again:?}");
    assert_eq!(app.events(&ada, "user.password_changed").await, 1);
    assert_eq!(app.events(&ada, "user.password_reset_requested").await, 1);
}

async fn a_link_expires_with_a_remote_logout_a_change_of_password_and_after_half_an_hour(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let is_refused = async |link: &Token, now| {
        let refused = set(&app, link, NEW, now).await;
        assert!(matches!(refused, Err(ResetError::Expired)), "{refused:?}");
        app.sign_in(&ada, now).await
    };
    let old = link(&app, &ada.email, NOW).await;
    let here = is_refused(&old, after(1_800 * SECOND)).await;

    let now = after(3_600 * SECOND);
    let logged_out = link(&app, &ada.email, now).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), now)
        .await
        .unwrap();
    let here = is_refused(&logged_out, now).await;

    let changed = link(&app, &ada.email, now).await;
    let who = app.signed_in(&here.session.token, now).await;
    app.change_password(&who, PASSWORD, NEW, now).await.unwrap();
    let refused = set(&app, &changed, PASSWORD, now).await;
    assert!(matches!(refused, Err(ResetError::Expired)), "{refused:?}");
    let nonsense = set(&app, &Token::random(), NEW, now).await;
    assert!(matches!(nonsense, Err(ResetError::Expired)), "{nonsense:?}");
}

async fn an_unknown_address_leaves_the_same_rows_and_no_email(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let rows = "select (select count(*) from emails) * 100 + (select count(*) from email_links)";
    let mut counted = Vec::new();
    for email in [ada.email.as_str(), "unknown@example.com"] {
        let before = databases::number(&app.db, rows).await;
        ask(&app, email, NOW).await.unwrap();
        counted.push(databases::number(&app.db, rows).await - before);
    }
    assert_eq!(counted, [101, 101]);
    assert!(next_link(&app, NOW).await.is_some());
    assert!(next_link(&app, NOW).await.is_none());
    let malformed = ask(&app, "unknown", NOW).await;
    assert!(
        matches!(malformed, Err(RequestError::Email(_))),
        "{malformed:?}"
    );
}

async fn one_link_used_32_times_at_once_works_once(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let link = link(&app, &ada.email, NOW).await;
    let mut tries = JoinSet::new();
    for n in 0..32 {
        let (app, link) = (app.clone(), link.clone());
        tries.spawn(async move { set(&app, &link, &format!("{NEW} {n}"), NOW).await });
    }
    let done = tries.join_all().await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1);
    assert_eq!(app.events(&ada, "user.password_changed").await, 1);
    assert_eq!(app.epoch(&ada).await, 2);
}

async fn emails_to_one_mailbox_are_limited_whether_a_user_has_it_or_not(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for email in [ada.email.as_str(), "unknown@example.com"] {
        for _ in 0..10 {
            ask(&app, email, NOW).await.unwrap();
        }
        match ask(&app, email, NOW).await {
            Err(RequestError::RateLimited(RateLimited { retry_after })) => {
                assert_eq!(retry_after.as_secs(), 15 * 60);
            }
            other => panic!("{other:?}"),
        }
    }
    // It does not keep the user from signing in.
    app.sign_in(&ada, NOW).await;
}

async fn a_weak_password_is_refused_and_the_link_is_still_good(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let link = link(&app, &ada.email, NOW).await;
    for weak in ["", "short", "password1", "ada@example.com"] {
        let refused = set(&app, &link, weak, NOW).await;
        assert!(
            matches!(refused, Err(ResetError::Unacceptable(_))),
            "{refused:?}"
        );
    }
    set(&app, &link, NEW, NOW).await.unwrap();
}

async fn a_user_locked_out_by_wrong_passwords_signs_in_with_the_new_one(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for _ in 0..10 {
        let _ = try_password(&app, &ada, "a guess", NOW).await;
    }
    let refused = try_password(&app, &ada, PASSWORD, NOW).await;
    assert!(
        matches!(refused, Err(SignInError::RateLimited(_))),
        "{refused:?}"
    );
    let link = link(&app, &ada.email, NOW).await;
    set(&app, &link, NEW, NOW).await.unwrap();
    try_password(&app, &ada, NEW, NOW).await.unwrap();
}

async fn a_link_does_not_tell_which_password_the_user_had(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_user = 3;
    let ada = app.user("Ada").await;
    let guessed = link(&app, &ada.email, NOW).await;
    for _ in 0..3 {
        let guess = set(&app, &guessed, "password1", NOW).await;
        assert!(
            matches!(guess, Err(ResetError::Unacceptable(_))),
            "{guess:?}"
        );
    }
    let right = set(&app, &guessed, PASSWORD, NOW).await;
    assert!(
        matches!(right, Err(ResetError::RateLimited(_))),
        "{right:?}"
    );
    // No other link is consumed by that.
    let other = link(&app, &ada.email, NOW).await;
    set(&app, &other, NEW, NOW).await.unwrap();
}
