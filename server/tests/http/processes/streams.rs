//! Open event streams of two nodes, over real connections: a remote logout at one ends those of both.

use std::time::{Duration, Instant};

use super::{
    client::Client,
    nodes::{Connections, Nodes},
    stream::Stream,
};
use crate::{databases, listening::events, test_app::TestApp};

/// Curfew promises a quarter of a second on the node that took the remote logout and a second elsewhere, on a
/// machine that does nothing else. What tells a notification from the look at every stream, a second apart, is
/// `streams::elsewhere`.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_logout_ends_the_streams_of_that_user_at_both_nodes_and_no_others() {
    databases::postgres(a_remote_logout_ends_streams_at_both_nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_logout_right_after_the_listener_was_cut_is_obeyed_and_ends_the_stream() {
    databases::postgres(a_remote_logout_right_after_a_cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_logout_that_a_node_could_not_hear_of_is_made_up_for() {
    databases::postgres(a_remote_logout_that_was_not_heard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_the_database_serves_no_user_and_then_obeys_the_remote_logout() {
    databases::postgres(a_node_without_the_database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_asked_to_stop_ends_its_streams_first() {
    databases::postgres(a_node_stops).await;
}

/// Waits until a stream was looked at at least once.
pub async fn settled() {
    tokio::time::sleep(Duration::from_millis(1_200)).await;
}

async fn remote_logout(address: &str, browser: &mut Client) {
    let logged_out = browser.call(address, "remote_logout", &[]).await;
    logged_out.unwrap().is(200);
}

/// Another browser of a user who has signed up.
async fn signed_in(address: &str, name: &str) -> Client {
    let mut browser = Client::default();
    browser.sign_in(address, name).await;
    browser
}

/// The last event says that a remote logout ended it, once.
fn told_of_the_remote_logout(stream: &Stream) {
    let (before, last) = stream.said.trim_end().rsplit_once("\n\n").unwrap();
    assert!(last.starts_with("event: ended\n"), "{last}");
    assert!(last.contains("remote_logout"), "{last}");
    assert_eq!(events(before), 1, "{before}");
}

async fn is_refused_at_both(nodes: &Nodes, browser: &Client) {
    for address in nodes.addresses() {
        let refused = browser.clone().call(address, "still_signed_in", &[]).await;
        refused.unwrap().refuses(401, "session_ended");
    }
}

async fn a_remote_logout_ends_streams_at_both_nodes(app: TestApp) {
    let nodes = Nodes::start(&app, &[]);
    let [first, second] = nodes.addresses();
    let (mut ada, mut bob) = (Client::default(), Client::default());
    ada.sign_up(first, "Ada").await;
    bob.sign_up(second, "Bob").await;
    let (phone, tablet) = (
        signed_in(first, "Ada").await,
        signed_in(second, "Ada").await,
    );
    let (mut here, mut there) = (
        Stream::open(first, &phone).await,
        Stream::open(second, &tablet).await,
    );
    let (mut bob_at_one, mut bob_at_two) = (
        Stream::open(first, &bob).await,
        Stream::open(second, &bob).await,
    );
    settled().await;
    for stream in [&mut here, &mut there, &mut bob_at_one, &mut bob_at_two] {
        stream.is_quiet().await;
    }

    let logged_out = Instant::now();
    let logging_out = async {
        remote_logout(first, &mut ada).await;
        Instant::now()
    };
    let (answered, took_at_one, took_at_two) =
        tokio::join!(logging_out, here.ends(SOON), there.ends(SOON));
    eprintln!(
        "answered after {:?}; streams ended after {:?} here, {:?} at the other node",
        answered - logged_out,
        took_at_one - logged_out,
        took_at_two - logged_out,
    );
    for stream in [here, there] {
        told_of_the_remote_logout(&stream);
        // Not a byte more, and the dead cookie opens no other.
        let refused = stream.asked_again().await;
        refused.refuses(401, "session_ended");
        assert_eq!(refused.json()["reason"]["end_reason"], "remote_logout");
        assert!(refused.touches_no_cookie());
    }
    is_refused_at_both(&nodes, &phone).await;

    // Another user was told nothing; that their streams are open still shows when it is their turn.
    bob_at_one.is_quiet().await;
    bob_at_two.is_quiet().await;
    assert!(bob.is_signed_in(first).await && bob.is_signed_in(second).await);
    remote_logout(second, &mut bob).await;
    for mut stream in [bob_at_one, bob_at_two] {
        stream.ends(SOON).await;
        told_of_the_remote_logout(&stream);
    }
}

/// The listener of the second node is cut, and the first takes a remote logout before anything else.
async fn a_remote_logout_right_after_a_cut(app: TestApp) {
    let nodes = Nodes::start(&app, &[]);
    let [first, second] = nodes.addresses();
    let mut ada = Client::default();
    ada.sign_up(first, "Ada").await;
    let tablet = signed_in(second, "Ada").await;
    let mut stream = Stream::open(second, &tablet).await;
    settled().await;
    stream.is_quiet().await;
    Connections::of(&app).await.cut_the_listener().await;
    remote_logout(first, &mut ada).await;
    let answered = Instant::now();
    is_refused_at_both(&nodes, &tablet).await;
    let ended = stream.ends(SOON).await;
    eprintln!("ended {:?} after the answer", ended - answered);
    told_of_the_remote_logout(&stream);
    stream.asked_again().await.refuses(401, "session_ended");
    a_remote_logout_is_heard_again(&app, &nodes).await;
}

/// The second node is suspended while its listener is cut and the first takes a remote logout: the notification
/// is lost for certain, and only the look that is taken after the gap finds out.
async fn a_remote_logout_that_was_not_heard(app: TestApp) {
    let nodes = Nodes::start(&app, &[]);
    let [first, second] = nodes.addresses();
    let mut ada = Client::default();
    ada.sign_up(first, "Ada").await;
    let tablet = signed_in(second, "Ada").await;
    let mut stream = Stream::open(second, &tablet).await;
    settled().await;
    stream.is_quiet().await;
    nodes.second.is_suspended();
    Connections::of(&app).await.cut_the_listener().await;
    remote_logout(first, &mut ada).await;
    stream.is_quiet().await;
    nodes.second.is_resumed();
    let resumed = Instant::now();
    is_refused_at_both(&nodes, &tablet).await;
    let ended = stream.ends(SOON).await;
    eprintln!("ended {:?} after it was resumed", ended - resumed);
    told_of_the_remote_logout(&stream);
    stream.asked_again().await.refuses(401, "session_ended");
    a_remote_logout_is_heard_again(&app, &nodes).await;
}

/// The second node loses every connection to the database and can open none; the first keeps its own, and takes a
/// remote logout.
async fn a_node_without_the_database(app: TestApp) {
    let nodes = Nodes::start(&app, &[]);
    let [first, second] = nodes.addresses();
    let mut ada = Client::default();
    ada.sign_up(first, "Ada").await;
    let tablet = signed_in(second, "Ada").await;
    let mut stream = Stream::open(second, &tablet).await;
    settled().await;
    stream.is_quiet().await;
    let mut connections = Connections::of(&app).await;
    connections.lose_the_database().await;
    // 503 where the remote logout would take a connection more than the first node has.
    while ada.call(first, "remote_logout", &[]).await.unwrap().status == 503 {}
    let asked = tablet.clone().call(second, "still_signed_in", &[]).await;
    let asked = asked.unwrap();
    asked.refuses(503, "service_unavailable");
    assert!(asked.touches_no_cookie());
    stream.is_quiet().await;
    connections.find_the_database().await;
    let found = Instant::now();
    is_refused_at_both(&nodes, &tablet).await;
    assert_eq!(
        (
            app.remote_logouts("Ada").await,
            app.open_sessions("Ada").await
        ),
        (1, 0)
    );
    let ended = stream.ends(SOON).await;
    eprintln!("ended {:?} after the database was back", ended - found);
    told_of_the_remote_logout(&stream);
    a_remote_logout_is_heard_again(&app, &nodes).await;
}

/// There is a listener again, and by it a remote logout at the first node ends a stream of the second.
async fn a_remote_logout_is_heard_again(app: &TestApp, nodes: &Nodes) {
    let [first, second] = nodes.addresses();
    let mut ada = signed_in(first, "Ada").await;
    let tablet = signed_in(second, "Ada").await;
    let mut stream = Stream::open(second, &tablet).await;
    settled().await;
    stream.is_quiet().await;
    assert_eq!(Connections::of(app).await.listeners().await, 1);
    remote_logout(first, &mut ada).await;
    stream.ends(SOON).await;
    told_of_the_remote_logout(&stream);
}

async fn a_node_stops(app: TestApp) {
    let mut nodes = Nodes::start(&app, &[]);
    let [first, second] = nodes.addresses().map(str::to_owned);
    let (mut ada, mut bob) = (Client::default(), Client::default());
    ada.sign_up(&first, "Ada").await;
    bob.sign_up(&first, "Bob").await;
    let mut of_both = Vec::new();
    for browser in [&ada, &bob] {
        of_both.push(Stream::open(&first, browser).await);
    }
    let mut elsewhere = Stream::open(&second, &ada).await;
    settled().await;
    nodes.first.is_asked_to_stop();
    let asked = Instant::now();
    for mut stream in of_both {
        // Ended and not cut, though no session has ended: the browser is to try again.
        let ended = stream.ends(SOON).await;
        eprintln!("ended {:?} after it was asked to stop", ended - asked);
        assert_eq!(events(&stream.said), 1, "{}", stream.said);
        stream.closes().await;
    }
    assert!(nodes.first.ends_within(SOON).success());
    elsewhere.is_quiet().await;
    Stream::open(&second, &ada).await;
    Stream::open(&second, &bob).await;
}
