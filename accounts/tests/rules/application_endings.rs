//! Whatever ends a session ends what came from it at applications, and owes each application a notice in the same commit.

mod at;
mod delivery;
mod repeated;
mod told;

use accounts::{
    applications::{Access, Cause, Ends},
    db::Db,
    roles::Role,
    sessions::{self, By, DeviceRef},
};
use testing::databases::{number, text, texts};

use crate::{
    applications::open_id,
    test_app::{DAY, NOW, PASSWORD, SECOND, TestApp, after, browser},
};

on_both!(
    every_way_to_end_a_session_ends_it_at_applications_and_owes_a_notice,
    what_has_offline_access_ends_with_what_the_table_says,
    a_raised_epoch_owes_notices_that_the_job_writes_within_its_turn,
    signing_out_all_others_keeps_what_this_session_is_signed_in_to,
    a_role_that_is_lost_signs_out_in_the_same_commit,
    a_removed_application_is_told_once_more_and_what_waited_is_dropped,
    an_operation_that_is_rolled_back_owes_nothing,
);

/// Each end by the rules' own functions, on a session that has a sign-in without and one with offline access.
async fn every_way_to_end_a_session_ends_it_at_applications_and_owes_a_notice(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let wiki = app
        .register(&owner, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    let here = app.sign_in_now(&ada).await;

    // Signed out.
    let one = app.sign_in_at(&here, &wiki).await;
    let mut op = app.begin(&browser(1), after(SECOND)).await;
    sessions::sign_out(&mut op, &ada.id, &here.session)
        .await
        .unwrap();
    op.commit().await.unwrap();
    one.has_ended(&app, "signed_out").await;

    // One device, from another.
    let here = app.sign_in_now(&ada).await;
    let one = app.sign_in_at(&here, &wiki).await;
    let mut op = app.begin(&browser(1), after(SECOND)).await;
    sessions::end_one(&mut op, &owner, DeviceRef::Session(&here.session))
        .await
        .unwrap();
    op.commit().await.unwrap();
    one.has_ended(&app, "ended_elsewhere").await;

    // The limit of sessions.
    let mut few = app.clone();
    few.limits.sessions_per_user = 2;
    let here = few.sign_in_now(&ada).await;
    let one = few.sign_in_at(&here, &wiki).await;
    for _ in 0..2 {
        few.sign_in(&ada, after(SECOND)).await;
    }
    one.has_ended(&app, "limit").await;

    // By time: unused for too long, and the curfew. The job of the minute does it.
    let here = app.sign_in_now(&ada).await;
    let one = app.sign_in_at(&here, &wiki).await;
    let later = after(15 * DAY);
    assert!(one.is_open(&app).await);
    assert!(
        sessions::end_expired_applications(&app, later)
            .await
            .unwrap()
            > 0
    );
    one.has_ended(&app, "expired").await;
    let here = app.sign_in_now(&ada).await;
    let one = app.sign_in_at(&here, &wiki).await;
    testing::databases::run(
        &app.db,
        &format!(
            "update sessions set curfew_ends_at = {} where id = '{}'",
            NOW.at.0 + 1_000,
            here.session.0
        ),
    )
    .await;
    sessions::end_expired_applications(&app, after(2 * SECOND))
        .await
        .unwrap();
    one.has_ended(&app, "curfew").await;
    // A time that has not come ends nothing.
    let here = app.sign_in_now(&ada).await;
    let one = app.sign_in_at(&here, &wiki).await;
    sessions::end_expired_applications(&app, after(2 * SECOND))
        .await
        .unwrap();
    assert!(one.is_open(&app).await);

    // Every one of them is owed a notice, by both its names.
    assert_eq!(
        number(&app.db, "select count(*) from logout_notices").await,
        5
    );
    let wrong = "select count(*) from logout_notices n join application_sessions x on x.id = n.application_session_id
                 where n.user_id <> x.user_id or n.reason <> x.end_reason or x.ended_at is null";
    assert_eq!(number(&app.db, wrong).await, 0);
    let events = "select count(*) from audit_events where action = 'application.session_ended'";
    assert_eq!(number(&app.db, events).await, 5);
}

async fn what_has_offline_access_ends_with_what_the_table_says(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let wiki = app
        .register(&owner, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    for cause in Cause::ALL {
        let Cause::Session(reason) = cause else {
            continue;
        };
        let here = app.sign_in_now(&ada).await;
        let (plain, offline) = (
            app.sign_in_at(&here, &wiki).await,
            app.sign_in_offline_at(&here, &wiki).await,
        );
        let name = cause.name();
        testing::databases::run(
            &app.db,
            &format!(
                "update sessions set ended_at = {}, end_reason = '{name}' where id = '{}'",
                NOW.at.0, here.session.0
            ),
        )
        .await;
        // Any operation that locks the user.
        app.sign_in(&ada, NOW).await;
        plain.has_ended(&app, &name).await;
        if cause.ends() == Ends::WithoutOffline {
            assert!(offline.is_open(&app).await, "{reason:?}");
        } else {
            offline.has_ended(&app, &name).await;
        }
    }
}

async fn a_raised_epoch_owes_notices_that_the_job_writes_within_its_turn(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let (eve, eves) = {
        let eve = app.member(&owner, "Eve", Role::Member).await;
        let who = app.sign_in_now(&eve).await;
        (eve, who)
    };
    let wiki = app
        .register(&owner, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    let mut silent = open_id("Silent", "silent.example.com");
    silent.logout_address.clear();
    let silent = app.register(&owner, &silent).await.unwrap().application;
    let (plain, offline) = (
        app.sign_in_at(&owner, &wiki).await,
        app.sign_in_offline_at(&owner, &wiki).await,
    );
    let quiet = app.sign_in_at(&owner, &silent).await;
    let others = app.sign_in_at(&eves, &wiki).await;
    let receipt = app
        .remote_logout(&ada.id, By::Session(&owner.session), after(SECOND))
        .await
        .unwrap();
    // The answer's cost does not grow: nothing is written yet, and the row that owes them is there.
    assert_eq!(
        number(&app.db, "select count(*) from logout_notices").await,
        0
    );
    // Marking the sessions first does not lose them.
    sessions::expand_raises(&app, after(SECOND)).await.unwrap();
    assert_eq!(
        sessions::end_applications(&app, after(SECOND))
            .await
            .unwrap(),
        3
    );
    for there in [&plain, &offline] {
        there.has_ended(&app, "remote_logout").await;
    }
    assert!(
        !quiet.is_open(&app).await,
        "it cannot be told, and has ended all the same"
    );
    assert!(others.is_open(&app).await, "{}", eve.email);
    let by = texts(&app.db, "select distinct event_id from logout_notices").await;
    assert_eq!(by, std::slice::from_ref(&receipt.event.0));
    assert_eq!(
        number(&app.db, "select count(*) from logout_notices").await,
        2
    );
    // Repeated, it does nothing.
    assert_eq!(
        sessions::end_applications(&app, after(SECOND))
            .await
            .unwrap(),
        0
    );
    sessions::expand_raises(&app, after(SECOND)).await.unwrap();
    assert_eq!(
        number(
            &app.db,
            "select count(*) from epoch_raises where expanded_at is null"
        )
        .await,
        0
    );
    // What is signed in to afterwards is none of its business.
    let again = app.sign_in_now(&ada).await;
    let newer = app.sign_in_at(&again, &wiki).await;
    sessions::end_applications(&app, after(SECOND))
        .await
        .unwrap();
    assert!(newer.is_open(&app).await);
}

async fn signing_out_all_others_keeps_what_this_session_is_signed_in_to(db: Db) {
    let app = TestApp::new(db);
    let (ada, here) = app.owner("Ada").await;
    let wiki = app
        .register(&here, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    let elsewhere = app.sign_in_now(&ada).await;
    let (mine, other) = (
        app.sign_in_at(&here, &wiki).await,
        app.sign_in_at(&elsewhere, &wiki).await,
    );
    let mut op = app.begin(&browser(1), after(SECOND)).await;
    let kept = sessions::end_others(&mut op, &here).await.unwrap();
    op.commit().await.unwrap();
    sessions::end_applications(&app, after(SECOND))
        .await
        .unwrap();
    other.has_ended(&app, "ended_elsewhere").await;
    assert!(mine.is_open(&app).await);
    // A new password ends that too.
    let who = app.signed_in(&kept.session.token, after(SECOND)).await;
    app.change_password(
        &who,
        PASSWORD,
        "another tram under seven bridges",
        after(SECOND),
    )
    .await
    .unwrap();
    sessions::end_applications(&app, after(SECOND))
        .await
        .unwrap();
    mine.has_ended(&app, "password_changed").await;
}

async fn a_role_that_is_lost_signs_out_in_the_same_commit(db: Db) {
    let app = TestApp::new(db);
    let (_, owner) = app.owner("Ada").await;
    let bob = app.member(&owner, "Bob", Role::Editor).await;
    let bobs = app.sign_in_now(&bob).await;
    let mut editors = open_id("Wiki", "wiki.example.com");
    editors.access = Access::Chosen {
        roles: vec![Role::Editor, Role::Member],
        users: vec![],
    };
    let wiki = app.register(&owner, &editors).await.unwrap().application;
    let offline = app.sign_in_offline_at(&bobs, &wiki).await;
    app.change_role(&owner, &bob.id, Role::Member)
        .await
        .unwrap();
    assert!(offline.is_open(&app).await, "a member may as well");
    app.change_role(&owner, &bob.id, Role::WatchOnly)
        .await
        .unwrap();
    offline.has_ended(&app, "not_allowed").await;
    // So does the application that takes the role out.
    app.change_role(&owner, &bob.id, Role::Member)
        .await
        .unwrap();
    let again = app.sign_in_at(&bobs, &wiki).await;
    editors.access = Access::Chosen {
        roles: vec![Role::Editor],
        users: vec![],
    };
    app.change_application(&owner, &wiki.id, &editors)
        .await
        .unwrap();
    again.has_ended(&app, "not_allowed").await;
}

async fn a_removed_application_is_told_once_more_and_what_waited_is_dropped(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let wiki = app
        .register(&owner, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    let here = app.sign_in_now(&ada).await;
    let before = app.sign_in_at(&here, &wiki).await;
    let mut op = app.begin(&browser(1), NOW).await;
    sessions::sign_out(&mut op, &ada.id, &here.session)
        .await
        .unwrap();
    op.commit().await.unwrap();
    let open = app.sign_in_at(&owner, &wiki).await;
    app.remove_application(&owner, &wiki.id).await.unwrap();
    assert_eq!(before.outcome(&app).await.as_deref(), Some("dropped"));
    open.has_ended(&app, "application_removed").await;
    assert_eq!(open.outcome(&app).await, None, "it is told");
    let mut conn = app.read(NOW).await;
    assert!(
        accounts::applications::find(&mut conn, &wiki.id)
            .await
            .unwrap()
            .is_none()
    );
    // Its host is free again.
    app.register(&owner, &open_id("New", "wiki.example.com"))
        .await
        .unwrap();
}

async fn an_operation_that_is_rolled_back_owes_nothing(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let wiki = app
        .register(&owner, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    let there = app.sign_in_at(&owner, &wiki).await;
    let mut op = app.begin(&browser(1), NOW).await;
    sessions::sign_out(&mut op, &ada.id, &owner.session)
        .await
        .unwrap();
    drop(op);
    assert!(there.is_open(&app).await);
    assert_eq!(
        number(&app.db, "select count(*) from logout_notices").await,
        0
    );
    assert_eq!(
        text(
            &app.db,
            "select count(*) || '' from sessions where ended_at is not null"
        )
        .await,
        "0"
    );
}
