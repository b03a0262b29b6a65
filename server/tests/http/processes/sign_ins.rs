//! A sign-in at one node shows on the pages that are open at another.

use super::{
    client::Client,
    nodes::{Connections, Nodes},
    stream::Stream,
    streams::settled,
};
use crate::{databases, test_app::TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_one_node_is_told_to_the_open_pages_of_the_other() {
    databases::postgres(a_sign_in_is_told_at_both_nodes).await;
}

async fn a_sign_in_is_told_at_both_nodes(app: TestApp) {
    let nodes = Nodes::start(&app, &[]);
    let [first, second] = nodes.addresses();
    let (mut ada, mut bob) = (Client::default(), Client::default());
    ada.sign_up(first, "Ada").await;
    bob.sign_up(first, "Bob").await;
    let mut tablet = Client::default();
    tablet.sign_in(second, "Ada").await;
    let mut of_ada = Stream::open(second, &tablet).await;
    let mut of_bob = Stream::open(second, &bob).await;
    // The second node listens, and what it may have missed before is told.
    settled().await;
    assert_eq!(Connections::of(&app).await.listeners().await, 1);
    of_ada.is_quiet().await;
    of_bob.is_quiet().await;
    let before = of_bob.said.clone();

    for _ in 0..3 {
        Client::default().sign_in(first, "Ada").await;
        of_ada.tells_of_activity().await;
    }
    // It was hers alone.
    of_bob.is_quiet().await;
    assert_eq!(
        of_bob.said.replace(":\n\n", ""),
        before.replace(":\n\n", "")
    );
}
