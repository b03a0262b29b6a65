//! What a raised epoch ended is marked and recorded afterwards, session by session; until then everything is told from
//! the raise itself.

use accounts::{
    db::Db,
    end_reason::EndReason,
    limits::Limits,
    remember_me::Exchange,
    sessions::{self, By, Found, Surface},
    time::Moment,
};
use testing::databases;

use crate::test_app::{DAY, NOW, PASSWORD, SECOND, TestApp, TestUser, after};

on_both!(
    each_session_that_ended_has_one_event_of_its_own,
    a_session_says_the_same_of_its_end_before_and_after_it_is_marked,
    what_had_expired_before_says_so_and_was_not_ended,
    each_session_names_the_first_raise_above_its_epoch,
    many_sessions_are_marked_once_however_many_nodes_do_it,
    what_is_dead_and_not_marked_yet_is_nothing_to_any_other_operation,
);

async fn expand(app: &TestApp, now: Moment) -> u64 {
    sessions::expand_raises(app, now).await.unwrap()
}

/// How many rows of sessions say that they have ended.
async fn marked(app: &TestApp) -> i64 {
    let sql = "select count(*) from sessions where ended_at is not null";
    databases::number(&app.db, sql).await
}

/// Starts many sessions at once.
async fn sign_in_often(app: &TestApp, user: &TestUser, sessions: usize) {
    for _ in 0..sessions {
        let verified = app.check_password(user, NOW).await;
        app.start_session(user, verified, false, NOW).await.unwrap();
    }
}

async fn each_session_that_ended_has_one_event_of_its_own(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    app.sign_in(&ben, NOW).await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    app.sign_in(&ada, NOW).await;
    let now = after(SECOND);
    let by = By::Session(&here.session.id);
    let done = app.remote_logout(&ada.id, by, now).await.unwrap();
    assert_eq!((done.sessions, marked(&app).await), (2, 0));
    assert_eq!(app.events(&ada, "user.session_ended").await, 0);

    assert_eq!(expand(&app, after(2 * SECOND)).await, 2);
    assert_eq!(app.events(&ada, "user.session_ended").await, 2);
    let sql = format!(
        "select details from audit_events where parent = '{}' and details like '%{}%'",
        done.event.0,
        here.session.id.as_str()
    );
    let details = databases::text(&app.db, &sql).await;
    let details: serde_json::Value = serde_json::from_str(&details).unwrap();
    assert_eq!(details["reason"], "remote_logout");
    assert_eq!(details["signed_in"], NOW.at.0);
    let open = "select count(*) from remembered_devices where ended_at is null";
    assert_eq!(databases::number(&app.db, open).await, 0);
    assert_eq!(marked(&app).await, 2);

    // Once, however often the job runs, and nothing of another user.
    assert_eq!(expand(&app, after(3 * SECOND)).await, 0);
    assert_eq!(app.events(&ada, "user.session_ended").await, 2);
    assert_eq!(app.events(&ben, "user.session_ended").await, 0);
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);
}

async fn a_session_says_the_same_of_its_end_before_and_after_it_is_marked(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let now = after(SECOND);
    let by = By::Session(&here.session.id);
    app.remote_logout(&ada.id, by, now).await.unwrap();
    let cookie = &here.remembered.as_ref().unwrap().token;
    let mut told = Vec::new();
    for marked in [false, true] {
        if marked {
            assert_eq!(expand(&app, after(60 * SECOND)).await, 1);
        }
        let later = after(2 * DAY);
        let Found::Ended(session) = app.find(&here.session.token, later).await else {
            panic!("it is live")
        };
        let Exchange::Ended(device) = app.exchange(cookie, later).await else {
            panic!("it is live")
        };
        let mut conn = app.read(later).await;
        let ids = [here.session.id.clone()];
        let status = sessions::statuses(&mut conn, &ids).await.unwrap();
        let past = sessions::history(&mut conn, &ada.id, NOW.at - DAY, 10)
            .await
            .unwrap();
        let ends: Vec<_> = past.iter().map(|past| past.ended).collect();
        told.push((session, device, status[0].ended.clone(), ends));
    }
    let (session, device, status, ends) = &told[0];
    assert_eq!(session.end_reason, EndReason::RemoteLogout);
    assert_eq!(session.at, now.at);
    assert_eq!(session.by, Some(format!("user:{}", ada.id.0)));
    assert_eq!(Some(session), status.as_ref());
    assert_eq!(session, device);
    assert_eq!(*ends, [Some((EndReason::RemoteLogout, now.at))]);
    assert_eq!(told[0], told[1]);
}

async fn what_had_expired_before_says_so_and_was_not_ended(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let old = app.sign_in(&ada, NOW).await;
    let later = after(15 * DAY);
    let here = {
        let verified = app.check_password(&ada, NOW).await;
        app.start_session(&ada, verified, false, after(10 * DAY))
            .await
            .unwrap()
    };
    let by = By::Session(&here.session.id);
    let done = app.remote_logout(&ada.id, by, later).await.unwrap();
    assert_eq!(done.sessions, 1);
    for _ in 0..2 {
        let Found::Ended(ended) = app.find(&old.session.token, later).await else {
            panic!("it is live")
        };
        assert_eq!((ended.end_reason, ended.by), (EndReason::Expired, None));
        assert_eq!(
            app.end_reason(&here.session.token, later).await,
            EndReason::RemoteLogout
        );
        expand(&app, later).await;
    }
    assert_eq!(app.events(&ada, "user.session_ended").await, 1);
}

async fn each_session_names_the_first_raise_above_its_epoch(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let first = app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Operator, after(SECOND))
        .await
        .unwrap();
    let second = app.sign_in(&ada, after(2 * SECOND)).await;
    let here = app.sign_in(&ada, after(2 * SECOND)).await;
    let now = after(3 * SECOND);
    let who = app.signed_in(&here.session.token, now).await;
    let changed = app
        .change_password(&who, PASSWORD, "another quiet harbour lamp", now)
        .await
        .unwrap();
    for _ in 0..2 {
        for (session, reason) in [
            (&first, EndReason::RemoteLogout),
            (&second, EndReason::PasswordChanged),
        ] {
            assert_eq!(app.end_reason(&session.session.token, now).await, reason);
        }
        assert!(app.is_live(&changed.session.token, now).await);
        expand(&app, now).await;
    }
    assert_eq!(app.events(&ada, "user.session_ended").await, 2);
}

async fn many_sessions_are_marked_once_however_many_nodes_do_it(db: Db) {
    let mut app = TestApp::new(db);
    app.limits = Limits {
        sessions_per_user: 1_000,
        ..app.limits
    };
    let ada = app.user("Ada").await;
    sign_in_often(&app, &ada, 230).await;
    let done = app
        .remote_logout(&ada.id, By::Operator, after(SECOND))
        .await
        .unwrap();
    assert_eq!(done.sessions, 230);
    let now = after(2 * SECOND);
    let (one, two, three) = tokio::join!(
        sessions::expand_raises(&app, now),
        sessions::expand_raises(&app, now),
        sessions::expand_raises(&app, now)
    );
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 230);
    assert_eq!(app.events(&ada, "user.session_ended").await, 230);
    assert_eq!(marked(&app).await, 230);
}

async fn what_is_dead_and_not_marked_yet_is_nothing_to_any_other_operation(db: Db) {
    let mut app = TestApp::new(db);
    app.limits = Limits {
        sessions_per_user: 2,
        ..app.limits
    };
    let ada = app.user("Ada").await;
    let dead = app.sign_in_remembered(&ada, NOW).await;
    app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Operator, after(SECOND))
        .await
        .unwrap();

    // Not counted against the limit of sessions.
    let (a, b) = (
        app.sign_in(&ada, after(2 * SECOND)).await,
        app.sign_in(&ada, after(2 * SECOND)).await,
    );
    let now = after(3 * SECOND);
    assert!(app.is_live(&a.session.token, now).await && app.is_live(&b.session.token, now).await);

    assert_eq!(
        app.end_reason(&dead.session.token, now).await,
        EndReason::RemoteLogout
    );

    // Not signed out of once more.
    let mut op = app.begin(&ada.client, now).await;
    sessions::sign_out(&mut op, &ada.id, &dead.session.id)
        .await
        .unwrap();
    op.commit().await.unwrap();
    assert_eq!(app.events(&ada, "user.logout").await, 0);

    // Not stolen once more.
    let cookie = &dead.remembered.as_ref().unwrap().token;
    for _ in 0..2 {
        let refused = app.exchange(cookie, now).await;
        assert!(
            matches!(&refused, Exchange::Ended(e) if e.end_reason == EndReason::RemoteLogout),
            "{refused:?}"
        );
    }
    // Not ended a second time.
    let mut op = app.begin(&ada.client, after(4 * SECOND)).await;
    let again = sessions::end_all(&mut op, &ada.id, By::Operator, Surface::Cli).await;
    op.commit().await.unwrap();
    let again = again.unwrap();
    assert_eq!((again.sessions, again.remembered_devices), (2, 0));
}
