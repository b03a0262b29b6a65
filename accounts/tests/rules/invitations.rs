//! Invitations: one user each, for seven days, into the account and the role they were created for.

use accounts::{
    audit,
    db::Db,
    invitations::{self, InviteError, JoinError},
    members::{self, MemberError},
    plans::Plan,
    roles::Role,
    secret::Token,
    sessions::{By, SignedIn},
    time::Moment,
    users::UserError,
};
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    audit_chain::events_of,
    test_app::{DAY, NOW, PASSWORD, SECOND, TestApp, after, browser},
};

on_both!(
    a_user_with_the_link_joins_that_account_with_that_role,
    an_invitation_is_good_once_even_for_many_at_once,
    a_revoked_or_expired_invitation_lets_no_user_join,
    an_email_that_is_taken_is_said_and_the_invitation_stays_good,
    addresses_tried_with_an_invitation_are_limited,
    invitations_by_mail_from_one_account_are_limited,
    a_role_that_the_plan_has_lost_lets_no_user_join,
    an_invitation_is_worth_no_more_than_the_role_of_the_user_who_created_it,
    a_remote_logout_and_a_new_password_let_open_invitations_wait,
    a_waiting_invitation_is_confirmed_for_no_more_than_its_users_may_give_now,
    the_link_is_nowhere_in_the_database,
    open_invitations_are_listed,
);

async fn a_user_with_the_link_joins_that_account_with_that_role(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    for (name, role) in [
        ("Ben", Role::Admin),
        ("Cleo", Role::Editor),
        ("Dora", Role::Member),
        ("Eve", Role::WatchOnly),
        ("Finn", Role::Owner),
    ] {
        let invitation = app.invite(&ada, role, NOW).await.unwrap();
        let shown = invitations::look_up(&mut app.read(NOW).await, &invitation.token)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((shown.invited_by.as_str(), shown.role), ("Ada", role));
        let user = app.join(&invitation.token, name, NOW).await.unwrap();
        let who = app.sign_in_now(&user).await;
        assert_eq!(who.user.role, role);
        assert_eq!(who.user.account_id, ada.user.account_id);
        assert_eq!(app.events(&user, "member.joined").await, 1);
    }
    let verified = audit::verify(&mut *app.read(NOW).await).await;
    verified.unwrap().unwrap();
}

async fn an_invitation_is_good_once_even_for_many_at_once(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let invitation = app.invite(&ada, Role::Member, NOW).await.unwrap();
    let mut joining = JoinSet::new();
    for n in 0..20 {
        let (app, token) = (app.clone(), invitation.token.clone());
        joining.spawn(async move { app.join(&token, &format!("User{n}"), NOW).await.is_ok() });
    }
    let joined = joining.join_all().await.into_iter().filter(|ok| *ok);
    assert_eq!(joined.count(), 1);
    let everyone = members::everyone(&mut *app.read(NOW).await, "").await;
    assert_eq!(everyone.unwrap().len(), 2);
}

async fn assert_lets_no_user_join(app: &TestApp, link: &Token, now: Moment) {
    let refused = app.join(link, "Mallory", now).await;
    assert!(
        matches!(refused, Err(JoinError::NoSuchInvitation)),
        "{refused:?}"
    );
    let shown = invitations::look_up(&mut app.read(now).await, link).await;
    assert!(shown.unwrap().is_none());
}

async fn a_revoked_or_expired_invitation_lets_no_user_join(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let revoked = app.invite(&ada, Role::Member, NOW).await.unwrap();
    app.revoke(&ada, &revoked.id, NOW).await.unwrap();
    assert_lets_no_user_join(&app, &revoked.token, NOW).await;
    assert!(app.revoke(&ada, &revoked.id, NOW).await.is_err());

    let expires = app.invite(&ada, Role::Member, NOW).await.unwrap();
    assert_lets_no_user_join(&app, &expires.token, after(7 * DAY)).await;
    app.join(&expires.token, "Ben", after(6 * DAY + 86_399 * SECOND))
        .await
        .unwrap();
    assert_lets_no_user_join(&app, &expires.token, NOW).await;
    assert_lets_no_user_join(&app, &Token::random(), NOW).await;
}

async fn an_email_that_is_taken_is_said_and_the_invitation_stays_good(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let (_, other) = app.owner("Ben").await;
    let invitation = app.invite(&ada, Role::Member, NOW).await.unwrap();
    for taken in ["Ben", "Ada"] {
        let refused = app.join(&invitation.token, taken, NOW).await;
        let Err(JoinError::User(UserError::Fields(wrong))) = refused else {
            panic!("{refused:?}")
        };
        let [("email", why)] = &wrong[..] else {
            panic!("{wrong:?}")
        };
        assert!(why.contains("already belongs to"), "{why}");
    }
    assert_eq!(app.members_of(&other).await, ["Ben"]);
    app.join(&invitation.token, "Cleo", NOW).await.unwrap();
}

async fn addresses_tried_with_an_invitation_are_limited(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let invitation = app.invite(&ada, Role::Member, NOW).await.unwrap();
    for _ in 0..app.limits.attempts_per_user {
        let taken = app.join(&invitation.token, "Ada", NOW).await;
        assert!(
            matches!(taken, Err(JoinError::User(UserError::Fields(_)))),
            "{taken:?}"
        );
    }
    let refused = app.join(&invitation.token, "Ben", NOW).await;
    assert!(
        matches!(refused, Err(JoinError::User(UserError::RateLimited(_)))),
        "{refused:?}"
    );
    let later = after(app.limits.attempt_window);
    app.join(&invitation.token, "Ben", later).await.unwrap();
}

async fn invitations_by_mail_from_one_account_are_limited(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_address = 3;
    let (_, ada) = app.owner("Ada").await;
    let (_, ben) = app.owner("Ben").await;
    for n in 0..3 {
        invite_by_mail(&app, &ada, &format!("{n}@example.org"))
            .await
            .unwrap();
    }
    let refused = invite_by_mail(&app, &ada, "more@example.org").await;
    assert!(
        matches!(refused, Err(InviteError::RateLimited(_))),
        "{refused:?}"
    );
    // Links that are not mailed have no limit, and other accounts have their own.
    app.invite(&ada, Role::Member, NOW).await.unwrap();
    invite_by_mail(&app, &ben, "more@example.org")
        .await
        .unwrap();
}

async fn invite_by_mail(app: &TestApp, by: &SignedIn, email: &str) -> Result<(), InviteError> {
    let mut op = app.begin(&browser(1), NOW).await;
    invitations::invite(&mut op, by, Role::Member, email).await?;
    op.commit().await.unwrap();
    Ok(())
}

async fn a_role_that_the_plan_has_lost_lets_no_user_join(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let invitation = app.invite(&ada, Role::Editor, NOW).await.unwrap();
    app.every_account_on(Plan::Plus).await;
    let refused = app.join(&invitation.token, "Ben", NOW).await;
    assert!(matches!(refused, Err(JoinError::NoSuchRole)), "{refused:?}");
    app.every_account_on(Plan::Pro).await;
    app.join(&invitation.token, "Ben", NOW).await.unwrap();
}

async fn the_link_is_nowhere_in_the_database(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let invitation = app.invite(&ada, Role::Member, NOW).await.unwrap();
    let link = invitation.token.expose();
    // No function gives the row's hash away.
    let row = "select id || coalesce(email, '') || token_hash from invitations";
    let row = databases::text(&app.db, row).await;
    assert!(row.contains(&invitation.id) && !row.contains(link), "{row}");
    let events = events_of(&app, &ada.user.account_id, "member.invited").await;
    let [event] = &events[..] else {
        panic!("{events:?}")
    };
    let event = event.as_json();
    assert!(
        event.contains(&invitation.id) && !event.contains(link),
        "{event}"
    );
}

async fn open_invitations_are_listed(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let used = app.invite(&ada, Role::Member, NOW).await.unwrap();
    app.join(&used.token, "Ben", NOW).await.unwrap();
    let revoked = app.invite(&ada, Role::Member, NOW).await.unwrap();
    app.revoke(&ada, &revoked.id, NOW).await.unwrap();
    let open = app.invite(&ada, Role::Admin, NOW).await.unwrap();
    let account = &ada.user.account_id;
    let listed = invitations::open(&mut app.read(NOW).await, account).await;
    let listed = listed.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id.as_str(), listed[0].role),
        (open.id.as_str(), Role::Admin)
    );
    let expired = invitations::open(&mut app.read(after(8 * DAY)).await, account).await;
    assert!(expired.unwrap().is_empty());
}

async fn an_invitation_is_worth_no_more_than_the_role_of_the_user_who_created_it(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Owner).await;
    let bens = app.sign_in_now(&ben).await;
    let as_owner = app.invite(&bens, Role::Owner, NOW).await.unwrap();
    let as_member = app.invite(&bens, Role::Member, NOW).await.unwrap();
    app.change_role(&ada, &ben.id, Role::Admin).await.unwrap();
    let refused = app.join(&as_owner.token, "Mallory", NOW).await;
    assert!(
        matches!(refused, Err(JoinError::NoSuchInvitation)),
        "{refused:?}"
    );
    app.join(&as_member.token, "Cleo", NOW).await.unwrap();
}

async fn a_remote_logout_and_a_new_password_let_open_invitations_wait(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Admin).await;
    let bens = app.sign_in_now(&ben).await;
    let of_ben = app.invite(&bens, Role::Member, NOW).await.unwrap();
    let of_ada = app.invite(&ada, Role::Owner, NOW).await.unwrap();
    assert_eq!(app.facts(&user, NOW).await.invitations, 1);
    let ended = app
        .remote_logout(&user.id, By::Session(&ada.session), NOW)
        .await
        .unwrap();
    assert_eq!(ended.invitations, 1);
    assert_eq!(app.facts(&user, NOW).await.invitations, 0);
    let waits = app.join(&of_ada.token, "Mallory", NOW).await;
    assert!(matches!(waits, Err(JoinError::Waits)), "{waits:?}");
    app.join(&of_ben.token, "Cleo", NOW).await.unwrap();

    // Only its own user or an owner revives it.
    let confirm = async |who: &SignedIn, id: &str| {
        let mut op = app.begin(&browser(1), NOW).await;
        let confirmed = invitations::confirm(&mut op, who, id).await.is_ok();
        op.commit().await.unwrap();
        confirmed
    };
    assert!(!confirm(&bens, &of_ada.id).await);
    let ada = app.sign_in_now(&user).await;
    assert!(confirm(&ada, &of_ada.id).await);
    assert!(!confirm(&ada, &of_ada.id).await);
    let action = "member.invitation_confirmed";
    let events = events_of(&app, &ada.user.account_id, action).await;
    assert_eq!(events.len(), 1);

    app.change_password(&ada, PASSWORD, "another fine password", NOW)
        .await
        .unwrap();
    let waits = app.join(&of_ada.token, "Mallory", NOW).await;
    assert!(matches!(waits, Err(JoinError::Waits)), "{waits:?}");
    assert_eq!(app.members_of(&ada).await.len(), 3);
}

async fn a_waiting_invitation_is_confirmed_for_no_more_than_its_users_may_give_now(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Owner).await;
    let bens = app.sign_in_now(&ben).await;
    let as_owner = app.invite(&bens, Role::Owner, NOW).await.unwrap();
    let as_member = app.invite(&bens, Role::Member, NOW).await.unwrap();
    app.remote_logout(&ben.id, By::Operator, NOW).await.unwrap();
    app.change_role(&ada, &ben.id, Role::Admin).await.unwrap();
    let bens = app.sign_in_now(&ben).await;
    let confirm = async |who: &SignedIn, id: &str| {
        let mut op = app.begin(&browser(1), NOW).await;
        let confirmed = invitations::confirm(&mut op, who, id).await;
        op.commit().await.unwrap();
        confirmed
    };
    // The user who created it is an admin now; and an owner does not make it an owner's either.
    for who in [&bens, &ada] {
        let refused = confirm(who, &as_owner.id).await;
        assert!(
            matches!(refused, Err(MemberError::NotAllowed(_))),
            "{refused:?}"
        );
    }
    let waits = app.join(&as_owner.token, "Mallory", NOW).await;
    assert!(waits.is_err(), "{waits:?}");
    confirm(&bens, &as_member.id).await.unwrap();
    app.join(&as_member.token, "Cleo", NOW).await.unwrap();
    // Owner again, and it may be confirmed.
    app.change_role(&ada, &ben.id, Role::Owner).await.unwrap();
    confirm(&ada, &as_owner.id).await.unwrap();
}
