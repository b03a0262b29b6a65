//! A smaller plan must not forbid a remote logout: a thief with an owner's session could choose it.

use accounts::{
    account::set_plan,
    audit::Actor,
    db::Db,
    permissions::{self, Permission},
    plans::Plan,
    roles::Role,
    sessions::{By, EndAllError},
};

use crate::test_app::{DAY, NOW, SECOND, TestApp, TestUser, after};

on_both!(
    remote_logout_stays_while_a_session_from_before_the_downgrade_lives,
    it_stays_while_a_remembered_device_from_before_lives,
    going_down_twice_takes_nothing_more,
    a_better_plan_and_a_new_downgrade_begin_again,
    an_owner_from_before_may_log_out_every_member,
);

async fn put_on(app: &TestApp, user: &TestUser, plan: Plan, seconds: u32) {
    let mut op = app.begin(&user.client, after(seconds * SECOND)).await;
    let had = set_plan(&mut op, &user.id, plan, Actor::User(&user.id)).await;
    assert!(had.unwrap().is_some());
    op.commit().await.unwrap();
}

/// Whether a user who has just signed in may log out everywhere, and whether the table says the same.
async fn may(app: &TestApp, user: &TestUser, seconds: u32) -> bool {
    let now = after(seconds * SECOND);
    let here = app.sign_in(user, now).await;
    let who = app.signed_in(&here.session.token, now).await;
    let listed = permissions::check(
        who.user.role,
        who.user.available(),
        Permission::RemoteLogout,
    );
    let by = By::Session(&here.session.id);
    let done = app.remote_logout(&user.id, by, now).await;
    assert_eq!(listed.is_ok(), done.is_ok(), "{listed:?} {done:?}");
    assert!(
        matches!(done, Ok(_) | Err(EndAllError::PlanRequired(_))),
        "{done:?}"
    );
    done.is_ok()
}

async fn remote_logout_stays_while_a_session_from_before_the_downgrade_lives(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let old = app.sign_in(&ada, NOW).await;
    put_on(&app, &ada, Plan::Free, 1).await;
    assert!(may(&app, &ada, 2).await);
    assert!(!app.is_live(&old.session.token, after(2 * SECOND)).await);
    // Nothing from before is left.
    assert!(!may(&app, &ada, 3).await);

    // On an account that never had it, and on one that has lost it, what is signed in later keeps nothing.
    let eve = app.user_on("Eve", Plan::Free).await;
    app.sign_in(&eve, NOW).await;
    assert!(!may(&app, &eve, 2).await);
    put_on(&app, &eve, Plan::Plus, 3).await;
    put_on(&app, &eve, Plan::Free, 4).await;
    assert!(may(&app, &eve, 5).await);
}

async fn it_stays_while_a_remembered_device_from_before_lives(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.sign_in_remembered(&ada, NOW).await;
    put_on(&app, &ada, Plan::Free, 1).await;
    // Its session has expired by then, the device has not; on the last day it has.
    let here = app.sign_in(&ada, after(45 * DAY)).await;
    let who = app.signed_in(&here.session.token, after(45 * DAY)).await;
    assert!(who.user.keeps_remote_logout);
    let here = app.sign_in(&ada, after(61 * DAY)).await;
    let who = app.signed_in(&here.session.token, after(61 * DAY)).await;
    assert!(!who.user.keeps_remote_logout);
}

async fn going_down_twice_takes_nothing_more(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.sign_in(&ada, NOW).await;
    for seconds in 1..30 {
        put_on(&app, &ada, Plan::Free, seconds).await;
    }
    assert!(may(&app, &ada, 31).await);
}

async fn a_better_plan_and_a_new_downgrade_begin_again(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    put_on(&app, &ada, Plan::Free, 1).await;
    app.sign_in(&ada, after(2 * SECOND)).await;
    assert!(!may(&app, &ada, 3).await);
    put_on(&app, &ada, Plan::Pro, 4).await;
    assert!(may(&app, &ada, 5).await);
    app.sign_in(&ada, after(6 * SECOND)).await;
    put_on(&app, &ada, Plan::Free, 7).await;
    assert!(may(&app, &ada, 8).await);
    assert!(!may(&app, &ada, 9).await);
}

async fn an_owner_from_before_may_log_out_every_member(db: Db) {
    let app = TestApp::new(db);
    let (ada, who) = app.owner("Ada").await;
    let ben = app.member(&who, "Ben", Role::Admin).await;
    put_on(&app, &ada, Plan::Free, 1).await;
    let bens = app.sign_in(&ben, after(2 * SECOND)).await;
    app.remote_logout_member(&who, &ben.id).await.unwrap();
    assert!(!app.is_live(&bens.session.token, after(3 * SECOND)).await);
    let bens = app.sign_in(&ben, after(4 * SECOND)).await;
    app.remote_logout_everyone(&who, true).await.unwrap();
    assert!(!app.is_live(&bens.session.token, after(5 * SECOND)).await);
}
