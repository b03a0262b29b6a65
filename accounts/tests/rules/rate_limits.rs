//! How often signing in may fail, exactly, and which users that never locks out.

use std::{net::Ipv6Addr, time::Duration};

use accounts::{
    client::Client,
    db::Db,
    rate_limits::RateLimited,
    sessions::By,
    sign_in::{CompletedSignIn, Credentials, SignInError, sign_in},
};
use testing::databases;
use tokio::task::JoinSet;

use crate::test_app::{
    NOW, PASSWORD, SECOND, TestApp, TestUser, after, browser, complete_sign_in, secret,
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
    devices_that_a_remote_logout_has_forgotten_share_a_smaller_limit,
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
    let client = browser(66).with_known_device(Some(known.known_device.clone()));
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
        let guess = sign_in_on(&app, &ada, &known, "a guess").await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
    assert!(locked_out(&sign_in_on(&app, &ada, &known, PASSWORD).await));
}

async fn a_known_device_of_another_user_is_a_stranger(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let eve = app.user("Eve").await;
    let eves = app.sign_in(&eve, NOW).await;
    use_all_attempts(&app, &ada).await;
    assert!(locked_out(&sign_in_on(&app, &ada, &eves, PASSWORD).await));
}

async fn devices_that_a_remote_logout_has_forgotten_share_a_smaller_limit(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let known = app.sign_in(&ada, NOW).await;
    let here = app.signed_in(&known.session.token, NOW).await;
    let another = app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session), NOW)
        .await
        .unwrap();
    use_all_attempts(&app, &ada).await;
    // They may be a thief's, and they may be the user's own: five attempts for all of them, whatever strangers do.
    for device in [&known, &another, &known, &another, &known] {
        let guess = sign_in_on(&app, &ada, device, "a guess").await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
    for device in [&known, &another] {
        assert!(locked_out(&sign_in_on(&app, &ada, device, PASSWORD).await));
    }
}
