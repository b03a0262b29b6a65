//! Connections of clients that send nothing, or take nothing.

use std::sync::{Arc, Mutex};

use axum::routing::get;
use futures::stream;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

use super::*;

#[tokio::test]
async fn a_silent_connection_is_closed_and_a_request_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let told = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
    let router = Router::new().route("/", get(told));
    let (stop, stopped) = oneshot::channel::<()>();
    let patience = Patience {
        silent: Duration::from_millis(300),
        ..PATIENCE
    };
    let serving = tokio::spawn(serve(listener, router, patience, async {
        let _ = stopped.await;
    }));
    for pending in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
        let mut one = TcpStream::connect(address).await.unwrap();
        one.write_all(pending.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        let closed = one.read_to_end(&mut said);
        let closed = tokio::time::timeout(Duration::from_secs(10), closed).await;
        assert!(closed.is_ok(), "still open after {pending:?}");
        assert!(!said.starts_with(b"HTTP/1.1 200"), "{pending:?}");
    }
    let mut one = TcpStream::connect(address).await.unwrap();
    let here = one.local_addr().unwrap().to_string();
    for _ in 0..2 {
        let asked = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        one.write_all(asked).await.unwrap();
        let mut answer = vec![0; 4_096];
        let read = one.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with(&here), "{answer}");
    }
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

/// Sends on as long as it is read, and tells when it is read no more.
struct Endless(Option<oneshot::Sender<()>>);

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = self.0.take().map(|dropped| dropped.send(()));
    }
}

/// A server on a port of its own, until it is dropped.
fn serves(router: Router, patience: Patience) -> SocketAddr {
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router, patience, std::future::pending()));
    address
}

/// Asks for `/` and reads nothing yet.
async fn asks(address: SocketAddr, version: &str) -> TcpStream {
    let mut one = TcpStream::connect(address).await.unwrap();
    let asked = format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n");
    one.write_all(asked.as_bytes()).await.unwrap();
    one
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut() {
    let (dropped, is_dropped) = oneshot::channel();
    let endless = Arc::new(Mutex::new(Some(Endless(Some(dropped)))));
    let body = move || async move {
        let endless = endless.lock().unwrap().take();
        Body::from_stream(stream::unfold(endless, |endless| async {
            Some((Ok::<_, io::Error>(vec![b'a'; 64 * 1024]), endless))
        }))
    };
    let patience = Patience {
        stalled: Duration::from_millis(300),
        ..PATIENCE
    };
    let address = serves(Router::new().route("/", get(body)), patience);
    let mut one = asks(address, "1.1").await;
    let cut = tokio::time::timeout(Duration::from_secs(10), is_dropped).await;
    assert!(matches!(cut, Ok(Ok(()))), "it is still sent: {cut:?}");
    let mut taken = Vec::new();
    let reset = one.read_to_end(&mut taken).await;
    assert_eq!(reset.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reader_that_takes_its_time_receives_everything() {
    const SIZE: usize = 4 * 1024 * 1024;
    let body = || async { vec![b'a'; SIZE] };
    let patience = Patience {
        stalled: Duration::from_secs(1),
        ..PATIENCE
    };
    let address = serves(Router::new().route("/", get(body)), patience);
    let mut one = asks(address, "1.0").await;
    let (mut taken, start) = (0, std::time::Instant::now());
    loop {
        let mut some = vec![0; 64 * 1024];
        let read = one.read(&mut some).await.unwrap();
        if read == 0 {
            break;
        }
        taken += read;
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    assert!(
        taken > SIZE && start.elapsed() > 2 * patience.stalled,
        "{taken}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_whole_answer() {
    let body = || async {
        let parts = [Ok("part"), Err(io::Error::other("it broke off"))];
        Body::from_stream(stream::iter(parts))
    };
    let address = serves(Router::new().route("/", get(body)), PATIENCE);
    for version in ["1.0", "1.1"] {
        let mut one = asks(address, version).await;
        let mut taken = Vec::new();
        let read = one.read_to_end(&mut taken).await;
        assert!(
            read.is_err(),
            "{version}: {}",
            String::from_utf8_lossy(&taken)
        );
    }
}
