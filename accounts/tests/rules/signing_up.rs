//! Who may sign up, and as what.

use accounts::{
    db::Db,
    plans::Plan,
    sign_up::{self, NewUser, SignUp},
    users::{self, Role, UserError, UserId},
};

use crate::{
    home::{Home, NOW, PASSWORD, browser, secret},
    profile::fields,
};

on_both!(
    the_first_user_owns_a_new_account_and_only_the_first_gets_in,
    nobody_signs_up_when_it_is_closed,
    anybody_signs_up_when_it_is_open_but_each_email_once,
    two_first_users_at_once_are_one_first_user,
    a_bad_field_is_named_and_leaves_nothing_behind,
    one_address_signs_up_so_many_and_no_more,
    one_mailbox_has_one_spelling,
);

async fn sign_up(
    home: &Home,
    policy: SignUp,
    email: &str,
    password: &str,
) -> Result<UserId, UserError> {
    let password = secret(password);
    let new = NewUser {
        name: " Ada Lovelace ",
        email,
        password: &password,
        plan: Plan::Pro,
    };
    sign_up::sign_up(
        &home.db,
        &home.hasher,
        policy,
        &home.limits,
        new,
        &browser(1),
        NOW,
    )
    .await
}

async fn the_first_user_owns_a_new_account_and_only_the_first_gets_in(db: Db) {
    let home = Home::new(db);
    let mut conn = home.db.read().await.unwrap();
    assert!(!users::any_user(&mut conn).await.unwrap());
    let id = sign_up(&home, SignUp::First, "Ada@Example.com", PASSWORD)
        .await
        .unwrap();

    let ada = users::find(&mut conn, &id).await.unwrap().unwrap();
    assert_eq!(
        (ada.name.as_str(), ada.email.as_str()),
        ("Ada Lovelace", "ada@example.com")
    );
    assert_eq!(
        (ada.role, ada.plan, ada.username),
        (Role::Owner, Plan::Pro, None)
    );
    assert_eq!(ada.account_name, "Ada Lovelace’s account");
    assert!(users::any_user(&mut conn).await.unwrap());

    assert!(
        !sign_up::sign_up_open(&mut conn, SignUp::First)
            .await
            .unwrap()
    );
    let second = sign_up(&home, SignUp::First, "ben@example.com", PASSWORD).await;
    assert!(matches!(second, Err(UserError::Closed)), "{second:?}");
}

async fn nobody_signs_up_when_it_is_closed(db: Db) {
    let home = Home::new(db);
    let refused = sign_up(&home, SignUp::Closed, "ada@example.com", PASSWORD).await;
    assert!(matches!(refused, Err(UserError::Closed)), "{refused:?}");
    assert!(
        !users::any_user(&mut home.db.read().await.unwrap())
            .await
            .unwrap()
    );
}

async fn anybody_signs_up_when_it_is_open_but_each_email_once(db: Db) {
    let home = Home::new(db);
    sign_up(&home, SignUp::Open, "ada@example.com", PASSWORD)
        .await
        .unwrap();
    sign_up(&home, SignUp::Open, "ben@example.com", PASSWORD)
        .await
        .unwrap();
    let again = sign_up(&home, SignUp::Open, " ADA@example.COM", PASSWORD).await;
    assert_eq!(fields(&again), ["email"], "{again:?}");
    let mut conn = home.db.read().await.unwrap();
    let ada = users::id_of_email(&mut conn, "ADA@EXAMPLE.com")
        .await
        .unwrap();
    assert!(ada.is_some());
}

async fn two_first_users_at_once_are_one_first_user(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = tokio::join!(
        sign_up(&home, SignUp::First, "ada@example.com", PASSWORD),
        sign_up(&home, SignUp::First, "ben@example.com", PASSWORD),
    );
    let refused = match (ada, ben) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("one is first: {both:?}"),
    };
    assert!(matches!(refused, UserError::Closed), "{refused:?}");
}

async fn one_address_signs_up_so_many_and_no_more(db: Db) {
    let mut home = Home::new(db);
    home.limits.sign_ups_per_address = 3;
    for n in 0..3 {
        sign_up(&home, SignUp::Open, &format!("{n}@example.com"), PASSWORD)
            .await
            .unwrap();
    }
    let refused = sign_up(&home, SignUp::Open, "ada@example.com", PASSWORD).await;
    assert!(
        matches!(refused, Err(UserError::RateLimited(_))),
        "{refused:?}"
    );
}

async fn one_mailbox_has_one_spelling(db: Db) {
    let home = Home::new(db);
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
        let refused = sign_up(&home, SignUp::Open, other, PASSWORD).await;
        assert_eq!(fields(&refused), ["email"], "{other}: {refused:?}");
    }
    sign_up(&home, SignUp::Open, "ada.king+curfew@exämple.com", PASSWORD)
        .await
        .unwrap();
}

async fn a_bad_field_is_named_and_leaves_nothing_behind(db: Db) {
    let home = Home::new(db);
    let email = sign_up(&home, SignUp::Open, "ada", PASSWORD).await;
    assert_eq!(fields(&email), ["email"], "{email:?}");
    let short = sign_up(&home, SignUp::Open, "ada@example.com", "kZ8#q").await;
    assert_eq!(fields(&short), ["password"], "{short:?}");
    assert!(matches!(&short, Err(UserError::Fields(wrong)) if wrong[0].1.contains("8 characters")));
    let weak = sign_up(&home, SignUp::Open, "ada@example.com", "adalovelace").await;
    assert_eq!(fields(&weak), ["password"], "{weak:?}");
    let all = sign_up(&home, SignUp::Open, "ada", "kZ8#q").await;
    assert_eq!(fields(&all), ["email", "password"], "{all:?}");
    assert!(
        !users::any_user(&mut home.db.read().await.unwrap())
            .await
            .unwrap()
    );
}
