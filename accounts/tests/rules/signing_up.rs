//! Who may sign up, and as what.

use accounts::{
    db::Db,
    ids::UserId,
    plans::Plan,
    roles::Role,
    sign_up::{self, FirstUser, Opening, Policy, SignUp},
    users::{self, NewUser, UserError},
};

use crate::{
    profile::fields,
    test_app::{NOW, PASSWORD, TestApp, browser, secret},
};

on_both!(
    the_first_user_owns_a_new_account_and_only_the_first_gets_in,
    no_user_signs_up_when_it_is_closed,
    anyone_signs_up_when_it_is_open_but_each_email_once,
    two_first_users_at_once_are_one_first_user,
    a_bad_field_is_named_and_leaves_nothing_behind,
    one_address_signs_up_so_many_and_no_more,
    one_mailbox_has_one_spelling,
);

async fn sign_up(
    app: &TestApp,
    sign_up: SignUp,
    email: &str,
    password: &str,
) -> Result<UserId, UserError> {
    let password = secret(password);
    let new = NewUser {
        name: " Ada Lovelace ",
        email,
        password: &password,
    };
    let policy = Policy {
        sign_up,
        plan: Plan::Pro,
        first: FirstUser::AtTheMachine,
    };
    sign_up::sign_up(app, &browser(1), NOW, &policy, new).await
}

async fn the_first_user_owns_a_new_account_and_only_the_first_gets_in(db: Db) {
    let app = TestApp::new(db);
    let mut reader = app.read(NOW).await;
    assert!(!users::any_user(&mut reader).await.unwrap());
    let id = sign_up(&app, SignUp::First, "Ada@Example.com", PASSWORD)
        .await
        .unwrap();

    let ada = users::find(&mut reader, &id).await.unwrap().unwrap();
    assert_eq!(
        (ada.name.as_str(), ada.email.as_str()),
        ("Ada Lovelace", "ada@example.com")
    );
    assert_eq!(
        (ada.role, ada.plan, ada.username),
        (Role::Owner, Plan::Pro, None)
    );
    assert_eq!(ada.account_name, "Ada Lovelace’s account");
    assert!(users::any_user(&mut reader).await.unwrap());

    let opening = sign_up::opening(&mut reader, SignUp::First).await;
    assert_eq!(opening.unwrap(), Opening::Closed);
    let second = sign_up(&app, SignUp::First, "ben@example.com", PASSWORD).await;
    assert!(matches!(second, Err(UserError::Closed)), "{second:?}");
}

async fn no_user_signs_up_when_it_is_closed(db: Db) {
    let app = TestApp::new(db);
    let refused = sign_up(&app, SignUp::Closed, "ada@example.com", PASSWORD).await;
    assert!(matches!(refused, Err(UserError::Closed)), "{refused:?}");
    let mut reader = app.read(NOW).await;
    assert!(!users::any_user(&mut reader).await.unwrap());
}

async fn anyone_signs_up_when_it_is_open_but_each_email_once(db: Db) {
    let app = TestApp::new(db);
    sign_up(&app, SignUp::Open, "ada@example.com", PASSWORD)
        .await
        .unwrap();
    sign_up(&app, SignUp::Open, "ben@example.com", PASSWORD)
        .await
        .unwrap();
    let again = sign_up(&app, SignUp::Open, " ADA@example.COM", PASSWORD).await;
    assert_eq!(fields(&again), ["email"], "{again:?}");
    let mut reader = app.read(NOW).await;
    let ada = users::id_of_email(&mut reader, "ADA@EXAMPLE.com").await;
    assert!(ada.unwrap().is_some());
}

async fn two_first_users_at_once_are_one_first_user(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = tokio::join!(
        sign_up(&app, SignUp::First, "ada@example.com", PASSWORD),
        sign_up(&app, SignUp::First, "ben@example.com", PASSWORD),
    );
    let refused = match (ada, ben) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("one is first: {both:?}"),
    };
    assert!(matches!(refused, UserError::Closed), "{refused:?}");
}

async fn one_address_signs_up_so_many_and_no_more(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.sign_ups_per_address = 3;
    for n in 0..3 {
        sign_up(&app, SignUp::Open, &format!("{n}@example.com"), PASSWORD)
            .await
            .unwrap();
    }
    let refused = sign_up(&app, SignUp::Open, "ada@example.com", PASSWORD).await;
    assert!(
        matches!(refused, Err(UserError::RateLimited(_))),
        "{refused:?}"
    );
}

async fn one_mailbox_has_one_spelling(db: Db) {
    let app = TestApp::new(db);
    for other in [
        "\"call me\"<ada@example.com>",
        "\"ada\"@example.com",
        "ada(me)@example.com",
        "ben@evil.example@example.com",
        "ada@example.com\u{200b}",
        "a\u{ad}da@example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada,ben@example.com",
        "ada@[127.0.0.1]",
    ] {
        let refused = sign_up(&app, SignUp::Open, other, PASSWORD).await;
        assert_eq!(fields(&refused), ["email"], "{other}: {refused:?}");
    }
    sign_up(&app, SignUp::Open, "ada.king+curfew@exämple.com", PASSWORD)
        .await
        .unwrap();
}

async fn a_bad_field_is_named_and_leaves_nothing_behind(db: Db) {
    let app = TestApp::new(db);
    let email = sign_up(&app, SignUp::Open, "ada", PASSWORD).await;
    assert_eq!(fields(&email), ["email"], "{email:?}");
    let short = sign_up(&app, SignUp::Open, "ada@example.com", "kZ8#q").await;
    assert_eq!(fields(&short), ["password"], "{short:?}");
    assert!(matches!(&short, Err(UserError::Fields(wrong)) if wrong[0].1.contains("8 characters")));
    let weak = sign_up(&app, SignUp::Open, "ada@example.com", "adalovelace").await;
    assert_eq!(fields(&weak), ["password"], "{weak:?}");
    let all = sign_up(&app, SignUp::Open, "ada", "kZ8#q").await;
    assert_eq!(fields(&all), ["email", "password"], "{all:?}");
    let mut reader = app.read(NOW).await;
    assert!(!users::any_user(&mut reader).await.unwrap());
}
