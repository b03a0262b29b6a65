//! Ending one device, ending the others, naming one.

mod naming;
mod others;

use accounts::{
    db::Db,
    end_reason::EndReason,
    ids::SessionId,
    remember_me::Exchange,
    sessions::{
        self, By, DeviceRef, Dormant, EndOneError, EndedOne, LastUse, RenameError, SignedIn,
    },
    time::Moment,
};

use crate::test_app::{DAY, NOW, TestApp, TestUser, after, browser};

on_both!(
    ending_a_device_ends_its_session_and_what_would_bring_it_back,
    ending_a_remembered_device_that_is_signed_in_nowhere,
    a_device_of_another_user_or_one_that_has_ended_is_not_there,
    no_device_ends_itself,
    a_dead_session_ends_nothing,
    ending_one_device_twice_at_once_has_one_outcome,
);

async fn end_one(
    app: &TestApp,
    me: &SignedIn,
    device: DeviceRef<'_>,
    now: Moment,
) -> Result<EndedOne, EndOneError> {
    let mut op = app.begin(&browser(9), now).await;
    let ended = sessions::end_one(&mut op, me, device).await?;
    op.commit().await?;
    Ok(ended)
}

async fn rename(
    app: &TestApp,
    me: &SignedIn,
    device: DeviceRef<'_>,
    name: &str,
) -> Result<Option<String>, RenameError> {
    let mut op = app.begin(&browser(9), NOW).await;
    let named = sessions::rename(&mut op, me, device, name).await?;
    op.commit().await.unwrap();
    Ok(named)
}

async fn dormant(app: &TestApp, user: &TestUser, now: Moment) -> Vec<Dormant> {
    sessions::dormant(&mut app.read(now).await, &user.id, LastUse::Any, 100)
        .await
        .unwrap()
}

async fn ending_a_device_ends_its_session_and_what_would_bring_it_back(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let phone = app.sign_in_remembered(&ada, NOW).await;
    let third = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    let ended = end_one(&app, &me, DeviceRef::Session(&phone.session.id), NOW)
        .await
        .unwrap();
    assert_eq!(
        ended,
        EndedOne {
            name: "Firefox on Linux".into(),
            sessions: 1,
            remembered_devices: 1
        }
    );
    assert_eq!(
        app.end_reason(&phone.session.token, NOW).await,
        EndReason::EndedElsewhere
    );
    let back = app.exchange(&phone.remembered.unwrap().token, NOW).await;
    assert!(matches!(back, Exchange::Ended(e) if e.end_reason == EndReason::EndedElsewhere));
    // Nothing else.
    assert!(app.is_live(&here.session.token, NOW).await);
    assert!(app.is_live(&third.session.token, NOW).await);
    let mine = app.exchange(&here.remembered.unwrap().token, NOW).await;
    assert!(matches!(mine, Exchange::Session { .. }));
    assert_eq!(app.events(&ada, "user.device_ended").await, 1);
    assert_eq!(app.epoch(&ada).await, 1);
}

async fn ending_a_remembered_device_that_is_signed_in_nowhere(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let phone = app.sign_in_remembered(&ada, NOW).await;
    let now = after(20 * DAY);
    let here = app.sign_in(&ada, now).await;
    let listed = dormant(&app, &ada, now).await;
    assert_eq!(
        listed.len(),
        1,
        "its session has expired, and it can come back"
    );
    assert_eq!(app.list(&ada, now).await.len(), 1);
    let me = app.signed_in(&here.session.token, now).await;
    let ended = end_one(&app, &me, DeviceRef::Remembered(&listed[0].id), now)
        .await
        .unwrap();
    assert_eq!(ended.remembered_devices, 1);
    assert!(dormant(&app, &ada, now).await.is_empty());
    let back = app.exchange(&phone.remembered.unwrap().token, now).await;
    assert!(matches!(back, Exchange::Ended(_)));
}

async fn a_device_of_another_user_or_one_that_has_ended_is_not_there(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let bens = app.sign_in_remembered(&ben, NOW).await;
    let here = app.sign_in(&ada, NOW).await;
    let gone = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    end_one(&app, &me, DeviceRef::Session(&gone.session.id), NOW)
        .await
        .unwrap();
    let nothing = SessionId("' or 1=1 --".into());
    for id in [&bens.session.id, &gone.session.id, &nothing] {
        let refused = end_one(&app, &me, DeviceRef::Session(id), NOW).await;
        assert!(matches!(refused, Err(EndOneError::NotThere)), "{refused:?}");
        let refused = end_one(&app, &me, DeviceRef::Remembered(&id.0), NOW).await;
        assert!(matches!(refused, Err(EndOneError::NotThere)), "{refused:?}");
        let refused = rename(&app, &me, DeviceRef::Session(id), "mine").await;
        assert!(matches!(
            refused,
            Err(RenameError::Device(EndOneError::NotThere))
        ));
    }
    assert!(app.is_live(&bens.session.token, NOW).await);
    assert_eq!(app.events(&ada, "user.device_ended").await, 1);
}

async fn no_device_ends_itself(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    let refused = end_one(&app, &me, DeviceRef::Session(&me.session), NOW).await;
    assert!(matches!(refused, Err(EndOneError::ThisOne)), "{refused:?}");
    // Its remembered device, listed by itself once the session will have expired.
    let listed = dormant(&app, &ada, after(20 * DAY)).await;
    let refused = end_one(&app, &me, DeviceRef::Remembered(&listed[0].id), NOW).await;
    assert!(matches!(refused, Err(EndOneError::ThisOne)), "{refused:?}");

    // An older session of this very browser ends without its device.
    let cookie = here.remembered.unwrap().token;
    let Exchange::Session { started, .. } = app.exchange(&cookie, NOW).await else {
        panic!("not exchanged")
    };
    let me = app.signed_in(&started.token, NOW).await;
    let ended = end_one(&app, &me, DeviceRef::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (1, 0));
    assert!(app.is_live(&started.token, NOW).await);
    assert_eq!(app.facts(&ada, NOW).await.remembered_devices, 1);
}

async fn a_dead_session_ends_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
    let other = app.sign_in(&ada, NOW).await;
    let refused = end_one(&app, &me, DeviceRef::Session(&other.session.id), NOW).await;
    assert!(
        matches!(refused, Err(EndOneError::AlreadyEnded)),
        "{refused:?}"
    );
    let refused = others::end_others(&app, &me, NOW).await;
    assert!(
        matches!(refused, Err(EndOneError::AlreadyEnded)),
        "{refused:?}"
    );
    let refused = rename(&app, &me, DeviceRef::Session(&other.session.id), "x").await;
    assert!(matches!(
        refused,
        Err(RenameError::Device(EndOneError::AlreadyEnded))
    ));
    assert!(app.is_live(&other.session.token, NOW).await);
}

async fn ending_one_device_twice_at_once_has_one_outcome(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for _ in 0..20 {
        let here = app.sign_in(&ada, NOW).await;
        let phone = app.sign_in_remembered(&ada, NOW).await;
        let me = app.signed_in(&here.session.token, NOW).await;
        let device = DeviceRef::Session(&phone.session.id);
        let (one, two) = tokio::join!(
            end_one(&app, &me, device, NOW),
            end_one(&app, &me, device, NOW)
        );
        let both = [one, two];
        assert_eq!(both.iter().filter(|r| r.is_ok()).count(), 1, "{both:?}");
        assert!(
            both.iter().any(|r| matches!(r, Err(EndOneError::NotThere))),
            "{both:?}"
        );
    }
    assert_eq!(app.events(&ada, "user.device_ended").await, 20);
}
