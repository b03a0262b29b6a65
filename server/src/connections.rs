//! Accepting connections. One that stays silent is closed: silence must cost the client more than us.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::TcpListener;
use tower::Service;

/// How long a connection may take to send a request's head, and may be idle between two. Longer than
/// proxies commonly keep theirs (60 seconds), so that none sends into one that is being closed.
pub const SILENT: Duration = Duration::from_secs(75);

/// How long to wait when no connection can be accepted, which is when too many files are open.
const FULL: Duration = Duration::from_millis(200);

/// As many open files as the system lets this process have: each connection is one.
pub fn raise_limit() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "limit on open files and connections raised"),
        Err(error) => tracing::warn!(%error, "the limit on open files could not be raised"),
    }
}

/// Serves `router` until `stop`, and then until what is going on has been answered. A connection that
/// sends no request's head for as long as `silent` is closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    silent: Duration,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(silent);
    let going_on = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                wait_for_room(&error).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let connection = http.serve_connection(TokioIo::new(stream), service_of(&router, peer));
        let connection = going_on.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, %peer, "a connection broke off");
            }
        });
    }
    drop(listener);
    going_on.shutdown().await;
}

/// The router, told the address at the other end.
fn service_of(
    router: &Router,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> + Send
+ use<> {
    let router = router.clone();
    service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        router.clone().call(request)
    })
}

/// A connection that the client broke off before it was accepted needs nothing; anything else is the system's limit,
/// and passes when others close.
async fn wait_for_room(error: &io::Error) {
    let theirs = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionReset,
    ];
    if !theirs.contains(&error.kind()) {
        tracing::warn!(%error, "no connection can be accepted now");
        tokio::time::sleep(FULL).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
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
        let silent = Duration::from_millis(300);
        let serving = tokio::spawn(serve(listener, router, silent, async {
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
}
