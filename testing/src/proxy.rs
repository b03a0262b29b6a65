//! A proxy in front of PostgreSQL, on loopback, that can swallow both directions of a connection without closing it: what
//! a firewall does that forgot a connection, or a proxy that hangs.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// It runs until it is dropped. Connections that it has taken stay.
pub struct Proxy {
    /// The address of the database that it was asked for, by way of it.
    pub url: String,
    connections: Arc<Mutex<Vec<Arc<Connection>>>>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Connection {
    swallowed: AtomicBool,
    listens: AtomicBool,
    closed: AtomicBool,
}

impl Connection {
    fn is_swallowed(&self) -> bool {
        self.swallowed.load(Ordering::SeqCst)
    }

    /// Whether it is open, and PostgreSQL sends notifications by it.
    fn brings_notifications(&self) -> bool {
        self.listens.load(Ordering::SeqCst)
            && !self.is_swallowed()
            && !self.closed.load(Ordering::SeqCst)
    }
}

impl Proxy {
    /// Before the PostgreSQL database at `url`.
    pub async fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (host, database) = rest.split_once('/').unwrap();
        let (user, server) = host.rsplit_once('@').unwrap();
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let all = connections.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let connection = Arc::new(Connection::default());
                all.lock().unwrap().push(connection.clone());
                tokio::spawn(carry(client, server.clone(), connection));
            }
        });
        Self {
            url: format!("{scheme}://{user}@{here}/{database}"),
            connections,
            accepting,
        }
    }

    /// How many open connections there are by which PostgreSQL sends notifications.
    #[must_use]
    pub fn listeners(&self) -> usize {
        let connections = self.connections.lock().unwrap();
        connections
            .iter()
            .filter(|connection| connection.brings_notifications())
            .count()
    }

    /// Waits until there is one.
    pub async fn has_a_listener(&self, most: Duration) {
        let one = async {
            while self.listeners() == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let in_time = tokio::time::timeout(most, one).await;
        assert!(in_time.is_ok(), "no connection listens within {most:?}");
    }

    /// Swallows both directions of every connection that listens. How many they were.
    pub fn swallow_listeners(&self) -> usize {
        self.swallow(Connection::brings_notifications)
    }

    /// Swallows both directions of every connection there is. New ones are carried.
    pub fn swallow_all(&self) -> usize {
        self.swallow(|connection| !connection.closed.load(Ordering::SeqCst))
    }

    fn swallow(&self, which: impl Fn(&Connection) -> bool) -> usize {
        let mut swallowed = 0;
        for connection in self.connections.lock().unwrap().iter() {
            if which(connection) {
                connection.swallowed.fetch_or(true, Ordering::SeqCst);
                swallowed += 1;
            }
        }
        swallowed
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(client: TcpStream, server: String, connection: Arc<Connection>) {
    if let Ok(server) = TcpStream::connect(server).await {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let _ = tokio::join!(
            pass(from_client, to_server, &connection),
            pass(from_server, to_client, &connection),
        );
    }
    connection.closed.fetch_or(true, Ordering::SeqCst);
}

/// Passes on what comes, or reads it and says nothing, the end included.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    connection: &Connection,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await.unwrap_or(0);
        if connection.is_swallowed() {
            if read == 0 {
                return Ok(());
            }
            continue;
        }
        if read == 0 {
            return to.shutdown().await;
        }
        let part = &bytes[..read];
        let listens = part
            .windows(8)
            .any(|w| w.eq_ignore_ascii_case(b"listen \""));
        connection.listens.fetch_or(listens, Ordering::SeqCst);
        to.write_all(part).await?;
    }
}
