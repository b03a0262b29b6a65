//! Disabling and removing a member ends all they have at once.

use accounts::{
    audit,
    db::Db,
    end_reason::EndReason,
    members::{self, Disabled, MemberError},
    roles::Role,
    sign_in::SignInError,
};

use crate::test_app::{NOW, TestApp, browser};

on_both!(
    disabling_ends_everything_at_once_and_enabling_brings_nothing_back,
    removing_frees_the_email_and_keeps_the_name,
);

async fn disabling_ends_everything_at_once_and_enabling_brings_nothing_back(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Admin).await;
    let here = app.sign_in_remembered(&ben, NOW).await;
    let verified = app.check_password(&ben, NOW).await;
    app.give_token(&ben).await;
    let ben_in = app.signed_in(&here.session.token, NOW).await;
    let link = app.invite(&ben_in, Role::Member, NOW).await.unwrap();

    let ended = app.disable(&ada, &ben.id).await.unwrap();
    assert_eq!(
        (ended.sessions, ended.remembered_devices, ended.tokens),
        (1, 1, 1)
    );
    assert_eq!(
        app.end_reason(&here.session.token, NOW).await,
        EndReason::Disabled
    );
    assert_eq!(app.events(&ben, "member.disabled").await, 1);
    let refused = app
        .try_sign_in(&ben.email, &ben.password, &browser(7), NOW)
        .await;
    assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
    let completed = app.start_session(&ben, verified, false, NOW).await;
    assert!(
        matches!(completed, Err(SignInError::Conflict)),
        "{completed:?}"
    );
    assert!(app.join(&link.token, "Mallory", NOW).await.is_err());
    // Twice is once.
    let again = app.disable(&ada, &ben.id).await.unwrap();
    assert_eq!(again, Disabled::default());
    assert_eq!(app.events(&ben, "member.disabled").await, 1);

    app.enable(&ada, &ben.id).await.unwrap();
    assert_eq!(app.events(&ben, "member.enabled").await, 1);
    assert_eq!(
        app.end_reason(&here.session.token, NOW).await,
        EndReason::Disabled
    );
    assert_eq!(app.facts(&ben, NOW).await.api_tokens, 0);
    app.sign_in(&ben, NOW).await;
}

async fn removing_frees_the_email_and_keeps_the_name(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Member).await;
    let here = app.sign_in_remembered(&ben, NOW).await;
    app.give_token(&ben).await;
    let ended = app.remove(&ada, &ben.id).await.unwrap();
    assert_eq!(
        (ended.sessions, ended.remembered_devices, ended.tokens),
        (1, 1, 1)
    );
    assert_eq!(
        app.end_reason(&here.session.token, NOW).await,
        EndReason::Removed
    );
    assert_eq!(app.members_of(&ada).await, ["Ada"]);
    let mut conn = app.read(NOW).await;
    let all = members::users(&mut conn, &ada.user.account_id, 100).await;
    drop(conn);
    assert!(all.unwrap().contains(&(ben.id.clone(), "Ben".into())));

    // A removed member is neither enabled nor given a role.
    for again in [
        app.enable(&ada, &ben.id).await,
        app.change_role(&ada, &ben.id, Role::Admin).await,
    ] {
        assert!(matches!(again, Err(MemberError::NotFound)), "{again:?}");
    }
    // A new member with the same email is another user.
    let another = app.member(&ada, "Ben", Role::Member).await;
    assert_ne!(another.id, ben.id);
    app.sign_in(&another, NOW).await;
    assert!(app.sessions_of(&ben).await.is_empty());
    let verified = audit::verify(&mut *app.read(NOW).await).await;
    verified.unwrap().unwrap();
}
