//! Accepting connections. One that stays silent, or reads nothing of its answer, is closed: both must cost the client
//! more than us.

#[cfg(test)]
mod tests;

mod socket;

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpSocket};
use tower::Service;

use socket::{Broken, Socket, Watched};

/// How long clients are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long a connection may take to send a request's head, and may be idle between two.
    pub silent: Duration,
    /// How long a connection may take nothing of the answer that it is sent.
    pub stalled: Duration,
}

/// Silent for longer than proxies commonly keep a connection (60 seconds), so that none sends into one that is
/// being closed.
pub const PATIENCE: Patience = Patience {
    silent: Duration::from_secs(75),
    stalled: Duration::from_secs(30),
};

/// What the system keeps of an answer that its reader has not taken yet; on Linux twice of it. Left to itself it keeps
/// megabytes, which a slow reader would still receive after its session has ended, and of which it would have to take a
/// third before it counts as reading at all.
const SEND_BUFFER: u32 = 128 * 1024;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

/// How long to wait when no connection can be accepted, which is when too many files are open.
const FULL: Duration = Duration::from_millis(200);

/// As many open files as the system lets this process have: each connection is one.
pub fn raise_limit() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "limit on open files and connections raised"),
        Err(error) => tracing::warn!(%error, "the limit on open files could not be raised"),
    }
}

/// Listens there.
///
/// # Errors
/// What the system says.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // As `TcpListener::bind` does, so that a restart need not wait for the connections of before.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Those that are accepted inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `router` until `stop`, and then until what is going on has been answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(patience.silent);
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
        let broken = Broken::default();
        let socket = Socket::new(stream, patience.stalled, broken.clone());
        let service = service_of(&router, peer, broken);
        let connection = http.serve_connection(TokioIo::new(socket), service);
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
    broken: Broken,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<Watched>,
    Error = std::convert::Infallible,
    Future: Send,
> + Send
+ use<> {
    let router = router.clone();
    service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        let answer = router.clone().call(request);
        let broken = broken.clone();
        async move {
            let answer = answer.await?;
            Ok(answer.map(|body| Watched { body, broken }))
        }
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
