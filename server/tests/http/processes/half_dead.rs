//! A node whose connection to PostgreSQL is swallowed in both directions while neither end closes it.

use std::time::Duration;

use testing::proxy::Proxy;
use tokio::io::AsyncWriteExt;

use super::{
    client::{Client, uploading},
    program::Program,
    stream::Stream,
};
use crate::{databases, test_app::TestApp};

/// Patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_although_the_listener_is_half_dead_and_another_takes_its_place() {
    databases::postgres(a_half_dead_listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_in_time_whatever_is_slow_open_or_half_dead() {
    databases::postgres(a_node_is_held_up).await;
}

/// The node at the end of the proxy, and a stream of Ada's there.
async fn behind(proxy: &Proxy, folder: &tempfile::TempDir) -> (Program, Client, Stream) {
    let node = Program::start(folder.path(), &proxy.url);
    let mut ada = Client::default();
    ada.sign_up(&node.address, "Ada").await;
    let stream = Stream::open(&node.address, &ada).await;
    proxy.has_a_listener(PATIENCE).await;
    (node, ada, stream)
}

async fn a_half_dead_listener(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::before(&app.url).await;
    let (_node, mut ada, mut stream) = behind(&proxy, &folder).await;
    let other = Program::start(folder.path(), &app.url);
    stream.is_quiet().await;

    assert_eq!(proxy.swallow_listeners(), 1);
    let logged_out = ada.call(&other.address, "remote_logout", &[]).await;
    logged_out.unwrap().is(200);
    stream.ends(PATIENCE).await;
    assert!(stream.said.contains("remote_logout"), "{}", stream.said);
    // No notification brought it.
    assert_eq!(proxy.listeners(), 0);

    // Without a line from either end, the silent listener is replaced.
    proxy.has_a_listener(PATIENCE).await;
}

async fn a_node_is_held_up(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::before(&app.url).await;
    let (mut node, _ada, stream) = behind(&proxy, &folder).await;
    let mut upload = uploading(&node.address).await;
    // A byte now and then, as long as it is taken.
    let crawling = tokio::spawn(async move {
        while upload.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    assert!(proxy.swallow_all() > 1);
    node.is_asked_to_stop();
    let ending = tokio::task::spawn_blocking(move || node.ends_within(Program::STOPS_WITHIN));
    let status = ending.await.unwrap();
    assert!(status.success(), "{status}");
    crawling.abort();
    drop(stream);
}
