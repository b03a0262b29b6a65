//! Stopping: what is under way is finished, what is only open does not hold it up.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    client::{Client, arrived, uploading},
    program::Program,
};
use crate::test_app::TestApp;

on_both!(
    it_stops_when_asked_and_starts_again_with_every_user_signed_in,
    a_request_under_way_is_answered_before_it_stops,
    connections_that_are_only_open_do_not_hold_it_up_for_ever,
);

const SOON: Duration = Duration::from_secs(5);

async fn it_stops_when_asked_and_starts_again_with_every_user_signed_in(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    server.is_asked_to_stop();
    assert!(server.ends_within(SOON).success());
    let again = Program::start(folder.path(), &app.url);
    assert!(ada.is_signed_in(&again.address).await);
}

async fn a_request_under_way_is_answered_before_it_stops(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let (head, body) = ada.written(&server.address, "remote_logout", &[("from", "security")]);
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.is_asked_to_stop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    arrived(stream).await.unwrap().is(200);
    assert!(server.ends_within(SOON).success());
    assert_eq!(
        (
            app.remote_logouts("Ada").await,
            app.open_sessions("Ada").await
        ),
        (1, 0)
    );
}

async fn connections_that_are_only_open_do_not_hold_it_up_for_ever(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Program::start(folder.path(), &app.url);
    let idle = TcpStream::connect(&server.address).await.unwrap();
    let slow = uploading(&server.address).await;
    server.is_asked_to_stop();
    let status = tokio::task::spawn_blocking(move || server.ends_within(Program::STOPS_WITHIN))
        .await
        .unwrap();
    assert!(status.success(), "{status}");
    drop((idle, slow));
}
