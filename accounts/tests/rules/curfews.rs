//! The curfew: sessions and remembered devices end at a time of day.

mod clock;
mod of_account;

use std::time::Duration;

use accounts::{
    client::Client,
    curfew::{self, CurfewError, Scope},
    curfew_schedule::Curfew,
    db::Db,
    end_reason::EndReason,
    remember_me::Exchange,
    sessions::{self, By, DeviceRef, EndOneError, Found, LastUse, SignedIn},
    time::Moment,
};

use testing::databases;

use crate::test_app::{NOW, TestApp};

on_both!(
    a_session_is_dead_from_the_first_curfew_after_it_started_before_any_job_runs,
    setting_a_curfew_signs_no_user_out_now,
    a_remembered_device_does_not_get_around_it,
    what_has_ended_is_marked_for_the_lists,
    a_remote_logout_counts_what_is_live_and_not_what_the_curfew_has_ended,
    a_session_that_goes_on_under_a_new_cookie_keeps_its_curfew,
    a_dead_session_acts_on_nothing,
    the_lists_say_that_a_session_ends_with_the_curfew,
);

fn typed(time: &str, zone: &str) -> Curfew {
    Curfew::typed(time, zone).unwrap()
}

/// NOW is 2027-01-15T08:00:00Z.
fn at(hours: u64) -> Moment {
    Moment::at(NOW.at + Duration::from_hours(hours))
}

async fn set(
    app: &TestApp,
    me: &SignedIn,
    scope: Scope,
    curfew: Option<&Curfew>,
    now: Moment,
) -> Result<(), CurfewError> {
    let mut op = app.begin(&Client::default(), now).await;
    curfew::set(&mut op, me, scope, curfew).await?;
    op.commit().await?;
    Ok(())
}

/// Sets the user's own curfew.
async fn set_own(app: &TestApp, me: &SignedIn, time: &str, now: Moment) {
    let curfew = typed(time, "UTC");
    set(app, me, Scope::User, Some(&curfew), now).await.unwrap();
}

async fn a_session_is_dead_from_the_first_curfew_after_it_started_before_any_job_runs(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    set_own(&app, &me, "22:00", NOW).await;
    assert!(app.is_live(&here.session.token, at(13)).await);
    let Found::Ended(ended) = app.find(&here.session.token, at(20)).await else {
        panic!("it is live")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Curfew, at(14).at));
    assert!(app.list(&ada, at(14)).await.is_empty());
    assert_eq!(app.facts(&ada, at(14)).await.sessions, 0);
    // A session that starts after it lives until the next.
    let night = app.sign_in(&ada, at(15)).await;
    assert!(app.is_live(&night.session.token, at(37)).await);
    assert_eq!(app.list(&ada, at(37)).await.len(), 1);
    assert!(!app.is_live(&night.session.token, at(38)).await);
    assert!(app.list(&ada, at(38)).await.is_empty());
}

async fn setting_a_curfew_signs_no_user_out_now(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, at(2)).await;
    // At ten, for nine: today's has passed.
    set_own(&app, &me, "9:00", at(2)).await;
    assert!(app.is_live(&here.session.token, at(3)).await);
    assert_eq!(app.list(&ada, at(3)).await.len(), 1);
    assert!(!app.is_live(&here.session.token, at(25)).await);
    let here = app.sign_in(&ada, at(26)).await;
    let me = app.signed_in(&here.session.token, at(26)).await;
    set(&app, &me, Scope::User, None, at(26)).await.unwrap();
    assert!(app.is_live(&here.session.token, at(60)).await);
    assert_eq!(app.events(&ada, "user.curfew_set").await, 2);
}

async fn a_remembered_device_does_not_get_around_it(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    set_own(&app, &me, "22:00", NOW).await;
    let cookie = here.remembered.unwrap().token;
    let Exchange::Session { next, started, .. } = app.exchange(&cookie, at(1)).await else {
        panic!("not exchanged")
    };
    let refused = app.exchange(&next, at(15)).await;
    assert!(matches!(refused, Exchange::Ended(e) if e.end_reason == EndReason::Curfew));
    assert_eq!(
        app.end_reason(&started.token, at(15)).await,
        EndReason::Curfew
    );
    assert_eq!(app.facts(&ada, at(15)).await.remembered_devices, 0);
    // Nor does one that is remembered while the curfew is set.
    let evening = app.sign_in_remembered(&ada, at(16)).await;
    let cookie = evening.remembered.unwrap().token;
    let refused = app.exchange(&cookie, at(38)).await;
    assert!(matches!(refused, Exchange::Ended(e) if e.end_reason == EndReason::Curfew));
}

async fn what_has_ended_is_marked_for_the_lists(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let here = app.sign_in_remembered(&ada, NOW).await;
    let bens = app.sign_in(&ben, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    set_own(&app, &me, "22:00", NOW).await;
    assert_eq!(curfew::end_due(&app, at(13)).await.unwrap(), 0);
    let (one, two) = tokio::join!(curfew::end_due(&app, at(15)), curfew::end_due(&app, at(15)));
    assert_eq!(
        one.unwrap() + two.unwrap(),
        2,
        "a session and a device, each once"
    );
    let Found::Ended(ended) = app.find(&here.session.token, at(16)).await else {
        panic!("it is live")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Curfew, at(14).at));
    assert!(app.is_live(&bens.session.token, at(16)).await);
}

async fn a_remote_logout_counts_what_is_live_and_not_what_the_curfew_has_ended(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    set_own(&app, &me, "22:00", NOW).await;
    let night = app.sign_in(&ada, at(15)).await;
    let by = By::Session(&night.session.id);
    let logged_out = app.remote_logout(&ada.id, by, at(16)).await.unwrap();
    assert_eq!(logged_out.sessions, 1);
    assert_eq!(
        app.end_reason(&here.session.token, at(17)).await,
        EndReason::Curfew
    );
    // A session that the curfew has ended logs no user out.
    let by = By::Session(&here.session.id);
    assert!(app.remote_logout(&ada.id, by, at(17)).await.is_err());
}

async fn a_session_that_goes_on_under_a_new_cookie_keeps_its_curfew(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    set_own(&app, &me, "22:00", NOW).await;
    let mut op = app.begin(&Client::default(), at(13)).await;
    let rotated = sessions::end_others(&mut op, &me).await.unwrap();
    op.commit().await.unwrap();
    assert!(app.is_live(&rotated.session.token, at(13)).await);
    assert_eq!(
        app.end_reason(&rotated.session.token, at(14)).await,
        EndReason::Curfew
    );
    let cookie = here.remembered.unwrap().token;
    let refused = app.exchange(&cookie, at(14)).await;
    assert!(matches!(refused, Exchange::Ended(e) if e.end_reason == EndReason::Curfew));
}

/// The lock asks again whether the session is live: by the curfew too, marked or not.
async fn a_dead_session_acts_on_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    set_own(&app, &me, "22:00", NOW).await;
    let night = app.sign_in(&ada, at(15)).await;
    let refused = set(&app, &me, Scope::User, None, at(15)).await;
    assert!(
        matches!(refused, Err(CurfewError::AlreadyEnded)),
        "{refused:?}"
    );
    let mut op = app.begin(&Client::default(), at(15)).await;
    let device = DeviceRef::Session(&night.session.id);
    let refused = sessions::end_one(&mut op, &me, device).await;
    assert!(
        matches!(refused, Err(EndOneError::AlreadyEnded)),
        "{refused:?}"
    );
    op.commit().await.unwrap();
    assert!(app.is_live(&night.session.token, at(16)).await);
}

async fn the_lists_say_that_a_session_ends_with_the_curfew(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let phone = app.sign_in_remembered(&ada, NOW).await;
    let here = app.sign_in(&ada, NOW).await;
    let ends = async |now: Moment| {
        let listed = app.list(&ada, now).await;
        let mut ends: Vec<_> = listed.iter().map(|s| s.ends_at(&app.limits)).collect();
        ends.dedup();
        ends
    };
    // Idle is the first of them, without a curfew.
    assert_eq!(ends(NOW).await, [NOW.at + app.limits.session_idle]);
    let me = app.signed_in(&here.session.token, NOW).await;
    set_own(&app, &me, "22:00", NOW).await;
    assert_eq!(ends(NOW).await, [at(14).at]);
    // And what is only remembered is forgotten then.
    let mut op = app.begin(&ada.client, NOW).await;
    sessions::sign_out(&mut op, &ada.id, &here.session.id)
        .await
        .unwrap();
    op.commit().await.unwrap();
    let sql = format!("update sessions set expires_at = {}", NOW.at.0);
    databases::run(&app.db, &sql).await;
    let dormant = sessions::dormant(&mut app.read(NOW).await, &ada.id, LastUse::Any, 10)
        .await
        .unwrap();
    let forgotten: Vec<_> = dormant.iter().map(sessions::Dormant::ends_at).collect();
    assert_eq!(forgotten, [at(14).at]);
    assert!(phone.remembered.is_some());
}
