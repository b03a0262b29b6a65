//! What is no session and could lead to one: an invitation, a step-up, a known device.

use accounts::{
    db::Db,
    invitations::JoinError,
    on,
    roles::Role,
    sessions::EndAllError,
    sign_in::SignInError,
    step_up::{self, StepUpError},
};

use super::{
    NOW, TestApp, TestUser, assert_no_survivor,
    overlap::{Order, Overlap},
    race, remote_logout_from,
};
use crate::test_app::secret;

on_both!(
    an_invitation_does_not_let_a_user_in_after_a_remote_logout,
    a_step_up_does_not_outlive_a_remote_logout,
    a_device_does_not_stay_known_through_a_remote_logout,
);

async fn an_invitation_does_not_let_a_user_in_after_a_remote_logout(db: Db) {
    race(db, "join", join_and_remote_logout).await;
}

async fn join_and_remote_logout(
    app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let here = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    let link = app.invite(&who, Role::Owner, NOW).await.unwrap().token;
    let name = format!("Guest{round}of{}", ada.email.split('@').next().unwrap());
    let join = {
        let (app, link, name) = (app.clone(), link.clone(), name.clone());
        async move { app.join(&link, &name, NOW).await }
    };
    let remote_logout = remote_logout_from(&app, &ada, (!round.is_multiple_of(3)).then_some(&here));
    let (joined, done) = overlap.both(join, remote_logout).await;
    let done = done.unwrap();

    let order = match joined {
        Ok(_) => Order::OperationFirst,
        Err(JoinError::Waits) => Order::RemoteLogoutFirst,
        Err(other) => panic!("{other:?}"),
    };
    // It was used before, or it waits; either way it opens nothing now.
    let waits = u64::from(order == Order::RemoteLogoutFirst);
    assert_eq!(done.invitations, waits, "{order:?}");
    let again = app.join(&link, &format!("{name}again"), NOW).await;
    match order {
        Order::OperationFirst => assert!(matches!(again, Err(JoinError::NoSuchInvitation))),
        Order::RemoteLogoutFirst => assert!(matches!(again, Err(JoinError::Waits)), "{again:?}"),
    }
    assert_no_survivor(&app, &ada, &[here.session.token], &[]).await;
    (app, ada, overlap, order)
}

async fn a_step_up_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "step-up", step_up_and_remote_logout).await;
}

async fn step_up_and_remote_logout(
    app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let here = app.sign_in(&ada, NOW).await;
    let there = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    let confirm = {
        let (app, ada) = (app.clone(), ada.clone());
        async move {
            let shown = secret(&ada.password);
            step_up::confirm(&app, &ada.client, NOW, &who, &shown).await
        }
    };
    let by = [None, Some(&there)][round % 2];
    let (confirmed, done) = overlap
        .both(confirm, remote_logout_from(&app, &ada, by))
        .await;
    assert_eq!(done.unwrap().sessions, 2);

    let mut sessions = vec![here.session.token, there.session.token];
    let order = match confirmed {
        Ok(started) => {
            sessions.push(started.token);
            Order::OperationFirst
        }
        Err(StepUpError::Conflict) => Order::RemoteLogoutFirst,
        Err(other) => panic!("{other:?}"),
    };
    assert_no_survivor(&app, &ada, &sessions, &[]).await;
    (app, ada, overlap, order)
}

async fn a_device_does_not_stay_known_through_a_remote_logout(db: Db) {
    race(db, "known device", sign_in_on_a_known_device).await;
}

async fn sign_in_on_a_known_device(
    app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let here = app.sign_in(&ada, NOW).await;
    let verified = app.check_password(&ada, NOW).await;
    let mut known = ada.clone();
    known.client = ada
        .client
        .clone()
        .with_known_device(Some(here.device.value));
    let sign_in = {
        let app = app.clone();
        async move { app.start_session(&known, verified, false, NOW).await }
    };
    let (completed, done) = overlap
        .both(sign_in, remote_logout_from(&app, &ada, None))
        .await;
    let ended: Result<u64, EndAllError> = done.map(|done| done.sessions);

    let mut sessions = vec![here.session.token];
    let order = match completed {
        Ok(completed) => {
            sessions.push(completed.session.token);
            Order::OperationFirst
        }
        Err(SignInError::Conflict) => Order::RemoteLogoutFirst,
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(ended.unwrap(), sessions.len() as u64, "{order:?}, {round}");
    assert_no_survivor(&app, &ada, &sessions, &[]).await;
    assert_eq!(known_devices(&app, &ada).await, 0, "{order:?}");
    (app, ada, overlap, order)
}

/// Devices that count as known under the user's epoch.
async fn known_devices(app: &TestApp, user: &TestUser) -> i64 {
    let mut conn = app.read(NOW).await;
    on!(&mut conn, c => sqlx::query_scalar(
        "select count(*) from known_devices k join users u on u.id = k.user_id and u.epoch = k.epoch where u.id = $1")
        .bind(&user.id)
        .fetch_one(c)
        .await)
    .unwrap()
}
