//! Other commands beside the running server: what they do counts at once.

use super::{
    client::Client,
    program::{Program, runs},
};
use crate::test_app::TestApp;

on_both!(
    a_remote_logout_on_the_command_line_is_obeyed_by_the_next_request,
    a_remote_logout_of_an_unknown_user_changes_nothing,
);

async fn a_remote_logout_on_the_command_line_is_obeyed_by_the_next_request(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let (mut ada, mut phone, mut grace) = (Client::default(), Client::default(), Client::default());
    ada.sign_up(&server.address, "Ada").await;
    phone.sign_in(&server.address, "Ada").await;
    grace.sign_up(&server.address, "Grace").await;
    assert!(ada.is_signed_in(&server.address).await && phone.is_signed_in(&server.address).await);

    let logged_out = runs(
        folder.path(),
        &app.url,
        &["remote-logout", "ada@example.com"],
    );
    assert!(logged_out.status.success(), "{logged_out:?}");

    for (browser, name) in [
        (&ada, "curfew_session"),
        (&phone, "curfew_session"),
        (&phone, "curfew_remember"),
    ] {
        let refused = browser
            .only(name)
            .call(&server.address, "still_signed_in", &[])
            .await
            .unwrap();
        refused.refuses(401, "session_ended");
        assert_eq!(refused.json()["reason"]["end_reason"], "remote_logout");
        assert_eq!(refused.json()["reason"]["by"], "the command line");
    }
    assert!(grace.is_signed_in(&server.address).await);
    assert_eq!(
        (
            app.remote_logouts("Ada").await,
            app.remote_logouts("Grace").await
        ),
        (1, 0)
    );
    ada.sign_in(&server.address, "Ada").await;
    assert!(ada.is_signed_in(&server.address).await);

    let verified = runs(folder.path(), &app.url, &["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    crate::databases::run(
        app.db(),
        "update audit_events set details = '{}' where action = 'user.session_invalidated'",
    )
    .await;
    let verified = runs(folder.path(), &app.url, &["audit", "verify"]);
    assert!(!verified.status.success(), "{verified:?}");
}

async fn a_remote_logout_of_an_unknown_user_changes_nothing(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let before = app.everything().await;
    for email in ["ida@example.com", "", "' or 1=1 --"] {
        let refused = runs(folder.path(), &app.url, &["remote-logout", email]);
        assert!(!refused.status.success(), "{refused:?}");
        assert!(!refused.stderr.is_empty(), "{refused:?}");
    }
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in(&server.address).await);
}
