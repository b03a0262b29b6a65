//! Members: what owners and admins may do to them.

mod disabling;
mod leaving;
mod owners;
mod remote_logout;
mod second_factor;
mod second_factor_owed;

use accounts::{
    db::Db,
    ids::UserId,
    invitations,
    members::MemberError,
    plans::Plan,
    roles::Role,
    sessions::{By, SignedIn},
};

use crate::test_app::{NOW, TestApp};

on_both!(
    a_role_changes_what_a_member_may_do_and_is_an_event,
    editor_and_watch_only_need_their_plan,
    an_admin_does_nothing_to_an_owner_and_makes_none,
    a_member_does_nothing_to_other_members,
    another_account_is_out_of_reach,
    a_dead_session_does_nothing,
    the_session_of_a_removed_owner_does_nothing,
);

/// How many of the account's invitations are open.
async fn open_invitations(app: &TestApp, who: &SignedIn) -> usize {
    let mut conn = app.read(NOW).await;
    let open = invitations::open(&mut conn, &who.user.account_id).await;
    open.unwrap().len()
}

async fn a_role_changes_what_a_member_may_do_and_is_an_event(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Member).await;
    let ben_in = app.sign_in_now(&ben).await;
    let refused = app.invite(&ben_in, Role::Member, NOW).await;
    assert!(refused.is_err(), "{refused:?}");

    app.change_role(&ada, &ben.id, Role::Admin).await.unwrap();
    assert_eq!(app.events(&ben, "member.role_changed").await, 1);
    // The same session, the new role: the database is asked, not the request's authentication.
    app.invite(&ben_in, Role::Member, NOW).await.unwrap();
    assert_eq!(open_invitations(&app, &ada).await, 1);
    // The same role again is no operation.
    app.change_role(&ada, &ben.id, Role::Admin).await.unwrap();
    assert_eq!(app.events(&ben, "member.role_changed").await, 1);

    // The invitations of a member who may no longer invite are revoked.
    app.change_role(&ada, &ben.id, Role::Member).await.unwrap();
    assert_eq!(open_invitations(&app, &ada).await, 0);
}

async fn editor_and_watch_only_need_their_plan(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Member).await;
    for (plan, allowed) in [
        (Plan::Free, false),
        (Plan::Plus, false),
        (Plan::Pro, true),
        (Plan::Enterprise, true),
    ] {
        app.every_account_on(plan).await;
        for role in [Role::Editor, Role::WatchOnly] {
            let changed = app.change_role(&ada, &ben.id, role).await;
            let invited = app.invite(&ada, role, NOW).await;
            if allowed {
                changed.unwrap();
                invited.unwrap();
                continue;
            }
            let Err(MemberError::PlanRequired(plans)) = changed else {
                panic!("{changed:?}")
            };
            assert_eq!(plans, [Plan::Pro, Plan::Enterprise]);
            assert!(invited.is_err(), "{invited:?}");
        }
    }
}

async fn an_admin_does_nothing_to_an_owner_and_makes_none(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Admin).await;
    let cleo = app.member(&ada_in, "Cleo", Role::Member).await;
    let ben_in = app.sign_in_now(&ben).await;
    let before = app.users_as_they_are().await;
    for refused in [
        app.change_role(&ben_in, &ada.id, Role::Member).await.err(),
        app.disable(&ben_in, &ada.id).await.err(),
        app.remove(&ben_in, &ada.id).await.err(),
        app.remote_logout_member(&ben_in, &ada.id).await.err(),
        app.change_role(&ben_in, &cleo.id, Role::Owner).await.err(),
        app.change_role(&ben_in, &ben.id, Role::Owner).await.err(),
        app.remote_logout_everyone(&ben_in, true).await.err(),
    ] {
        assert!(
            matches!(refused, Some(MemberError::NotAllowed(_))),
            "{refused:?}"
        );
    }
    assert!(app.invite(&ben_in, Role::Owner, NOW).await.is_err());
    assert_eq!(app.users_as_they_are().await, before);
    app.remote_logout_member(&ben_in, &cleo.id).await.unwrap();
}

async fn a_member_does_nothing_to_other_members(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let dora = app.member(&ada_in, "Dora", Role::Admin).await;
    for (name, role) in [
        ("Ben", Role::Member),
        ("Cleo", Role::Editor),
        ("Eve", Role::WatchOnly),
    ] {
        let user = app.member(&ada_in, name, role).await;
        let who = app.sign_in_now(&user).await;
        let before = app.users_as_they_are().await;
        for target in [&ada.id, &dora.id, &user.id] {
            assert!(app.change_role(&who, target, Role::Admin).await.is_err());
            assert!(app.disable(&who, target).await.is_err());
            assert!(app.enable(&who, target).await.is_err());
            assert!(app.remove(&who, target).await.is_err());
            assert!(app.remote_logout_member(&who, target).await.is_err());
        }
        assert!(app.remote_logout_everyone(&who, false).await.is_err());
        assert!(app.invite(&who, Role::Member, NOW).await.is_err());
        assert_eq!(app.users_as_they_are().await, before);
    }
}

async fn another_account_is_out_of_reach(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let (mallory, mallory_in) = app.owner("Mallory").await;
    let link = app.invite(&mallory_in, Role::Member, NOW).await.unwrap();
    app.sign_in_remembered(&mallory, NOW).await;
    app.give_token(&mallory).await;
    let before = app.users_as_they_are().await;
    let unknown = UserId("unknown".into());
    for target in [&mallory.id, &unknown] {
        for refused in [
            app.change_role(&ada, target, Role::Member).await.err(),
            app.disable(&ada, target).await.err(),
            app.enable(&ada, target).await.err(),
            app.remove(&ada, target).await.err(),
            app.remote_logout_member(&ada, target).await.err(),
        ] {
            assert!(
                matches!(refused, Some(MemberError::NotFound)),
                "{refused:?}"
            );
        }
    }
    let refused = app.revoke(&ada, &link.id, NOW).await;
    assert!(matches!(refused, Err(MemberError::NotFound)), "{refused:?}");
    assert_eq!(app.users_as_they_are().await, before);
    // Everyone of one account is no one of another.
    app.remote_logout_everyone(&ada, false).await.unwrap();
    assert_eq!(app.events(&mallory, "user.session_invalidated").await, 0);
    app.join(&link.token, "Mike", NOW).await.unwrap();
}

async fn a_dead_session_does_nothing(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Member).await;
    app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
    let before = app.users_as_they_are().await;
    for refused in [
        app.change_role(&ada_in, &ben.id, Role::Admin).await.err(),
        app.disable(&ada_in, &ben.id).await.err(),
        app.remove(&ada_in, &ben.id).await.err(),
        app.remote_logout_member(&ada_in, &ben.id).await.err(),
        app.leave(&ada_in, &ada.email).await.err(),
    ] {
        assert!(matches!(refused, Some(MemberError::Ended)), "{refused:?}");
    }
    assert_eq!(app.users_as_they_are().await, before);
}

/// A removed owner is not locked with the members, and no user is locked after one with a later id.
async fn the_session_of_a_removed_owner_does_nothing(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Owner).await;
    let ben_in = app.sign_in_now(&ben).await;
    let (stays, goes) = if ada.id < ben.id {
        (ben_in, ada_in)
    } else {
        (ada_in, ben_in)
    };
    app.remove(&stays, &goes.user.id).await.unwrap();
    let before = app.users_as_they_are().await;
    let refused = app.remote_logout_everyone(&goes, false).await;
    assert!(matches!(refused, Err(MemberError::Ended)), "{refused:?}");
    assert_eq!(app.users_as_they_are().await, before);
}
