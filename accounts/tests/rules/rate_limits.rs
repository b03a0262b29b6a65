//! How often signing in may fail, exactly, and whom that never locks out.

use std::{net::Ipv6Addr, time::Duration};

use accounts::{
    audit::Client,
    db::Db,
    rate_limits::RateLimited,
    sign_in::{CompletedSignIn, Credentials, SignInError, sign_in},
};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{Home, NOW, PASSWORD, Person, SECOND, after, browser, complete_sign_in, secret},
};

on_both!(
    of_200_attempts_at_once_on_one_user_exactly_the_limit_is_looked_at,
    of_200_attempts_at_once_from_one_address_exactly_the_limit_is_looked_at,
    an_ipv6_subscriber_is_one_address,
    failures_are_still_counted_after_a_restart,
    failures_are_forgotten_when_their_window_is_over,
    a_success_forgives,
    a_known_device_gets_in_while_a_stranger_has_used_every_attempt_up,
    a_known_device_of_somebody_else_is_a_stranger,
);

const LOOKED_AT: &str = "select count(*) from audit_events where action = 'user.login_failed'";

async fn of_200_attempts_at_once_on_one_user_exactly_the_limit_is_looked_at(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let refused = guess_200_times(&home, |n| (ada.email.clone(), browser(n))).await;
    assert_eq!(home.events(&ada, "user.login_failed").await, 10);
    assert_eq!(refused, 190);
}

async fn of_200_attempts_at_once_from_one_address_exactly_the_limit_is_looked_at(db: Db) {
    let home = Home::new(db);
    let refused = guess_200_times(&home, |n| (format!("{n}@example.com"), browser(1))).await;
    assert_eq!(databases::number(&home.db, LOOKED_AT).await, 100);
    assert_eq!(refused, 100);
}

/// 200 wrong passwords at once. Returns how many were not looked at.
async fn guess_200_times(home: &Home, by: impl Fn(u8) -> (String, Client)) -> usize {
    let mut guesses = JoinSet::new();
    for n in 0..200 {
        let (home, (email, client)) = (home.clone(), by(n));
        guesses.spawn(async move { home.try_sign_in(&email, "a guess", &client, NOW).await });
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
    let mut home = Home::new(db);
    home.limits.attempts_per_address = 3;
    for n in 1..=5 {
        let client = Client {
            ip: Some(Ipv6Addr::new(0x2001, 0xdb8, 0, 7, n, n, n, n).into()),
            user_agent: String::new(),
        };
        let guess = home
            .try_sign_in(&format!("{n}@example.com"), "a guess", &client, NOW)
            .await;
        let refused = matches!(guess, Err(SignInError::RateLimited(_)));
        assert_eq!(refused, n > 3, "{guess:?}");
    }
}

/// Fails ten times, as often as one may.
async fn use_up(home: &Home, who: &Person) {
    for _ in 0..10 {
        let guess = home
            .try_sign_in(&who.email, "a guess", &browser(66), NOW)
            .await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
}

fn locked_out(attempt: &Result<CompletedSignIn, SignInError>) -> bool {
    matches!(attempt, Err(SignInError::RateLimited(_)))
}

async fn failures_are_still_counted_after_a_restart(db: Db) {
    let mut home = Home::new(db);
    let ada = home.person("Ada").await;
    use_up(&home, &ada).await;
    let url = databases::url_of(&home.db);
    home.db.close().await;
    home.db = Db::open(&url).await.unwrap();
    let right = home
        .try_sign_in(&ada.email, PASSWORD, &browser(1), after(SECOND))
        .await;
    assert!(locked_out(&right), "{right:?}");
    home.db.close().await;
}

async fn failures_are_forgotten_when_their_window_is_over(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    use_up(&home, &ada).await;
    let window = home.limits.attempt_window;
    let early = after(window.saturating_sub(Duration::from_millis(1)));
    let early = home
        .try_sign_in(&ada.email, PASSWORD, &browser(1), early)
        .await;
    let Err(SignInError::RateLimited(wait)) = early else {
        panic!("{early:?}")
    };
    assert_eq!(wait.retry_after, Duration::from_millis(1));
    home.try_sign_in(&ada.email, PASSWORD, &browser(1), after(window))
        .await
        .unwrap();
}

async fn a_success_forgives(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for _ in 0..3 {
        for _ in 0..9 {
            let guess = home
                .try_sign_in(&ada.email, "a guess", &browser(1), NOW)
                .await;
            assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
        }
        home.sign_in(&ada, NOW).await;
    }
    // The address keeps the failures, and has its places back for the successes.
    let of_address = "select failures from rate_limits where subject = 'address:192.0.2.1'";
    assert_eq!(databases::number(&home.db, of_address).await, 27);
}

async fn sign_in_on(
    home: &Home,
    who: &Person,
    known: &CompletedSignIn,
    password: &str,
) -> Result<CompletedSignIn, SignInError> {
    let password = secret(password);
    let credentials = Credentials {
        email: &who.email,
        password: &password,
        remember_me: false,
        known_device: Some(&known.known_device),
        next: "/",
    };
    let (db, limits, stranger) = (&home.db, &home.limits, browser(66));
    sign_in(
        db,
        &home.keys,
        &home.hasher,
        limits,
        credentials,
        &stranger,
        NOW,
    )
    .await
    .map(complete_sign_in)
}

async fn a_known_device_gets_in_while_a_stranger_has_used_every_attempt_up(db: Db) {
    let mut home = Home::new(db);
    home.limits.attempts_per_address = 10;
    let ada = home.person("Ada").await;
    let known = home.sign_in(&ada, NOW).await;
    // The stranger sits behind the same address.
    use_up(&home, &ada).await;
    let unknown = home
        .try_sign_in(&ada.email, PASSWORD, &browser(66), NOW)
        .await;
    assert!(locked_out(&unknown), "{unknown:?}");

    let entered = sign_in_on(&home, &ada, &known, PASSWORD).await.unwrap();
    assert!(home.is_live(&entered.session.token, NOW).await);
    // A known device has a limit too, and it is its own.
    for _ in 0..10 {
        let guess = sign_in_on(&home, &ada, &known, "a guess").await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }
    assert!(locked_out(&sign_in_on(&home, &ada, &known, PASSWORD).await));
}

async fn a_known_device_of_somebody_else_is_a_stranger(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let eve = home.person("Eve").await;
    let eves = home.sign_in(&eve, NOW).await;
    use_up(&home, &ada).await;
    assert!(locked_out(&sign_in_on(&home, &ada, &eves, PASSWORD).await));
}
