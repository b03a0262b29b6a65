//! Remote logout of a member, and of everyone.

use accounts::{
    audit,
    db::Db,
    end_reason::EndReason,
    members::{self, MemberError},
    plans::Plan,
    roles::Role,
    sessions::Found,
};
use tokio::task::JoinSet;

use crate::test_app::{NOW, TestApp};

on_both!(
    a_member_who_is_logged_out_is_told_who_did_it,
    everyone_means_everyone_and_this_session_as_ticked,
    remote_logouts_of_each_other_at_once_do_not_wait_for_ever,
);

async fn a_member_who_is_logged_out_is_told_who_did_it(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Member).await;
    let here = app.sign_in_remembered(&ben, NOW).await;
    let own = app.sign_in(&ben, NOW).await;
    app.give_token(&ben).await;
    let ended = app.remote_logout_member(&ada, &ben.id).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
    for session in [&here.session.token, &own.session.token] {
        let Found::Ended(how) = app.find(session, NOW).await else {
            panic!("it is live")
        };
        assert_eq!(how.end_reason, EndReason::RemoteLogout);
        assert_eq!(how.by_name.as_deref(), Some("Ada"));
    }
    // Ben's token stays, and Ada's session is live.
    assert_eq!(app.facts(&ben, NOW).await.api_tokens, 1);
    app.invite(&ada, Role::Member, NOW).await.unwrap();

    app.every_account_on(Plan::Free).await;
    let refused = app.remote_logout_member(&ada, &ben.id).await;
    assert!(
        matches!(refused, Err(MemberError::PlanRequired(_))),
        "{refused:?}"
    );
}

async fn everyone_means_everyone_and_this_session_as_ticked(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Member).await;
    let cleo = app.member(&ada_in, "Cleo", Role::Owner).await;
    let elsewhere = app.sign_in_remembered(&ada, NOW).await;
    let bens = app.sign_in_remembered(&ben, NOW).await;
    let cleos = app.sign_in(&cleo, NOW).await;
    app.invite(&ada_in, Role::Member, NOW).await.unwrap();
    app.invite(&ada_in, Role::Admin, NOW).await.unwrap();
    let cleo_in = app.signed_in(&cleos.session.token, NOW).await;
    app.invite(&cleo_in, Role::Member, NOW).await.unwrap();
    let mut conn = app.read(NOW).await;
    let counted = members::count_everyone(&mut conn, &ada_in.user.account_id).await;
    drop(conn);
    let counted = counted.unwrap();
    assert_eq!(
        (counted.users, counted.sessions, counted.remembered_devices),
        (3, 4, 2)
    );
    assert_eq!(counted.invitations, 3);

    let ended = app.remote_logout_everyone(&ada_in, true).await.unwrap();
    assert_eq!(
        (ended.users, ended.sessions, ended.remembered_devices),
        (3, 3, 2)
    );
    assert_eq!(ended.invitations, 3);
    for dead in [&elsewhere, &bens, &cleos] {
        assert_eq!(
            app.end_reason(&dead.session.token, NOW).await,
            EndReason::RemoteLogout
        );
    }
    // This session stays live under the new epoch, and may act again.
    let again = app.remote_logout_everyone(&ada_in, true).await.unwrap();
    assert_eq!((again.sessions, again.remembered_devices), (0, 0));
    for user in [&ada, &ben, &cleo] {
        assert_eq!(app.events(user, "user.session_invalidated").await, 2);
    }
    let last = app.remote_logout_everyone(&ada_in, false).await.unwrap();
    assert_eq!(last.sessions, 1);
    let dead = app.remote_logout_everyone(&ada_in, false).await;
    assert!(matches!(dead, Err(MemberError::Ended)), "{dead:?}");
}

/// Locks that one operation takes in another order than the others would be a deadlock on PostgreSQL.
async fn remote_logouts_of_each_other_at_once_do_not_wait_for_ever(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let mut users = vec![ada];
    for name in ["Ben", "Cleo", "Dora"] {
        users.push(app.member(&ada_in, name, Role::Owner).await);
    }
    for round in 0..5 {
        let mut operations = JoinSet::new();
        let mut signed_in = Vec::new();
        for user in &users {
            signed_in.push(app.sign_in_now(user).await);
        }
        for (n, who) in signed_in.into_iter().enumerate() {
            let (app, all) = (app.clone(), users.clone());
            operations.spawn(async move {
                for other in all.iter().filter(|other| other.id != who.user.id) {
                    let ended = app.remote_logout_member(&who, &other.id).await;
                    assert!(
                        matches!(ended, Ok(_) | Err(MemberError::Ended)),
                        "{ended:?}"
                    );
                }
                if n == round % 4 {
                    let ended = app.remote_logout_everyone(&who, true).await;
                    assert!(
                        matches!(ended, Ok(_) | Err(MemberError::Ended)),
                        "{ended:?}"
                    );
                }
            });
        }
        operations.join_all().await;
    }
    let verified = audit::verify(&mut *app.read(NOW).await).await;
    verified.unwrap().unwrap();
}
