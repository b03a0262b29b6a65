//! Ending every device but this one.

use accounts::{
    db::Db,
    end_reason::EndReason,
    remember_me::Exchange,
    sessions::{self, EndOneError, RotatedSession, SignedIn},
    time::Moment,
};

use crate::test_app::{DAY, NOW, TestApp, after, browser};

on_both!(
    ending_the_others_spares_this_session_under_a_new_cookie_and_its_own_device,
    a_sign_in_under_way_elsewhere_does_not_outlive_the_end_of_the_others,
    a_device_that_has_expired_is_not_counted,
);

pub async fn end_others(
    app: &TestApp,
    me: &SignedIn,
    now: Moment,
) -> Result<RotatedSession, EndOneError> {
    let mut op = app.begin(&browser(9), now).await;
    let ended = sessions::end_others(&mut op, me).await?;
    op.commit().await?;
    Ok(ended)
}

async fn ending_the_others_spares_this_session_under_a_new_cookie_and_its_own_device(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let bens = app.sign_in_remembered(&ben, NOW).await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let phone = app.sign_in_remembered(&ada, NOW).await;
    let third = app.sign_in(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    let ended = end_others(&app, &me, NOW).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
    for dead in [&phone.session.token, &third.session.token] {
        assert_eq!(app.end_reason(dead, NOW).await, EndReason::EndedElsewhere);
    }
    assert!(
        !app.is_live(&here.session.token, NOW).await,
        "the old cookie opens nothing"
    );
    assert!(app.is_live(&ended.session.token, NOW).await);
    assert_eq!(ended.session.expires_at, here.session.expires_at);
    let back = app.exchange(&phone.remembered.unwrap().token, NOW).await;
    assert!(matches!(back, Exchange::Ended(_)));
    let mine = app.exchange(&here.remembered.unwrap().token, NOW).await;
    assert!(matches!(mine, Exchange::Session { .. }), "{mine:?}");
    assert!(app.is_live(&bens.session.token, NOW).await);
    assert_eq!(app.events(&ada, "user.other_devices_ended").await, 1);
}

async fn a_sign_in_under_way_elsewhere_does_not_outlive_the_end_of_the_others(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let verified = app.check_password(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    end_others(&app, &me, NOW).await.unwrap();
    let late = app.start_session(&ada, verified, true, NOW).await;
    assert!(late.is_err(), "{late:?}");
    assert_eq!(app.facts(&ada, NOW).await.sessions, 1);
}

async fn a_device_that_has_expired_is_not_counted(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let cookie = app.sign_in_remembered(&ada, NOW).await.remembered.unwrap();
    let exchanged = app.exchange(&cookie.token, after(59 * DAY)).await;
    let Exchange::Session { started, next, .. } = exchanged else {
        panic!("{exchanged:?}")
    };
    // The session outlives the device that it came from.
    let now = after(61 * DAY);
    let me = app.signed_in(&started.token, now).await;
    let ended = end_others(&app, &me, now).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (0, 0));
    let refused = app.exchange(&next, now).await;
    assert!(matches!(refused, Exchange::Ended(e) if e.end_reason == EndReason::Expired));
}
