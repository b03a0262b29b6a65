use std::{pin::Pin, task::Poll};

use super::*;

type Waits = Pin<Box<dyn Future<Output = Result<Place, Duration>> + Send>>;

/// One core, on which a hash is said to take a second.
fn line() -> Line {
    Line::new(1, Duration::from_secs(1))
}

/// Joins the line, and does not go on before it is called.
async fn joins(line: &Line, among: Lane, network: &'static str) -> Waits {
    let line = line.clone();
    let mut waits: Waits = Box::pin(async move { line.enter(among, network).await });
    let called = std::future::poll_fn(|cx| Poll::Ready(waits.as_mut().poll(cx).is_ready())).await;
    assert!(!called);
    waits
}

/// Which of them has been called.
async fn called(waiting: &mut Vec<(&'static str, Waits)>) -> (&'static str, Place) {
    let (found, place) = std::future::poll_fn(|cx| {
        let mut all = waiting.iter_mut().enumerate();
        let found = all.find_map(|(n, (_, waits))| match waits.as_mut().poll(cx) {
            Poll::Ready(place) => Some((n, place)),
            Poll::Pending => None,
        });
        found.map_or(Poll::Pending, Poll::Ready)
    })
    .await;
    (
        waiting.remove(found).0,
        place.unwrap_or_else(|_| panic!("refused")),
    )
}

/// The order in which they are called, each when the one before has finished.
async fn order(mut place: Place, mut waiting: Vec<(&'static str, Waits)>) -> Vec<&'static str> {
    let mut order = Vec::new();
    while !waiting.is_empty() {
        drop(place);
        let (name, next) = called(&mut waiting).await;
        order.push(name);
        place = next;
    }
    order
}

#[tokio::test]
async fn networks_take_turns_and_so_do_the_lanes() {
    let line = line();
    let works = line
        .enter(Lane::Strangers, "a")
        .await
        .unwrap_or_else(|_| panic!("full"));
    // Far less than a second each, so that there is room for all.
    line.state().takes = Duration::from_millis(1);
    let mut waiting = Vec::new();
    for (name, among, network) in [
        ("a1", Lane::Strangers, "a"),
        ("a2", Lane::Strangers, "a"),
        ("a3", Lane::Strangers, "a"),
        ("b1", Lane::Strangers, "b"),
        ("k1", Lane::Known, "a"),
        ("k2", Lane::Known, "a"),
    ] {
        waiting.push((name, joins(&line, among, network).await));
    }
    let order = order(works, waiting).await;
    assert_eq!(order, ["k1", "a1", "k2", "b1", "a2", "a3"]);
    assert_eq!(line.state().free, 1);
}

#[tokio::test]
async fn who_would_wait_too_long_is_told_so_and_the_others_are_let_in() {
    let line = line();
    let works = line
        .enter(Lane::Strangers, "a")
        .await
        .unwrap_or_else(|_| panic!("full"));
    let mut waiting = Vec::new();
    // A second each: the fifth waits five seconds.
    for _ in 0..5 {
        waiting.push(joins(&line, Lane::Strangers, "a").await);
    }
    let refused = line.enter(Lane::Strangers, "a").await.err();
    assert_eq!(refused, Some(Duration::from_secs(6)));
    // A client that leaves makes room.
    drop(waiting.remove(0));
    waiting.push(joins(&line, Lane::Strangers, "a").await);
    // Another address is called second, and a user who is known as well.
    waiting.push(joins(&line, Lane::Strangers, "b").await);
    waiting.push(joins(&line, Lane::Known, "a").await);
    drop(waiting);
    drop(works);
    assert_eq!(line.state().free, 1);
}

#[tokio::test]
async fn a_core_that_was_given_to_one_who_left_is_the_next_ones() {
    let line = line();
    let works = line
        .enter(Lane::Strangers, "a")
        .await
        .unwrap_or_else(|_| panic!("full"));
    let gone = joins(&line, Lane::Strangers, "a").await;
    let next = joins(&line, Lane::Strangers, "a").await;
    drop(works);
    // Called, and gone before it went on.
    drop(gone);
    let (_, place) = called(&mut vec![("next", next)]).await;
    let waits = joins(&line, Lane::Known, "b").await;
    drop(waits);
    drop(place);
    assert_eq!(line.state().free, 1);
}
