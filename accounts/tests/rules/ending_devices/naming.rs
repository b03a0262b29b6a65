//! A name that the user gives a device.

use accounts::{
    db::Db,
    sessions::{DeviceRef, RenameError},
};

use super::rename;
use crate::test_app::{NOW, SECOND, TestApp, after};

on_both!(a_name_stays_with_the_remembered_device_and_is_only_text);

async fn a_name_stays_with_the_remembered_device_and_is_only_text(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let phone = app.sign_in_remembered(&ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    let odd = "<b>Ada’s</b> \"phone\" '); drop table sessions; --";
    let named = rename(
        &app,
        &me,
        DeviceRef::Session(&phone.session.id),
        &format!("  {odd} "),
    )
    .await;
    assert_eq!(named.unwrap().as_deref(), Some(odd));
    let cookie = phone.remembered.unwrap().token;
    app.exchange(&cookie, after(SECOND)).await;
    let listed = app.list(&ada, after(2 * SECOND)).await;
    let labels: Vec<_> = listed.iter().filter_map(|s| s.label.as_deref()).collect();
    assert_eq!(
        labels,
        [odd, odd],
        "the session it has started since has it too"
    );
    for wrong in ["a\nb", "a\0b", "\u{202e}nimda", &"x".repeat(61)] {
        let refused = rename(&app, &me, DeviceRef::Session(&phone.session.id), wrong).await;
        assert!(
            matches!(refused, Err(RenameError::Name(_))),
            "{wrong:?}: {refused:?}"
        );
    }
    rename(
        &app,
        &me,
        DeviceRef::Session(&here.session.id),
        &"ü".repeat(60),
    )
    .await
    .unwrap();
    assert_eq!(
        rename(&app, &me, DeviceRef::Session(&here.session.id), " ")
            .await
            .unwrap(),
        None
    );
}
