//! A user deletes their own account.

use accounts::{db::Db, members::MemberError, roles::Role, sign_in::SignInError};

use crate::test_app::{NOW, TestApp, browser};

on_both!(a_user_leaves_and_the_last_one_takes_the_account_along);

async fn a_user_leaves_and_the_last_one_takes_the_account_along(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Member).await;
    let ben_in = app.sign_in_now(&ben).await;
    for wrong in ["", "ben", "ada@example.com", "ben@example.com.evil"] {
        let refused = app.leave(&ben_in, wrong).await;
        assert!(
            matches!(refused, Err(MemberError::NotConfirmed)),
            "{refused:?}"
        );
    }
    let left = app.leave(&ben_in, " Ben@Example.com ").await.unwrap();
    assert!(!left.whole_account);
    assert_eq!(app.events(&ben, "member.removed").await, 1);
    let link = app.invite(&ada_in, Role::Member, NOW).await.unwrap();
    let left = app.leave(&ada_in, &ada.email).await.unwrap();
    assert!(left.whole_account);
    assert!(app.join(&link.token, "Cleo", NOW).await.is_err());
    let refused = app
        .try_sign_in(&ada.email, &ada.password, &browser(7), NOW)
        .await;
    assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
    // The email is free again.
    app.user("Ada").await;
}
