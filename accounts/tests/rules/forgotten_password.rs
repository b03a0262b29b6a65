//! A forgotten password: the link by mail and what it may do.

use accounts::{
    db::Db,
    emails::{self, EmailTemplate},
    rate_limits::RateLimited,
    reset_password::{RequestError, Reset, ResetError, request, reset},
    secret::Token,
    sessions::{By, EndReason},
    sign_in::SignInError,
    time::Moment,
};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{Home, NOW, PASSWORD, Person, SECOND, after, browser, secret},
};

on_both!(
    a_link_sets_a_new_password_once_and_signs_nobody_in,
    a_link_dies_with_a_remote_logout_a_change_of_password_and_after_pending_an_hour,
    an_unknown_address_leaves_the_same_rows_and_no_email,
    one_link_used_32_times_at_once_works_once,
    emails_to_one_mailbox_are_limited_whether_anybody_has_it_or_not,
    a_weak_password_is_refused_and_the_link_is_still_good,
    a_link_does_not_tell_which_password_one_had,
    whoever_was_locked_out_by_wrong_passwords_gets_in_with_the_new_one,
);

const NEW: &str = "nine quiet herons over the canal";

/// Asks for a link, and takes it out of the email.
pub async fn link(home: &Home, email: &str, now: Moment) -> Token {
    ask(home, email, now).await.unwrap();
    next_link(home, now).await.unwrap()
}

async fn ask(home: &Home, email: &str, now: Moment) -> Result<(), RequestError> {
    request(&home.db, &home.keys, &home.limits, email, &browser(5), now).await
}

/// The link of the next email that has one, but for those about a new device.
pub async fn next_link(home: &Home, now: Moment) -> Option<Token> {
    loop {
        let mut tx = home.db.write().await.unwrap();
        let due = emails::lease(&mut tx, &home.keys, now).await.unwrap()?;
        emails::sent(&mut tx, &due, now).await.unwrap();
        tx.commit().await.unwrap();
        if due.token.is_some() && due.email.template != EmailTemplate::NewDevice {
            return due.token;
        }
    }
}

async fn set(home: &Home, link: &Token, new: &str, now: Moment) -> Result<Reset, ResetError> {
    let (db, hasher, limits) = (&home.db, &home.hasher, &home.limits);
    reset(db, hasher, limits, link, &secret(new), &browser(5), now).await
}

async fn enter(home: &Home, who: &Person, password: &str, now: Moment) -> Result<(), SignInError> {
    home.try_sign_in(&who.email, password, &browser(6), now)
        .await
        .map(|_| ())
}

async fn a_link_sets_a_new_password_once_and_signs_nobody_in(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let there = home.sign_in_remembered(&ada, NOW).await;
    let link = link(&home, " ADA@example.com ", NOW).await;
    assert!(home.is_live(&there.session.token, NOW).await);

    // Somebody may know the old one: that is why there is to be a new one.
    let same = set(&home, &link, PASSWORD, NOW).await;
    assert!(matches!(same, Err(ResetError::Same)), "{same:?}");
    assert!(home.is_live(&there.session.token, NOW).await);
    let ended = set(&home, &link, NEW, NOW).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (1, 1));
    let why = home.why_dead(&there.session.token, NOW).await;
    assert_eq!(why, EndReason::PasswordChanged);
    assert!(home.list(&ada, NOW).await.is_empty());
    assert!(enter(&home, &ada, PASSWORD, NOW).await.is_err());
    enter(&home, &ada, NEW, NOW).await.unwrap();
    let again = set(&home, &link, PASSWORD, NOW).await;
    assert!(matches!(again, Err(ResetError::Expired)), "{again:?}");
    assert_eq!(home.events(&ada, "user.password_changed").await, 1);
    assert_eq!(home.events(&ada, "user.password_reset_requested").await, 1);
}

async fn a_link_dies_with_a_remote_logout_a_change_of_password_and_after_pending_an_hour(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let is_over = async |link: &Token, now| {
        let refused = set(&home, link, NEW, now).await;
        assert!(matches!(refused, Err(ResetError::Expired)), "{refused:?}");
        home.sign_in(&ada, now).await
    };
    let old = link(&home, &ada.email, NOW).await;
    let here = is_over(&old, after(1_800 * SECOND)).await;

    let now = after(3_600 * SECOND);
    let logged_out = link(&home, &ada.email, now).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), now)
        .await
        .unwrap();
    let here = is_over(&logged_out, now).await;

    let changed = link(&home, &ada.email, now).await;
    let who = home.signed_in(&here.session.token, now).await;
    home.change_password(&who, PASSWORD, NEW, now)
        .await
        .unwrap();
    let refused = set(&home, &changed, PASSWORD, now).await;
    assert!(matches!(refused, Err(ResetError::Expired)), "{refused:?}");
    let nonsense = set(&home, &Token::random(), NEW, now).await;
    assert!(matches!(nonsense, Err(ResetError::Expired)), "{nonsense:?}");
}

async fn an_unknown_address_leaves_the_same_rows_and_no_email(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let rows = "select (select count(*) from emails) * 100 + (select count(*) from email_links)";
    let mut counted = Vec::new();
    for email in [ada.email.as_str(), "nobody@example.com"] {
        let before = databases::number(&home.db, rows).await;
        ask(&home, email, NOW).await.unwrap();
        counted.push(databases::number(&home.db, rows).await - before);
    }
    assert_eq!(counted, [101, 101]);
    assert!(next_link(&home, NOW).await.is_some());
    assert!(next_link(&home, NOW).await.is_none());
    let malformed = ask(&home, "nobody", NOW).await;
    assert!(
        matches!(malformed, Err(RequestError::Email(_))),
        "{malformed:?}"
    );
}

async fn one_link_used_32_times_at_once_works_once(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let link = link(&home, &ada.email, NOW).await;
    let mut tries = JoinSet::new();
    for n in 0..32 {
        let (home, link) = (home.clone(), link.clone());
        tries.spawn(async move { set(&home, &link, &format!("{NEW} {n}"), NOW).await });
    }
    let done = tries.join_all().await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1);
    assert_eq!(home.events(&ada, "user.password_changed").await, 1);
    assert_eq!(home.epoch(&ada).await, 2);
}

async fn emails_to_one_mailbox_are_limited_whether_anybody_has_it_or_not(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for email in [ada.email.as_str(), "nobody@example.com"] {
        for _ in 0..10 {
            ask(&home, email, NOW).await.unwrap();
        }
        match ask(&home, email, NOW).await {
            Err(RequestError::RateLimited(RateLimited { retry_after })) => {
                assert_eq!(retry_after.as_secs(), 15 * 60);
            }
            other => panic!("{other:?}"),
        }
    }
    // Nobody is kept from signing in by it.
    home.sign_in(&ada, NOW).await;
}

async fn a_weak_password_is_refused_and_the_link_is_still_good(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let link = link(&home, &ada.email, NOW).await;
    for weak in ["", "short", "password1", "ada@example.com"] {
        let refused = set(&home, &link, weak, NOW).await;
        assert!(
            matches!(refused, Err(ResetError::Unacceptable(_))),
            "{refused:?}"
        );
    }
    set(&home, &link, NEW, NOW).await.unwrap();
}

async fn whoever_was_locked_out_by_wrong_passwords_gets_in_with_the_new_one(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for _ in 0..10 {
        let _ = enter(&home, &ada, "a guess", NOW).await;
    }
    let refused = enter(&home, &ada, PASSWORD, NOW).await;
    assert!(
        matches!(refused, Err(SignInError::RateLimited(_))),
        "{refused:?}"
    );
    let link = link(&home, &ada.email, NOW).await;
    set(&home, &link, NEW, NOW).await.unwrap();
    enter(&home, &ada, NEW, NOW).await.unwrap();
}

async fn a_link_does_not_tell_which_password_one_had(db: Db) {
    let mut home = Home::new(db);
    home.limits.attempts_per_user = 3;
    let ada = home.person("Ada").await;
    let guessed = link(&home, &ada.email, NOW).await;
    for _ in 0..3 {
        let guess = set(&home, &guessed, "password1", NOW).await;
        assert!(
            matches!(guess, Err(ResetError::Unacceptable(_))),
            "{guess:?}"
        );
    }
    let right = set(&home, &guessed, PASSWORD, NOW).await;
    assert!(
        matches!(right, Err(ResetError::RateLimited(_))),
        "{right:?}"
    );
    // Nobody else's link is used up by that.
    let other = link(&home, &ada.email, NOW).await;
    set(&home, &other, NEW, NOW).await.unwrap();
}
