//! Connections to PostgreSQL of which both directions are swallowed, while neither end closes them.

use std::time::Duration;

use accounts::db::Db;
use testing::{
    databases::{self, url_of},
    proxy::Proxy,
};
use tokio::time::timeout;

/// As many connections as a node has.
const ALL: usize = 20;

/// Three seconds until one is given up, and some for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_half_dead_leave_their_places_to_new_ones() {
    databases::postgres(async |db: Db| {
        let proxy = Proxy::before(&url_of(&db)).await;
        let node = Db::open(&proxy.url).await.unwrap();
        let mut held = Vec::new();
        while held.len() < ALL {
            held.push(node.read().await.unwrap());
        }
        assert_eq!(proxy.swallow_all(), ALL);
        assert!(node.read().await.is_err(), "there are more than {ALL}");
        drop(held);
        let again = async { while node.read().await.is_err() {} };
        let again = timeout(PATIENCE, again).await;
        assert!(again.is_ok(), "every place is taken for ever");
        node.close().await;
    })
    .await;
}
