//! How often signing in may fail, exactly, and which users that never locks out.

use std::{net::Ipv6Addr, time::Duration};

use accounts::{
    client::Client,
    db::Db,
    rate_limits::RateLimited,
    reset_password::reset,
    secret::Token,
    sessions::By,
    sign_in::{CompletedSignIn, Credentials, SignInError, sign_in},
};
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    forgotten_password,
    test_app::{
        NOW, PASSWORD, SECOND, TestApp, TestUser, after, browser, complete_sign_in, secret,
    },
};

on_both!(
    of_200_attempts_at_once_on_one_user_exactly_the_limit_is_looked_at,
    of_200_attempts_at_once_from_one_address_exactly_the_limit_is_looked_at,
    an_ipv6_subscriber_is_one_address,
    failures_are_still_counted_after_a_restart,
    failures_are_forgotten_when_their_window_has_passed,
    a_success_clears_the_failures,
    a_known_device_signs_in_while_a_stranger_has_used_every_attempt,
    a_known_device_of_another_user_is_a_stranger,
    each_device_that_a_remote_logout_has_forgotten_has_a_smaller_limit_of_its_own,
    a_thief_with_a_copied_cookie_does_not_keep_its_owner_out,
    a_value_that_was_replaced_is_announced_and_its_failures_are_still_counted_apart,
    a_value_that_a_browser_came_with_is_not_taken_over,
    a_browser_is_known_to_each_of_its_users,
    a_user_who_resets_the_password_is_kept_out_by_no_stranger,
);

const LOOKED_AT: &str = "select count(*) from audit_events where action = 'user.login_failed'";

async fn of_200_attempts_at_once_on_one_user_exactly_the_limit_is_looked_at(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let refused = guess_200_times(&app, |n| (ada.email.clone(), browser(n))).await;
    assert_eq!(app.events(&ada, "user.login_failed").await, 10);
    assert_eq!(refused, 190);
}

async fn of_200_attempts_at_once_from_one_address_exactly_the_limit_is_looked_at(db: Db) {
    let app = TestApp::new(db);
    let refused = guess_200_times(&app, |n| (format!("{n}@example.com"), browser(1))).await;
    assert_eq!(databases::number(&app.db, LOOKED_AT).await, 100);
    assert_eq!(refused, 100);
}

/// 200 wrong passwords at once. Returns how many were not looked at.
async fn guess_200_times(app: &TestApp, by: impl Fn(u8) -> (String, Client)) -> usize {
    let mut guesses = JoinSet::new();
    for n in 0..200 {
        let (app, (email, client)) = (app.clone(), by(n));
        guesses.spawn(async move { app.try_sign_in(&email, "a guess", &client, NOW).await });
    }
    let mut refused = 0;
    for guess in guesses.join_all().await {
        match guess {
            Err(SignInError::Wrong) => {}
            Err(SignInError::RateLimited(wait)) => {
                assert_eq!(
                    wait,
                    RateLimited {
                        retry_after: Duration::from_mins(15)
                    }
                );
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    refused
}

async fn an_ipv6_subscriber_is_one_address(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_address = 3;
    for n in 1..=5 {
        let client = Client {
            ip: Some(Ipv6Addr::new(0x2001, 0xdb8, 0, 7, n, n, n, n).into()),
            ..Client::default()
        };
        let guess = app
            .try_sign_in(&format!("{n}@example.com"), "a guess", &client, NOW)
            .await;
        let refused = matches!(guess, Err(SignInError::RateLimited(_)));
        assert_eq!(refused, n > 3, "{guess:?}");
    }
}

/// Fails ten times, as often as the limit lets a user.
async fn use_all_attempts(app: &TestApp, who: &TestUser) {
    for _ in 0..10 {
        let guess = app
            .try_sign_in(&who.email, "a guess", &browser(66), NOW)
            .await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
}

fn locked_out(attempt: &Result<CompletedSignIn, SignInError>) -> bool {
    matches!(attempt, Err(SignInError::RateLimited(_)))
}

async fn failures_are_still_counted_after_a_restart(db: Db) {
    let mut app = TestApp::new(db);
    let ada = app.user("Ada").await;
    use_all_attempts(&app, &ada).await;
    let url = databases::url_of(&app.db);
    app.db.close().await;
    app.db = Db::open(&url).await.unwrap();
    let right = app
        .try_sign_in(&ada.email, PASSWORD, &browser(1), after(SECOND))
        .await;
    assert!(locked_out(&right), "{right:?}");
    app.db.close().await;
}

async fn failures_are_forgotten_when_their_window_has_passed(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    use_all_attempts(&app, &ada).await;
    let window = app.limits.attempt_window;
    let early = after(window.saturating_sub(Duration::from_millis(1)));
    let early = app
        .try_sign_in(&ada.email, PASSWORD, &browser(1), early)
        .await;
    let Err(SignInError::RateLimited(wait)) = early else {
        panic!("{early:?}")
    };
    assert_eq!(wait.retry_after, Duration::from_millis(1));
    app.try_sign_in(&ada.email, PASSWORD, &browser(1), after(window))
        .await
        .unwrap();
}

async fn a_success_clears_the_failures(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for _ in 0..3 {
        for _ in 0..9 {
            let guess = app
                .try_sign_in(&ada.email, "a guess", &browser(1), NOW)
                .await;
            assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
        }
        app.sign_in(&ada, NOW).await;
    }
    // The address keeps the failures, and its permits for the successes are returned.
    let of_address = "select failures from rate_limits where subject = 'address:192.0.2.1'";
    assert_eq!(databases::number(&app.db, of_address).await, 27);
}

async fn sign_in_on(
    app: &TestApp,
    who: &TestUser,
    known: &CompletedSignIn,
    password: &str,
) -> Result<CompletedSignIn, SignInError> {
    let password = secret(password);
    let credentials = Credentials {
        email: &who.email,
        password: &password,
        remember_me: false,
        next: "/",
    };
    let client = browser(66).with_known_device(Some(known.device.value.clone()));
    let outcome = sign_in(app, &client, NOW, credentials).await;
    outcome.map(complete_sign_in)
}

async fn a_known_device_signs_in_while_a_stranger_has_used_every_attempt(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_address = 10;
    let ada = app.user("Ada").await;
    let known = app.sign_in(&ada, NOW).await;
    // The stranger sits behind the same address.
    use_all_attempts(&app, &ada).await;
    let unknown = app
        .try_sign_in(&ada.email, PASSWORD, &browser(66), NOW)
        .await;
    assert!(locked_out(&unknown), "{unknown:?}");

    let entered = sign_in_on(&app, &ada, &known, PASSWORD).await.unwrap();
    assert!(app.is_live(&entered.session.token, NOW).await);
    // A known device has a limit too, and it is its own.
    for _ in 0..10 {
        let guess = sign_in_on(&app, &ada, &entered, "a guess").await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
    assert!(locked_out(
        &sign_in_on(&app, &ada, &entered, PASSWORD).await
    ));
}

async fn a_known_device_of_another_user_is_a_stranger(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let eve = app.user("Eve").await;
    let eves = app.sign_in(&eve, NOW).await;
    use_all_attempts(&app, &ada).await;
    assert!(locked_out(&sign_in_on(&app, &ada, &eves, PASSWORD).await));
}

/// Two browsers on which the user has signed in, and that a remote logout has forgotten.
async fn two_forgotten(app: &TestApp, ada: &TestUser) -> [CompletedSignIn; 2] {
    let known = app.sign_in(ada, NOW).await;
    let here = app.signed_in(&known.session.token, NOW).await;
    let another = app.sign_in(ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session), NOW)
        .await
        .unwrap();
    [known, another]
}

async fn guesses_on(app: &TestApp, who: &TestUser, device: &CompletedSignIn, times: usize) {
    for _ in 0..times {
        let guess = sign_in_on(app, who, device, "a guess").await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
}

async fn each_device_that_a_remote_logout_has_forgotten_has_a_smaller_limit_of_its_own(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let [stolen, owners] = two_forgotten(&app, &ada).await;
    use_all_attempts(&app, &ada).await;
    // Five attempts for each, whatever strangers and the other one do.
    guesses_on(&app, &ada, &stolen, 5).await;
    assert!(locked_out(&sign_in_on(&app, &ada, &stolen, PASSWORD).await));
    guesses_on(&app, &ada, &owners, 4).await;
    sign_in_on(&app, &ada, &owners, PASSWORD).await.unwrap();
}

async fn a_thief_with_a_copied_cookie_does_not_keep_its_owner_out(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let [copied, _] = two_forgotten(&app, &ada).await;
    guesses_on(&app, &ada, &copied, 5).await;
    // Used up, it is a stranger's: the next attempt counts against the email.
    sign_in_on(&app, &ada, &copied, PASSWORD).await.unwrap();
    // The same where no remote logout came in between.
    let known = app.sign_in(&ada, NOW).await;
    guesses_on(&app, &ada, &known, 10).await;
    sign_in_on(&app, &ada, &known, PASSWORD).await.unwrap();
}

/// How many emails about a new device were written.
async fn announced(app: &TestApp) -> i64 {
    let sql = "select count(*) from emails where details like '%new_device%'";
    databases::number(&app.db, sql).await
}

async fn a_value_that_was_replaced_is_announced_and_its_failures_are_still_counted_apart(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let copied = app.sign_in(&ada, NOW).await;
    let second = sign_in_on(&app, &ada, &copied, PASSWORD).await.unwrap();
    assert_eq!(announced(&app).await, 0);
    // A browser that never got the answer is announced, and no stranger keeps it out.
    use_all_attempts(&app, &ada).await;
    guesses_on(&app, &ada, &copied, 4).await;
    sign_in_on(&app, &ada, &copied, PASSWORD).await.unwrap();
    assert_eq!(announced(&app).await, 1);

    // Once the new value was presented, the one before it is a stranger's.
    let third = sign_in_on(&app, &ada, &second, PASSWORD).await.unwrap();
    assert_eq!(announced(&app).await, 1);
    assert!(locked_out(&sign_in_on(&app, &ada, &copied, PASSWORD).await));
    // A thief who has copied a value is announced after the owner's next sign-in.
    sign_in_on(&app, &ada, &third, PASSWORD).await.unwrap();
    sign_in_on(&app, &ada, &third, PASSWORD).await.unwrap();
    assert_eq!(announced(&app).await, 2);
}

async fn a_value_that_a_browser_came_with_is_not_taken_over(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.sign_in(&ada, NOW).await;
    let planted = Token::random();
    let client = browser(66).with_known_device(Some(planted.clone()));
    let entered = app
        .try_sign_in(&ada.email, PASSWORD, &client, NOW)
        .await
        .unwrap();
    assert_ne!(entered.device.value.expose(), planted.expose());
    assert_eq!(announced(&app).await, 1);
    app.try_sign_in(&ada.email, PASSWORD, &client, NOW)
        .await
        .unwrap();
    assert_eq!(announced(&app).await, 2);
}

async fn a_browser_is_known_to_each_of_its_users(db: Db) {
    let app = TestApp::new(db);
    let (ada, eve) = (app.user("Ada").await, app.user("Eve").await);
    let mut holds = Vec::new();
    for who in [&ada, &eve, &ada, &eve] {
        let client = browser(1).with_known_device(holds);
        let entered = app.try_sign_in(&who.email, PASSWORD, &client, NOW).await;
        let device = entered.unwrap().device;
        holds = [vec![device.value], device.others].concat();
    }
    assert_eq!(holds.len(), 2);
    assert_eq!(announced(&app).await, 0);
}

async fn a_user_who_resets_the_password_is_kept_out_by_no_stranger(db: Db) {
    const NEW: &str = "nine quiet herons over the canal";
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.sign_in(&ada, NOW).await;
    use_all_attempts(&app, &ada).await;
    let link = forgotten_password::link(&app, &ada.email, NOW).await;
    let done = reset(&app, &browser(7), NOW, &link, &secret(NEW)).await;
    let device = done.unwrap().device.value;
    use_all_attempts(&app, &ada).await;

    let phone = browser(7).with_known_device(Some(device));
    for _ in 0..4 {
        let guess = app.try_sign_in(&ada.email, PASSWORD, &phone, NOW).await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
    let entered = app.try_sign_in(&ada.email, NEW, &phone, NOW).await.unwrap();
    // It has shown that its user reads the email, and no more.
    assert_eq!(announced(&app).await, 1);
    let phone = browser(7).with_known_device(Some(entered.device.value));
    app.try_sign_in(&ada.email, NEW, &phone, NOW).await.unwrap();
    assert_eq!(announced(&app).await, 1);
}
