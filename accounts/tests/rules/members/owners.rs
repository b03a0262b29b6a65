//! An account always has an owner.

use accounts::{
    client::Client,
    db::Db,
    members::{self, MemberError},
    roles::Role,
};

use crate::test_app::{NOW, TestApp};

on_both!(
    the_last_owner_stays_an_owner,
    two_owners_who_demote_each_other_at_once_leave_one,
    no_owner_disables_or_removes_themselves,
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
    let by_operator = members::disable_by_operator(&mut op, &ada.id).await;
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
        let listed = members::list(&mut conn, &ada_in.user.account_id, 100).await;
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
