//! How long sessions live, how many there may be, and what the list shows.

use std::{collections::HashSet, time::Duration};

use accounts::{
    db::Db,
    end_reason::EndReason,
    ids::SessionId,
    secret::Token,
    sessions::{self, By, Found, LastUse},
    time::{Moment, UnixMillis},
};

use crate::test_app::{DAY, NOW, SECOND, TestApp, after, browser};

on_both!(
    a_session_ends_when_it_was_not_used_for_14_days,
    a_session_ends_after_30_days_however_much_it_was_used,
    the_session_after_the_hundredth_ends_the_longest_unused,
    the_list_is_what_find_accepts,
    being_active_never_goes_backwards_and_never_revives,
    noting_activity_never_gets_in_the_way_of_a_remote_logout,
    a_value_that_no_browser_was_given_is_unknown,
);

const MILLI: Duration = Duration::from_millis(1);

async fn note_active(app: &TestApp, session: &SessionId, at: UnixMillis) {
    let mut tx = app.db.write().await.unwrap();
    sessions::note_active(&mut tx, &[(session.clone(), at)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn a_session_ends_when_it_was_not_used_for_14_days(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    assert!(
        app.is_live(&here.session.token, after((14 * DAY).saturating_sub(MILLI)))
            .await
    );
    let Found::Ended(ended) = app.find(&here.session.token, after(20 * DAY)).await else {
        panic!("it is live")
    };
    // It says when it expired, not when that was noticed.
    assert_eq!(
        (ended.end_reason, ended.at),
        (EndReason::Expired, NOW.at + 14 * DAY)
    );
    assert!(!app.is_live(&here.session.token, after(14 * DAY)).await);
}

async fn a_session_ends_after_30_days_however_much_it_was_used(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    for day in [10, 20, 29] {
        assert!(app.is_live(&here.session.token, after(day * DAY)).await);
        note_active(&app, &here.session.id, NOW.at + day * DAY).await;
    }
    assert!(
        app.is_live(&here.session.token, after((30 * DAY).saturating_sub(MILLI)))
            .await
    );
    let Found::Ended(ended) = app.find(&here.session.token, after(30 * DAY)).await else {
        panic!("it is live")
    };
    assert_eq!(
        (ended.end_reason, ended.at),
        (EndReason::Expired, NOW.at + 30 * DAY)
    );
}

async fn the_session_after_the_hundredth_ends_the_longest_unused(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let mut all = Vec::new();
    for n in 0..100 {
        all.push(app.sign_in(&ada, after(n * SECOND)).await.session);
    }
    let now = after(200 * SECOND);
    // The oldest is used again, so the second has been unused for longest.
    note_active(&app, &all[0].id, now.at).await;
    assert_eq!(app.list(&ada, now).await.len(), 100);

    let one_more = app.sign_in(&ada, now).await;
    assert_eq!(app.end_reason(&all[1].token, now).await, EndReason::Limit);
    assert!(app.is_live(&one_more.session.token, now).await);
    assert!(app.is_live(&all[0].token, now).await);
    assert!(app.is_live(&all[2].token, now).await);
    assert_eq!(app.list(&ada, now).await.len(), 100);
}

async fn the_list_is_what_find_accepts(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let mut tokens = Vec::new();
    // Logged out remotely, too old, idle, signed out, live, live on a remembered device.
    let logged_out = app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&logged_out.session.id), NOW)
        .await
        .unwrap();
    tokens.push(logged_out.session);
    let old = app.sign_in(&ada, after(SECOND)).await;
    note_active(&app, &old.session.id, NOW.at + 29 * DAY).await;
    tokens.push(old.session);
    tokens.push(app.sign_in(&ada, after(10 * DAY)).await.session);
    let now = after(31 * DAY);
    let out = app.sign_in(&ada, now).await;
    let mut op = app.begin(&browser(1), now).await;
    sessions::sign_out(&mut op, &ada.id, &out.session.id)
        .await
        .unwrap();
    op.commit().await.unwrap();
    tokens.push(out.session);
    tokens.push(app.sign_in(&ada, now).await.session);
    let remembered = app
        .sign_in_remembered(&ada, Moment::at(now.at + SECOND))
        .await
        .session;
    tokens.push(remembered.clone());
    tokens.push(app.sign_in(&ben, now).await.session);

    let now = Moment::at(now.at + 2 * SECOND);
    let mut found = HashSet::new();
    for session in &tokens {
        if let Found::Live(who) = app.find(&session.token, now).await
            && who.user.id == ada.id
        {
            found.insert(who.session);
        }
    }
    let listed = app.list(&ada, now).await;
    assert_eq!(
        listed.iter().map(|s| s.id.clone()).collect::<HashSet<_>>(),
        found
    );
    assert_eq!(found.len(), 2);
    assert_eq!(app.facts(&ada, now).await.sessions, 2);
    // Last active first, and it says which browser is remembered.
    assert_eq!(
        (&listed[0].id, listed[0].remembered),
        (&remembered.id, true)
    );
    assert!(!listed[1].remembered);
    let here = &listed[1].id;
    let listed = sessions::list(&mut app.read(now).await, &ada.id, here, LastUse::Any, 1).await;
    let listed = listed.unwrap();
    assert_eq!(
        (listed.len(), &listed[0].id),
        (1, here),
        "this device is first, whatever the limit"
    );
    assert_eq!(listed[0].ip, "192.0.2.1");
}

async fn being_active_never_goes_backwards_and_never_revives(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, after(10 * SECOND)).await;
    note_active(&app, &here.session.id, NOW.at).await;
    let who = app.signed_in(&here.session.token, after(20 * SECOND)).await;
    assert_eq!(who.last_active_at, NOW.at + 10 * SECOND);

    let remote_logout = after(30 * SECOND);
    app.remote_logout(&ada.id, By::Session(&here.session.id), remote_logout)
        .await
        .unwrap();
    note_active(&app, &here.session.id, NOW.at + 40 * SECOND).await;
    let why = app
        .end_reason(&here.session.token, after(40 * SECOND))
        .await;
    assert_eq!(why, EndReason::RemoteLogout);
    assert!(app.list(&ada, after(40 * SECOND)).await.is_empty());
}

/// The writer of "last active" has the rows of many users in one transaction, in no order a remote logout keeps.
async fn noting_activity_never_gets_in_the_way_of_a_remote_logout(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for round in 0..20 {
        let now = after(round * SECOND);
        let mut sessions = Vec::new();
        for _ in 0..20 {
            sessions.push(app.sign_in(&ada, now).await.session.id);
        }
        let seen: Vec<_> = sessions
            .iter()
            .rev()
            .map(|s| (s.clone(), now.at + SECOND))
            .collect();
        let noting = async {
            let mut tx = app.db.write().await?;
            sessions::note_active(&mut tx, &seen).await?;
            tx.commit().await
        };
        let remote_logout = app.remote_logout(&ada.id, By::Session(&sessions[0]), now);
        let (noted, logged_out) = tokio::join!(noting, remote_logout);
        noted.unwrap();
        assert_eq!(logged_out.unwrap().sessions, 20);
    }
}

async fn a_value_that_no_browser_was_given_is_unknown(db: Db) {
    let app = TestApp::new(db);
    let token = Token::random();
    assert!(matches!(app.find(&token, NOW).await, Found::Unknown));
}
