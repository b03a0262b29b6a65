//! Members: what owners and admins may do to them, and that an owner always stays.

use accounts::{
    audit,
    db::Db,
    members::{self, MemberError},
    plans::Plan,
    sessions::{EndReason, Found},
    sign_in::SignInError,
    users::{Role, UserId},
};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{Home, NOW, browser},
};

on_both!(
    a_role_changes_what_one_may_and_is_told_of,
    editor_and_watch_only_need_their_plan,
    an_admin_does_nothing_to_an_owner_and_makes_none,
    a_member_does_nothing_to_anybody,
    the_last_owner_stays_an_owner,
    two_owners_who_demote_one_another_at_once_leave_one,
    disabling_ends_everything_at_once_and_enabling_brings_nothing_back,
    removing_frees_the_email_and_keeps_the_name,
    nobody_disables_or_removes_themselves,
    another_account_is_out_of_reach,
    a_member_who_is_pressed_is_told_who_it_was,
    everyone_means_everyone_and_this_session_as_ticked,
    a_dead_session_does_nothing,
    a_user_leaves_and_the_last_one_takes_the_account_along,
    remote_logouts_on_one_another_at_once_do_not_wait_for_ever,
);

async fn a_role_changes_what_one_may_and_is_told_of(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let ben = home.member(&ada, "Ben", Role::Member).await;
    let ben_in = home.comes_in(&ben).await;
    let refused = home.invite(&ben_in, Role::Member, NOW).await;
    assert!(refused.is_err(), "{refused:?}");

    home.change_role(&ada, &ben.id, Role::Admin).await.unwrap();
    assert_eq!(home.events(&ben, "member.role_changed").await, 1);
    // The same session, the new role: asked of the database, not of what the door saw.
    home.invite(&ben_in, Role::Member, NOW).await.unwrap();
    // The same role again is no operation.
    home.change_role(&ada, &ben.id, Role::Admin).await.unwrap();
    assert_eq!(home.events(&ben, "member.role_changed").await, 1);

    // Who may invite no longer has handed out nothing.
    home.change_role(&ada, &ben.id, Role::Member).await.unwrap();
    let open = "select count(*) from invitations where used_at is null and revoked_at is null";
    assert_eq!(databases::number(&home.db, open).await, 0);
}

async fn editor_and_watch_only_need_their_plan(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let ben = home.member(&ada, "Ben", Role::Member).await;
    for (plan, allowed) in [
        (Plan::Free, false),
        (Plan::Plus, false),
        (Plan::Pro, true),
        (Plan::Enterprise, true),
    ] {
        home.everybody_on(plan).await;
        for role in [Role::Editor, Role::WatchOnly] {
            let changed = home.change_role(&ada, &ben.id, role).await;
            let invited = home.invite(&ada, role, NOW).await;
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
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    let ben = home.member(&ada_in, "Ben", Role::Admin).await;
    let cleo = home.member(&ada_in, "Cleo", Role::Member).await;
    let ben_in = home.comes_in(&ben).await;
    let before = home.users_as_they_are().await;
    let not_allowed = |e: &MemberError| matches!(e, MemberError::NotAllowed(_));
    for refused in [
        home.change_role(&ben_in, &ada.id, Role::Member)
            .await
            .unwrap_err(),
        home.disable(&ben_in, &ada.id).await.unwrap_err(),
        home.remove(&ben_in, &ada.id).await.unwrap_err(),
        home.remote_logout_member(&ben_in, &ada.id)
            .await
            .unwrap_err(),
        home.change_role(&ben_in, &cleo.id, Role::Owner)
            .await
            .unwrap_err(),
        home.change_role(&ben_in, &ben.id, Role::Owner)
            .await
            .unwrap_err(),
        home.remote_logout_everyone(&ben_in, true)
            .await
            .unwrap_err(),
    ] {
        assert!(not_allowed(&refused), "{refused:?}");
    }
    assert!(home.invite(&ben_in, Role::Owner, NOW).await.is_err());
    assert_eq!(home.users_as_they_are().await, before);
    home.remote_logout_member(&ben_in, &cleo.id).await.unwrap();
}

async fn a_member_does_nothing_to_anybody(db: Db) {
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    let dora = home.member(&ada_in, "Dora", Role::Admin).await;
    for (name, role) in [
        ("Ben", Role::Member),
        ("Cleo", Role::Editor),
        ("Eve", Role::WatchOnly),
    ] {
        let person = home.member(&ada_in, name, role).await;
        let who = home.comes_in(&person).await;
        let before = home.users_as_they_are().await;
        for target in [&ada.id, &dora.id, &person.id] {
            assert!(home.change_role(&who, target, Role::Admin).await.is_err());
            assert!(home.disable(&who, target).await.is_err());
            assert!(home.enable(&who, target).await.is_err());
            assert!(home.remove(&who, target).await.is_err());
            assert!(home.remote_logout_member(&who, target).await.is_err());
        }
        assert!(home.remote_logout_everyone(&who, false).await.is_err());
        assert!(home.invite(&who, Role::Member, NOW).await.is_err());
        assert_eq!(home.users_as_they_are().await, before);
    }
}

async fn the_last_owner_stays_an_owner(db: Db) {
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    let ben = home.member(&ada_in, "Ben", Role::Member).await;
    let before = home.users_as_they_are().await;
    let demoted = home.change_role(&ada_in, &ada.id, Role::Admin).await;
    assert!(
        matches!(demoted, Err(MemberError::LastOwner)),
        "{demoted:?}"
    );
    let left = home.leave(&ada_in, &ada.email).await;
    assert!(matches!(left, Err(MemberError::LastOwner)), "{left:?}");
    let mut tx = home.db.write().await.unwrap();
    let by_operator = members::disable_by_operator(&mut tx, &ada.id, &home.limits, NOW).await;
    assert!(
        matches!(by_operator, Err(MemberError::LastOwner)),
        "{by_operator:?}"
    );
    drop(tx);
    assert_eq!(home.users_as_they_are().await, before);

    // Ownership is handed over by making another owner.
    home.change_role(&ada_in, &ben.id, Role::Owner)
        .await
        .unwrap();
    home.change_role(&ada_in, &ada.id, Role::Member)
        .await
        .unwrap();
    // A disabled owner is none: Ben is the last one now.
    let ben_in = home.comes_in(&ben).await;
    home.change_role(&ben_in, &ada.id, Role::Owner)
        .await
        .unwrap();
    home.disable(&ben_in, &ada.id).await.unwrap();
    let demoted = home.change_role(&ben_in, &ben.id, Role::Admin).await;
    assert!(
        matches!(demoted, Err(MemberError::LastOwner)),
        "{demoted:?}"
    );
}

async fn two_owners_who_demote_one_another_at_once_leave_one(db: Db) {
    let home = Home::new(db);
    let (ada, mut ada_in) = home.owner("Ada").await;
    let ben = home.member(&ada_in, "Ben", Role::Owner).await;
    for _ in 0..20 {
        databases::run(&home.db, "update users set role = 'owner'").await;
        ada_in = home.comes_in(&ada).await;
        let ben_in = home.comes_in(&ben).await;
        let (one, two) = tokio::join!(
            home.change_role(&ada_in, &ben.id, Role::Member),
            home.change_role(&ben_in, &ada.id, Role::Member),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let owners = "select count(*) from users where role = 'owner'";
        assert_eq!(databases::number(&home.db, owners).await, 1);
    }
    assert_eq!(home.members_of(&ada_in).await.len(), 2);
}

async fn disabling_ends_everything_at_once_and_enabling_brings_nothing_back(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let ben = home.member(&ada, "Ben", Role::Admin).await;
    let here = home.sign_in_remembered(&ben, NOW).await;
    let pending = home.check_password(&ben, NOW).await;
    home.give_token(&ben).await;
    let ben_in = home.signed_in(&here.session.token, NOW).await;
    let link = home.invite(&ben_in, Role::Member, NOW).await.unwrap();

    let ended = home.disable(&ada, &ben.id).await.unwrap();
    assert_eq!(
        (ended.sessions, ended.remembered_devices, ended.tokens),
        (1, 1, 1)
    );
    assert_eq!(
        home.why_dead(&here.session.token, NOW).await,
        EndReason::Disabled
    );
    assert_eq!(home.events(&ben, "member.disabled").await, 1);
    let refused = home
        .try_sign_in(&ben.email, &ben.password, &browser(7), NOW)
        .await;
    assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
    let finished = home.start_session(&ben, pending, false, NOW).await;
    assert!(
        matches!(finished, Err(SignInError::Conflict)),
        "{finished:?}"
    );
    assert!(home.join(&link.token, "Mallory", NOW).await.is_err());
    // Twice is once.
    let again = home.disable(&ada, &ben.id).await.unwrap();
    assert_eq!(again, members::Disabled::default());
    assert_eq!(home.events(&ben, "member.disabled").await, 1);

    home.enable(&ada, &ben.id).await.unwrap();
    assert_eq!(home.events(&ben, "member.enabled").await, 1);
    assert_eq!(
        home.why_dead(&here.session.token, NOW).await,
        EndReason::Disabled
    );
    let tokens = "select count(*) from tokens where revoked_at is null";
    assert_eq!(databases::number(&home.db, tokens).await, 0);
    home.sign_in(&ben, NOW).await;
}

async fn removing_frees_the_email_and_keeps_the_name(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let ben = home.member(&ada, "Ben", Role::Member).await;
    let here = home.sign_in_remembered(&ben, NOW).await;
    home.give_token(&ben).await;
    let ended = home.remove(&ada, &ben.id).await.unwrap();
    assert_eq!(
        (ended.sessions, ended.remembered_devices, ended.tokens),
        (1, 1, 1)
    );
    assert_eq!(
        home.why_dead(&here.session.token, NOW).await,
        EndReason::Removed
    );
    assert_eq!(home.members_of(&ada).await, ["Ada"]);
    let name = format!("select name from users where id = '{}'", ben.id.0);
    assert_eq!(databases::text(&home.db, &name).await, "Ben");

    // Gone is gone: neither enabled nor removed a second time.
    for again in [
        home.enable(&ada, &ben.id).await,
        home.change_role(&ada, &ben.id, Role::Admin).await,
    ] {
        assert!(matches!(again, Err(MemberError::NotFound)), "{again:?}");
    }
    // Somebody with the same email comes, as somebody else.
    let another = home.member(&ada, "Ben", Role::Member).await;
    assert_ne!(another.id, ben.id);
    home.sign_in(&another, NOW).await;
    assert!(home.sessions_of(&ben).await.is_empty());
    audit::verify(&mut home.db.read().await.unwrap())
        .await
        .unwrap()
        .unwrap();
}

async fn nobody_disables_or_removes_themselves(db: Db) {
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    home.member(&ada_in, "Ben", Role::Owner).await;
    let before = home.users_as_they_are().await;
    assert!(home.disable(&ada_in, &ada.id).await.is_err());
    assert!(home.remove(&ada_in, &ada.id).await.is_err());
    assert!(home.remote_logout_member(&ada_in, &ada.id).await.is_err());
    assert_eq!(home.users_as_they_are().await, before);
}

async fn another_account_is_out_of_reach(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let (mallory, mallory_in) = home.owner("Mallory").await;
    let link = home.invite(&mallory_in, Role::Member, NOW).await.unwrap();
    home.sign_in_remembered(&mallory, NOW).await;
    home.give_token(&mallory).await;
    let before = home.users_as_they_are().await;
    let nobody = UserId("nobody".into());
    for target in [&mallory.id, &nobody] {
        for refused in [
            home.change_role(&ada, target, Role::Member)
                .await
                .unwrap_err(),
            home.disable(&ada, target).await.unwrap_err(),
            home.enable(&ada, target).await.unwrap_err(),
            home.remove(&ada, target).await.unwrap_err(),
            home.remote_logout_member(&ada, target).await.unwrap_err(),
        ] {
            assert!(matches!(refused, MemberError::NotFound), "{refused:?}");
        }
    }
    let refused = home.revoke(&ada, &link.id, NOW).await.unwrap_err();
    assert!(matches!(refused, MemberError::NotFound), "{refused:?}");
    assert_eq!(home.users_as_they_are().await, before);
    // Everyone of one account is nobody of another.
    home.remote_logout_everyone(&ada, false).await.unwrap();
    assert_eq!(home.events(&mallory, "user.session_invalidated").await, 0);
    home.join(&link.token, "Mike", NOW).await.unwrap();
}

async fn a_member_who_is_pressed_is_told_who_it_was(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let ben = home.member(&ada, "Ben", Role::Member).await;
    let here = home.sign_in_remembered(&ben, NOW).await;
    let own = home.sign_in(&ben, NOW).await;
    home.give_token(&ben).await;
    let ended = home.remote_logout_member(&ada, &ben.id).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
    for session in [&here.session.token, &own.session.token] {
        let Found::Ended(how) = home.find(session, NOW).await else {
            panic!("it lives")
        };
        assert_eq!(how.end_reason, EndReason::RemoteLogout);
        assert_eq!(how.by_name.as_deref(), Some("Ada"));
    }
    // Tokens stay, and Ada is where she was.
    let tokens = "select count(*) from tokens where revoked_at is null";
    assert_eq!(databases::number(&home.db, tokens).await, 1);
    home.invite(&ada, Role::Member, NOW).await.unwrap();

    home.everybody_on(Plan::Free).await;
    let refused = home.remote_logout_member(&ada, &ben.id).await;
    assert!(
        matches!(refused, Err(MemberError::PlanRequired(_))),
        "{refused:?}"
    );
}

async fn everyone_means_everyone_and_this_session_as_ticked(db: Db) {
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    let ben = home.member(&ada_in, "Ben", Role::Member).await;
    let cleo = home.member(&ada_in, "Cleo", Role::Owner).await;
    let elsewhere = home.sign_in_remembered(&ada, NOW).await;
    let bens = home.sign_in_remembered(&ben, NOW).await;
    let cleos = home.sign_in(&cleo, NOW).await;
    let mut conn = home.db.read().await.unwrap();
    let counted = members::count_everyone(&mut conn, &ada_in.user.account_id, &home.limits, NOW);
    let counted = counted.await.unwrap();
    drop(conn);
    assert_eq!(
        (counted.users, counted.sessions, counted.remembered_devices),
        (3, 4, 2)
    );

    let ended = home.remote_logout_everyone(&ada_in, true).await.unwrap();
    assert_eq!(
        (ended.users, ended.sessions, ended.remembered_devices),
        (3, 3, 2)
    );
    for dead in [&elsewhere, &bens, &cleos] {
        assert_eq!(
            home.why_dead(&dead.session.token, NOW).await,
            EndReason::RemoteLogout
        );
    }
    // This one goes on, under the new epoch, and may go on doing things.
    let again = home.remote_logout_everyone(&ada_in, true).await.unwrap();
    assert_eq!((again.sessions, again.remembered_devices), (0, 0));
    for person in [&ada, &ben, &cleo] {
        assert_eq!(home.events(person, "user.session_invalidated").await, 2);
    }
    let last = home.remote_logout_everyone(&ada_in, false).await.unwrap();
    assert_eq!(last.sessions, 1);
    let dead = home.remote_logout_everyone(&ada_in, false).await;
    assert!(matches!(dead, Err(MemberError::Ended)), "{dead:?}");
}

async fn a_dead_session_does_nothing(db: Db) {
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    let ben = home.member(&ada_in, "Ben", Role::Member).await;
    home.remote_logout(&ada.id, accounts::sessions::By::Operator, NOW)
        .await
        .unwrap();
    let before = home.users_as_they_are().await;
    for refused in [
        home.change_role(&ada_in, &ben.id, Role::Admin)
            .await
            .unwrap_err(),
        home.disable(&ada_in, &ben.id).await.unwrap_err(),
        home.remove(&ada_in, &ben.id).await.unwrap_err(),
        home.remote_logout_member(&ada_in, &ben.id)
            .await
            .unwrap_err(),
        home.leave(&ada_in, &ada.email).await.unwrap_err(),
    ] {
        assert!(matches!(refused, MemberError::Ended), "{refused:?}");
    }
    assert_eq!(home.users_as_they_are().await, before);
}

async fn a_user_leaves_and_the_last_one_takes_the_account_along(db: Db) {
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    let ben = home.member(&ada_in, "Ben", Role::Member).await;
    let ben_in = home.comes_in(&ben).await;
    for wrong in ["", "ben", "ada@example.com", "ben@example.com.evil"] {
        let refused = home.leave(&ben_in, wrong).await;
        assert!(
            matches!(refused, Err(MemberError::NotConfirmed)),
            "{refused:?}"
        );
    }
    let left = home.leave(&ben_in, " Ben@Example.com ").await.unwrap();
    assert!(!left.whole_account);
    assert_eq!(home.events(&ben, "member.removed").await, 1);
    let link = home.invite(&ada_in, Role::Member, NOW).await.unwrap();
    let left = home.leave(&ada_in, &ada.email).await.unwrap();
    assert!(left.whole_account);
    assert!(home.join(&link.token, "Cleo", NOW).await.is_err());
    let refused = home
        .try_sign_in(&ada.email, &ada.password, &browser(7), NOW)
        .await;
    assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
    // The email is free again.
    home.person("Ada").await;
}

/// Locks taken in another order than everybody else's would be a deadlock on PostgreSQL.
async fn remote_logouts_on_one_another_at_once_do_not_wait_for_ever(db: Db) {
    let home = Home::new(db);
    let (ada, ada_in) = home.owner("Ada").await;
    let mut users = vec![ada];
    for name in ["Ben", "Cleo", "Dora"] {
        users.push(home.member(&ada_in, name, Role::Owner).await);
    }
    for round in 0..5 {
        let mut operations = JoinSet::new();
        let mut signed_in = Vec::new();
        for person in &users {
            signed_in.push(home.comes_in(person).await);
        }
        for (n, who) in signed_in.into_iter().enumerate() {
            let (home, all) = (home.clone(), users.clone());
            operations.spawn(async move {
                for other in all.iter().filter(|other| other.id != who.user.id) {
                    let ended = home.remote_logout_member(&who, &other.id).await;
                    assert!(
                        matches!(ended, Ok(_) | Err(MemberError::Ended)),
                        "{ended:?}"
                    );
                }
                if n == round % 4 {
                    let ended = home.remote_logout_everyone(&who, true).await;
                    assert!(
                        matches!(ended, Ok(_) | Err(MemberError::Ended)),
                        "{ended:?}"
                    );
                }
            });
        }
        operations.join_all().await;
    }
    audit::verify(&mut home.db.read().await.unwrap())
        .await
        .unwrap()
        .unwrap();
}
