//! Ends without a change notification: what is looked at anyway.

use std::time::Duration;

use super::{last_word, settled};
use crate::{
    databases,
    listening::events,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    a_disabled_user_has_no_stream,
    a_session_whose_very_row_is_gone_has_no_stream,
    a_stream_ends_when_its_session_runs_out_however_long_it_was_open,
);

/// A second until the next look, and patience with a busy machine.
const SOON: Duration = Duration::from_secs(10);

async fn a_disabled_user_has_no_stream(app: TestApp) {
    let _looking = app.looks_after_streams();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut stream = ada.listen().await.unwrap();
    settled(&mut [&mut stream]).await;
    // Behind the rules' back: without a notification, so this is the look that is taken every second.
    databases::run(app.db(), "update users set disabled_at = 1").await;
    let (_, said) = stream.ends(SOON).await;
    assert_eq!(last_word(&said).1["reason"]["end_reason"], "disabled");
    ada.listen()
        .await
        .err()
        .unwrap()
        .refuses(401, "session_ended");
}

async fn a_session_whose_very_row_is_gone_has_no_stream(app: TestApp) {
    let _looking = app.looks_after_streams();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut stream = ada.listen().await.unwrap();
    settled(&mut [&mut stream]).await;
    // As a backup that was put back leaves it.
    databases::run(app.db(), "delete from sessions").await;
    let (_, said) = stream.ends(SOON).await;
    assert_eq!(events(&said), 1, "{said}");
    let refused = ada.listen().await.err().unwrap();
    refused.refuses(401, "not_signed_in");
}

async fn a_stream_ends_when_its_session_runs_out_however_long_it_was_open(app: TestApp) {
    let app = app.with_limits(|limits| limits.session_idle = Duration::from_secs(5));
    let _looking = app.looks_after_streams();
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let stream = ada.listen().await.unwrap();
    let (_, said) = stream.ends(Duration::from_secs(15)).await;
    assert_eq!(last_word(&said).1["reason"]["end_reason"], "expired");
    ada.listen()
        .await
        .err()
        .unwrap()
        .refuses(401, "session_ended");
}
