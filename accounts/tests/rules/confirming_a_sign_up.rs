//! Signing up where the mailbox has to be shown first: the email, its link, and what nobody learns.

use accounts::{
    db::Db,
    emails::{self, EmailTemplate},
    plans::Plan,
    rate_limits::RateLimited,
    secret::Token,
    sign_up::{self, ConfirmError, NewUser, SignUp, ask, confirm, waiting},
    time::Moment,
    users::{UserError, UserId, id_of_email},
};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{Home, NOW, PASSWORD, SECOND, after, browser, secret},
};

on_both!(
    nobody_is_made_before_link_and_password_have_come_together,
    a_known_address_takes_the_same_steps_and_its_user_is_told,
    a_link_is_good_once_and_for_pending_an_hour,
    one_link_used_32_times_at_once_makes_one_user,
    of_two_sign_ups_with_one_address_the_first_to_confirm_has_it,
    passwords_tried_with_a_link_are_limited,
    emails_to_one_mailbox_are_limited,
    a_sign_up_that_is_closed_meanwhile_makes_nobody,
);

const EMAIL: &str = "eve@example.com";

async fn wants_in(home: &Home, email: &str, now: Moment) -> Result<(), UserError> {
    let password = secret(PASSWORD);
    let new = NewUser {
        name: "Eve",
        email,
        password: &password,
        plan: Plan::Pro,
    };
    let (db, keys, hasher, limits) = (&home.db, &home.keys, &home.hasher, &home.limits);
    ask(
        db,
        keys,
        hasher,
        SignUp::Open,
        limits,
        new,
        &browser(3),
        now,
    )
    .await
}

/// The next email: to whom, what about, and its link's token.
async fn next_letter(home: &Home, now: Moment) -> (String, EmailTemplate, Token) {
    let mut tx = home.db.write().await.unwrap();
    let due = emails::lease(&mut tx, &home.keys, now).await.unwrap();
    let due = due.expect("a email");
    emails::sent(&mut tx, &due, now).await.unwrap();
    tx.commit().await.unwrap();
    (due.to, due.email.template, due.token.unwrap())
}

/// Asks for a link, and takes it out of the email.
pub async fn link(home: &Home, email: &str, now: Moment) -> Token {
    wants_in(home, email, now).await.unwrap();
    let (to, template, token) = next_letter(home, now).await;
    assert_eq!(
        (to.as_str(), template),
        (email, EmailTemplate::ConfirmSignUp)
    );
    token
}

async fn confirmed(
    home: &Home,
    link: &Token,
    password: &str,
    now: Moment,
) -> Result<UserId, ConfirmError> {
    confirmed_under(SignUp::Open, home, link, password, now).await
}

async fn confirmed_under(
    policy: SignUp,
    home: &Home,
    link: &Token,
    password: &str,
    now: Moment,
) -> Result<UserId, ConfirmError> {
    let (db, hasher, limits) = (&home.db, &home.hasher, &home.limits);
    let password = secret(password);
    confirm(
        db,
        hasher,
        policy,
        limits,
        link,
        &password,
        &browser(4),
        now,
    )
    .await
}

async fn users(home: &Home) -> i64 {
    databases::number(&home.db, "select count(*) from users").await
}

async fn nobody_is_made_before_link_and_password_have_come_together(db: Db) {
    let home = Home::new(db);
    let link = link(&home, EMAIL, NOW).await;
    assert_eq!(users(&home).await, 0);
    let sign_in = home.try_sign_in(EMAIL, PASSWORD, &browser(3), NOW).await;
    assert!(sign_in.is_err());
    // Whoever typed the address of somebody else knows the password and has no link; who has the mailbox
    // does not know the password.
    let guessed = confirmed(&home, &Token::random(), PASSWORD, NOW).await;
    assert!(matches!(guessed, Err(ConfirmError::Expired)), "{guessed:?}");
    let wrong = confirmed(&home, &link, "not this one, is it", NOW).await;
    assert!(matches!(wrong, Err(ConfirmError::Wrong)), "{wrong:?}");
    assert_eq!(users(&home).await, 0);

    let user = confirmed(&home, &link, PASSWORD, NOW).await.unwrap();
    let mut conn = home.db.read().await.unwrap();
    assert_eq!(
        id_of_email(&mut conn, EMAIL).await.unwrap(),
        Some(user.clone())
    );
    let plan = accounts::users::find(&mut conn, &user).await.unwrap();
    assert_eq!(plan.unwrap().plan, Plan::Pro);
    drop(conn);
    home.try_sign_in(EMAIL, PASSWORD, &browser(3), NOW)
        .await
        .unwrap();
}

async fn a_known_address_takes_the_same_steps_and_its_user_is_told(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let rows = "select (select count(*) from emails) * 100 + (select count(*) from sign_ups)";
    let mut counted = Vec::new();
    for (email, at) in [(ada.email.as_str(), NOW), (EMAIL, after(SECOND))] {
        let before = databases::number(&home.db, rows).await;
        wants_in(&home, email, at).await.unwrap();
        counted.push(databases::number(&home.db, rows).await - before);
    }
    assert_eq!(counted, [101, 101]);
    let (to, template, token) = next_letter(&home, NOW).await;
    assert_eq!(
        (to, template),
        (ada.email.clone(), EmailTemplate::AlreadyHere)
    );
    // Nobody is shown that link; if they were, it would open nothing.
    let over = confirmed(&home, &token, PASSWORD, NOW).await;
    assert!(matches!(over, Err(ConfirmError::Expired)), "{over:?}");
    assert_eq!(users(&home).await, 1);
}

async fn a_link_is_good_once_and_for_pending_an_hour(db: Db) {
    let home = Home::new(db);
    let old = link(&home, EMAIL, NOW).await;
    let late = after(home.limits.email_link);
    let over = confirmed(&home, &old, PASSWORD, late).await;
    assert!(matches!(over, Err(ConfirmError::Expired)), "{over:?}");

    let fresh = link(&home, EMAIL, late).await;
    let mut conn = home.db.read().await.unwrap();
    assert!(waiting(&mut conn, &fresh, late).await.unwrap().is_some());
    drop(conn);
    confirmed(&home, &fresh, PASSWORD, late).await.unwrap();
    let again = confirmed(&home, &fresh, PASSWORD, late).await;
    assert!(matches!(again, Err(ConfirmError::Expired)), "{again:?}");
    // Nor when the address is free again.
    databases::run(&home.db, "update users set email = 'countess@example.com'").await;
    let again = confirmed(&home, &fresh, PASSWORD, late).await;
    assert!(matches!(again, Err(ConfirmError::Expired)), "{again:?}");
    assert_eq!(users(&home).await, 1);
}

async fn one_link_used_32_times_at_once_makes_one_user(db: Db) {
    let mut home = Home::new(db);
    home.limits.attempts_per_user = 100;
    let link = link(&home, EMAIL, NOW).await;
    let mut clicks = JoinSet::new();
    for _ in 0..32 {
        let (home, link) = (home.clone(), link.clone());
        clicks.spawn(async move { confirmed(&home, &link, PASSWORD, NOW).await });
    }
    let answers = clicks.join_all().await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    let over = |a: &&Result<UserId, ConfirmError>| matches!(a, Err(ConfirmError::Expired));
    assert_eq!(answers.iter().filter(over).count(), 31, "{answers:?}");
    assert_eq!(users(&home).await, 1);
}

async fn of_two_sign_ups_with_one_address_the_first_to_confirm_has_it(db: Db) {
    let home = Home::new(db);
    let first = link(&home, EMAIL, NOW).await;
    let second = link(&home, EMAIL, NOW).await;
    confirmed(&home, &second, PASSWORD, NOW).await.unwrap();
    let late = confirmed(&home, &first, PASSWORD, NOW).await;
    assert!(matches!(late, Err(ConfirmError::Expired)), "{late:?}");
}

async fn passwords_tried_with_a_link_are_limited(db: Db) {
    let home = Home::new(db);
    let link = link(&home, EMAIL, NOW).await;
    for _ in 0..home.limits.attempts_per_user {
        let wrong = confirmed(&home, &link, "not this one, is it", NOW).await;
        assert!(matches!(wrong, Err(ConfirmError::Wrong)), "{wrong:?}");
    }
    let refused = confirmed(&home, &link, PASSWORD, NOW).await;
    let Err(ConfirmError::RateLimited(RateLimited { retry_after })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(retry_after, home.limits.attempt_window);
    let later = after(home.limits.attempt_window + SECOND);
    confirmed(&home, &link, PASSWORD, later).await.unwrap();
}

async fn emails_to_one_mailbox_are_limited(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for email in [ada.email.as_str(), EMAIL] {
        for _ in 0..home.limits.attempts_per_user {
            wants_in(&home, email, NOW).await.unwrap();
        }
        let refused = wants_in(&home, email, NOW).await;
        assert!(
            matches!(refused, Err(UserError::RateLimited(_))),
            "{refused:?}"
        );
    }
    // A stranger's sign-ups keep nobody from a new password.
    crate::forgotten_password::link(&home, &ada.email, NOW).await;
}

async fn a_sign_up_that_is_closed_meanwhile_makes_nobody(db: Db) {
    let home = Home::new(db);
    let link = link(&home, EMAIL, NOW).await;
    let refused = confirmed_under(SignUp::Closed, &home, &link, PASSWORD, NOW).await;
    assert!(matches!(refused, Err(ConfirmError::Closed)), "{refused:?}");
    let mut conn = home.db.read().await.unwrap();
    assert!(
        !sign_up::sign_up_open(&mut conn, SignUp::Closed)
            .await
            .unwrap()
    );
    drop(conn);
    assert_eq!(users(&home).await, 0);
}
