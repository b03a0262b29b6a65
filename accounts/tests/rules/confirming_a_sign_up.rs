//! Signing up where the mailbox has to be shown first: the email, its link, and that no stranger learns from it
//! which addresses have an account.

use accounts::{
    db::Db,
    emails::EmailTemplate,
    ids::UserId,
    members,
    plans::Plan,
    rate_limits::RateLimited,
    secret::Token,
    sign_up::{
        self, ConfirmError, Confirmation, FirstUser, Opening, Policy, SignUp, ask, confirm, waiting,
    },
    time::Moment,
    users::{self, NewUser, UserError, id_of_email},
};
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    emails::{lease, send},
    new_address,
    test_app::{NOW, PASSWORD, SECOND, TestApp, after, browser, secret},
};

on_both!(
    no_user_is_created_before_link_and_password_have_come_together,
    a_known_address_takes_the_same_steps_and_its_user_is_told,
    a_link_is_good_once_and_for_half_an_hour,
    one_link_used_32_times_at_once_creates_one_user,
    of_two_sign_ups_with_one_address_the_first_to_confirm_has_it,
    passwords_tried_with_a_link_are_limited,
    emails_to_one_mailbox_are_limited,
    a_sign_up_that_is_closed_meanwhile_creates_no_user,
);

const EMAIL: &str = "eve@example.com";

fn policy(sign_up: SignUp) -> Policy<'static> {
    Policy {
        sign_up,
        plan: Plan::Pro,
        first: FirstUser::AtTheMachine,
    }
}

async fn request_link(app: &TestApp, email: &str, now: Moment) -> Result<(), UserError> {
    let password = secret(PASSWORD);
    let new = NewUser {
        name: "Eve",
        email,
        password: &password,
    };
    ask(app, &browser(3), now, &policy(SignUp::Open), new).await
}

/// Sends the next email. Returns to whom, what about, and its link's token.
async fn send_next(app: &TestApp, now: Moment) -> (String, EmailTemplate, Token) {
    let due = lease(app, now).await.expect("an email");
    send(app, &due, now).await;
    (due.to, due.email.template, due.token.unwrap())
}

/// Asks for a link, and takes it out of the email.
pub async fn link(app: &TestApp, email: &str, now: Moment) -> Token {
    request_link(app, email, now).await.unwrap();
    let (to, template, token) = send_next(app, now).await;
    assert_eq!(
        (to.as_str(), template),
        (email, EmailTemplate::ConfirmSignUp)
    );
    token
}

async fn confirmed(
    app: &TestApp,
    link: &Token,
    password: &str,
    now: Moment,
) -> Result<UserId, ConfirmError> {
    confirmed_under(SignUp::Open, app, link, password, now).await
}

async fn confirmed_under(
    sign_up: SignUp,
    app: &TestApp,
    link: &Token,
    password: &str,
    now: Moment,
) -> Result<UserId, ConfirmError> {
    let password = secret(password);
    let confirmation = Confirmation {
        link,
        password: &password,
    };
    confirm(app, &browser(4), now, &policy(sign_up), confirmation).await
}

async fn count_users(app: &TestApp) -> usize {
    let mut reader = app.read(NOW).await;
    members::everyone(&mut reader, "").await.unwrap().len()
}

async fn no_user_is_created_before_link_and_password_have_come_together(db: Db) {
    let app = TestApp::new(db);
    let link = link(&app, EMAIL, NOW).await;
    assert_eq!(count_users(&app).await, 0);
    let sign_in = app.try_sign_in(EMAIL, PASSWORD, &browser(3), NOW).await;
    assert!(sign_in.is_err());
    // A stranger who typed the address of another user knows the password and has no link; the user who has the
    // mailbox does not know the password.
    let guessed = confirmed(&app, &Token::random(), PASSWORD, NOW).await;
    assert!(matches!(guessed, Err(ConfirmError::Expired)), "{guessed:?}");
    let wrong = confirmed(&app, &link, "not this one, is it", NOW).await;
    assert!(matches!(wrong, Err(ConfirmError::Wrong)), "{wrong:?}");
    assert_eq!(count_users(&app).await, 0);

    let user = confirmed(&app, &link, PASSWORD, NOW).await.unwrap();
    let mut reader = app.read(NOW).await;
    let found = id_of_email(&mut reader, EMAIL).await.unwrap();
    assert_eq!(found, Some(user.clone()));
    let created = users::find(&mut reader, &user).await.unwrap();
    assert_eq!(created.unwrap().plan, Plan::Pro);
    drop(reader);
    app.try_sign_in(EMAIL, PASSWORD, &browser(3), NOW)
        .await
        .unwrap();
}

async fn a_known_address_takes_the_same_steps_and_its_user_is_told(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let rows = "select (select count(*) from emails) * 100 + (select count(*) from sign_ups)";
    let mut counted = Vec::new();
    for (email, at) in [(ada.email.as_str(), NOW), (EMAIL, after(SECOND))] {
        let before = databases::number(&app.db, rows).await;
        request_link(&app, email, at).await.unwrap();
        counted.push(databases::number(&app.db, rows).await - before);
    }
    assert_eq!(counted, [101, 101]);
    let (to, template, token) = send_next(&app, NOW).await;
    assert_eq!(
        (to, template),
        (ada.email.clone(), EmailTemplate::AlreadyHere)
    );
    // That email does not show its link; if it did, the link would open nothing.
    let refused = confirmed(&app, &token, PASSWORD, NOW).await;
    assert!(matches!(refused, Err(ConfirmError::Expired)), "{refused:?}");
    assert_eq!(count_users(&app).await, 1);
}

async fn a_link_is_good_once_and_for_half_an_hour(db: Db) {
    let app = TestApp::new(db);
    let old = link(&app, EMAIL, NOW).await;
    let late = after(app.limits.email_link);
    let refused = confirmed(&app, &old, PASSWORD, late).await;
    assert!(matches!(refused, Err(ConfirmError::Expired)), "{refused:?}");

    let fresh = link(&app, EMAIL, late).await;
    let mut reader = app.read(late).await;
    assert!(waiting(&mut reader, &fresh).await.unwrap().is_some());
    drop(reader);
    confirmed(&app, &fresh, PASSWORD, late).await.unwrap();
    let again = confirmed(&app, &fresh, PASSWORD, late).await;
    assert!(matches!(again, Err(ConfirmError::Expired)), "{again:?}");
    // Nor when the address is free again, because its user has another one.
    let entered = app.try_sign_in(EMAIL, PASSWORD, &browser(3), late).await;
    let change = new_address::link_of(&app, &entered.unwrap().session.token, late).await;
    new_address::use_link(&app, &change, late).await.unwrap();
    let again = confirmed(&app, &fresh, PASSWORD, late).await;
    assert!(matches!(again, Err(ConfirmError::Expired)), "{again:?}");
    assert_eq!(count_users(&app).await, 1);
}

async fn one_link_used_32_times_at_once_creates_one_user(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_user = 100;
    let link = link(&app, EMAIL, NOW).await;
    let mut clicks = JoinSet::new();
    for _ in 0..32 {
        let (app, link) = (app.clone(), link.clone());
        clicks.spawn(async move { confirmed(&app, &link, PASSWORD, NOW).await });
    }
    let answers = clicks.join_all().await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    let expired = |a: &&Result<UserId, ConfirmError>| matches!(a, Err(ConfirmError::Expired));
    assert_eq!(answers.iter().filter(expired).count(), 31, "{answers:?}");
    assert_eq!(count_users(&app).await, 1);
}

async fn of_two_sign_ups_with_one_address_the_first_to_confirm_has_it(db: Db) {
    let app = TestApp::new(db);
    let first = link(&app, EMAIL, NOW).await;
    let second = link(&app, EMAIL, NOW).await;
    confirmed(&app, &second, PASSWORD, NOW).await.unwrap();
    let late = confirmed(&app, &first, PASSWORD, NOW).await;
    assert!(matches!(late, Err(ConfirmError::Expired)), "{late:?}");
}

async fn passwords_tried_with_a_link_are_limited(db: Db) {
    let app = TestApp::new(db);
    let link = link(&app, EMAIL, NOW).await;
    for _ in 0..app.limits.attempts_per_user {
        let wrong = confirmed(&app, &link, "not this one, is it", NOW).await;
        assert!(matches!(wrong, Err(ConfirmError::Wrong)), "{wrong:?}");
    }
    let refused = confirmed(&app, &link, PASSWORD, NOW).await;
    let Err(ConfirmError::RateLimited(RateLimited { retry_after })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(retry_after, app.limits.attempt_window);
    let later = after(app.limits.attempt_window + SECOND);
    confirmed(&app, &link, PASSWORD, later).await.unwrap();
}

async fn emails_to_one_mailbox_are_limited(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for email in [ada.email.as_str(), EMAIL] {
        for _ in 0..app.limits.attempts_per_user {
            request_link(&app, email, NOW).await.unwrap();
        }
        let refused = request_link(&app, email, NOW).await;
        assert!(
            matches!(refused, Err(UserError::RateLimited(_))),
            "{refused:?}"
        );
    }
    // A stranger's sign-ups do not keep the user from a new password.
    crate::forgotten_password::link(&app, &ada.email, NOW).await;
}

async fn a_sign_up_that_is_closed_meanwhile_creates_no_user(db: Db) {
    let app = TestApp::new(db);
    let link = link(&app, EMAIL, NOW).await;
    let refused = confirmed_under(SignUp::Closed, &app, &link, PASSWORD, NOW).await;
    assert!(matches!(refused, Err(ConfirmError::Closed)), "{refused:?}");
    let mut reader = app.read(NOW).await;
    let opening = sign_up::opening(&mut reader, SignUp::Closed).await;
    assert_eq!(opening.unwrap(), Opening::Closed);
    drop(reader);
    assert_eq!(count_users(&app).await, 0);
}
