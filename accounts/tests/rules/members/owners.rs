//! An account always has an owner.

use accounts::{
    client::Client,
    db::Db,
    members::{self, MemberError},
    plans::Plan,
    roles::Role,
};

use crate::test_app::{NOW, TestApp};

on_both!(
    the_last_owner_stays_an_owner,
    two_owners_who_demote_each_other_at_once_leave_one,
    no_owner_disables_or_removes_themselves,
    the_operator_has_a_way_on_with_the_last_owner,
);

async fn the_last_owner_stays_an_owner(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Member).await;
    let before = app.users_as_they_are().await;
    let demoted = app.change_role(&ada_in, &ada.id, Role::Admin).await;
    assert!(
        matches!(demoted, Err(MemberError::LastOwner)),
        "{demoted:?}"
    );
    let left = app.leave(&ada_in, &ada.email).await;
    assert!(matches!(left, Err(MemberError::LastOwner)), "{left:?}");
    let mut op = app.begin(&Client::default(), NOW).await;
    let by_operator = members::disable_by_operator(&mut op, &ada.id, false).await;
    assert!(
        matches!(by_operator, Err(MemberError::LastOwner)),
        "{by_operator:?}"
    );
    // Committed, the refused operation has still changed nothing.
    op.commit().await.unwrap();
    assert_eq!(app.users_as_they_are().await, before);

    // Another owner makes it possible.
    app.change_role(&ada_in, &ben.id, Role::Owner)
        .await
        .unwrap();
    app.change_role(&ada_in, &ada.id, Role::Member)
        .await
        .unwrap();
    // A disabled owner does not count: Ben is the last one now.
    let ben_in = app.sign_in_now(&ben).await;
    app.change_role(&ben_in, &ada.id, Role::Owner)
        .await
        .unwrap();
    app.disable(&ben_in, &ada.id).await.unwrap();
    let demoted = app.change_role(&ben_in, &ben.id, Role::Admin).await;
    assert!(
        matches!(demoted, Err(MemberError::LastOwner)),
        "{demoted:?}"
    );
}

async fn two_owners_who_demote_each_other_at_once_leave_one(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Owner).await;
    let ben_in = app.sign_in_now(&ben).await;
    for _ in 0..20 {
        let (one, two) = tokio::join!(
            app.change_role(&ada_in, &ben.id, Role::Member),
            app.change_role(&ben_in, &ada.id, Role::Member),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let mut conn = app.read(NOW).await;
        let listed = members::list(&mut conn, &ada_in.user.account_id, "", 100).await;
        drop(conn);
        let listed = listed.unwrap();
        let owners = listed.iter().filter(|member| member.role == Role::Owner);
        assert_eq!((listed.len(), owners.count()), (2, 1));
        // The owner who is left makes the other one an owner again.
        let again = if one.is_ok() {
            app.change_role(&ada_in, &ben.id, Role::Owner).await
        } else {
            app.change_role(&ben_in, &ada.id, Role::Owner).await
        };
        again.unwrap();
    }
}

async fn no_owner_disables_or_removes_themselves(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    app.member(&ada_in, "Ben", Role::Owner).await;
    let before = app.users_as_they_are().await;
    assert!(app.disable(&ada_in, &ada.id).await.is_err());
    assert!(app.remove(&ada_in, &ada.id).await.is_err());
    assert!(app.remote_logout_member(&ada_in, &ada.id).await.is_err());
    assert_eq!(app.users_as_they_are().await, before);
}

/// Another operation of the operator for each, because users are locked in the order of their ids.
macro_rules! operator {
    ($app:expr, $function:path $(, $argument:expr)*) => {{
        let mut op = $app.begin(&Client::default(), NOW).await;
        let done = $function(&mut op $(, $argument)*).await;
        op.commit().await.unwrap();
        done
    }};
}

async fn the_operator_has_a_way_on_with_the_last_owner(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Member).await;
    let here = app.sign_in(&ada, NOW).await.session.token;
    // Asked for by name, even the last owner is disabled, and only the operator brings them back.
    let ended = operator!(app, members::disable_by_operator, &ada.id, true);
    assert!(ended.unwrap().sessions >= 1);
    assert!(!app.is_live(&here, NOW).await);
    for was_disabled in [true, false] {
        let enabled = operator!(app, members::enable_by_operator, &ada.id);
        assert_eq!(enabled.unwrap(), was_disabled);
    }
    app.sign_in(&ada, NOW).await;
    assert_eq!(app.events(&ada, "member.enabled").await, 1);

    // Or another member becomes an owner first.
    let demoted = operator!(app, members::change_role_by_operator, &ada.id, Role::Member);
    assert!(
        matches!(demoted, Err(MemberError::LastOwner)),
        "{demoted:?}"
    );
    let had = operator!(app, members::change_role_by_operator, &ben.id, Role::Owner);
    assert_eq!(had.unwrap(), Role::Member);
    operator!(app, members::disable_by_operator, &ada.id, false).unwrap();
    assert_eq!(app.events(&ben, "member.role_changed").await, 1);
    let ben_in = app.sign_in_now(&ben).await;
    assert_eq!(ben_in.user.role, Role::Owner);

    // A user who was removed has no role, and what the plan lacks is no role for the operator either.
    app.remove(&ben_in, &ada.id).await.unwrap();
    let removed = operator!(app, members::change_role_by_operator, &ada.id, Role::Admin);
    assert!(matches!(removed, Err(MemberError::NotFound)), "{removed:?}");
    let enabled = operator!(app, members::enable_by_operator, &ada.id);
    assert!(matches!(enabled, Err(MemberError::NotFound)), "{enabled:?}");
    app.every_account_on(Plan::Free).await;
    let editor = operator!(app, members::change_role_by_operator, &ben.id, Role::Editor);
    assert!(
        matches!(editor, Err(MemberError::PlanRequired(_))),
        "{editor:?}"
    );
}
