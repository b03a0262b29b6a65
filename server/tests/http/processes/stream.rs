//! An event stream over a real socket, read chunk by chunk as it comes, as `curl -N` does.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::client::{Client, arrived};
use crate::{answer::Answer, test_app::SAFARI_ON_IPHONE};

/// Patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// The comment that keeps a stream open.
const BEAT: &str = ":\n\n";

/// One that is open.
pub struct Stream {
    socket: BufReader<TcpStream>,
    address: String,
    browser: Client,
    /// What was said in all.
    pub said: String,
}

impl Stream {
    /// Opens it and waits for its greeting.
    pub async fn open(address: &str, browser: &Client) -> Self {
        let mut socket = BufReader::new(TcpStream::connect(address).await.unwrap());
        let asked = request(address, browser, "keep-alive");
        socket.write_all(asked.as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = timeout(PATIENCE, socket.read_line(&mut head)).await;
            assert!(read.unwrap().unwrap() > 0, "cut short: {head}");
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let mut stream = Self {
            socket,
            address: address.to_owned(),
            browser: browser.clone(),
            said: String::new(),
        };
        let hello = timeout(PATIENCE, stream.chunk()).await.unwrap().unwrap();
        assert!(hello.contains("event: hello\n"), "{hello}");
        stream
    }

    /// The next piece; none when the server has said that this was all. A connection that is merely
    /// cut is no end.
    async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        self.socket.read_line(&mut size).await.unwrap();
        let size = usize::from_str_radix(size.trim_end(), 16)
            .unwrap_or_else(|_| panic!("cut short after {:?}: {size:?}", self.said));
        let mut piece = vec![0; size + 2];
        self.socket.read_exact(&mut piece).await.unwrap();
        assert!(piece.ends_with(b"\r\n"), "{piece:?}");
        piece.truncate(size);
        let piece = String::from_utf8(piece).unwrap();
        self.said.push_str(&piece);
        (size > 0).then_some(piece)
    }

    /// Waits until the server ends it. When that was.
    pub async fn ends(&mut self, most: Duration) -> Instant {
        let end = async { while self.chunk().await.is_some() {} };
        let ended = timeout(most, end).await;
        assert!(ended.is_ok(), "still open after {most:?}: {:?}", self.said);
        Instant::now()
    }

    /// It is open and says nothing but that something has happened.
    pub async fn is_quiet(&mut self) {
        // Looked at before it is read: a piece is never left half read.
        while let Ok(some) = timeout(Duration::from_millis(50), self.socket.fill_buf()).await {
            assert!(!some.unwrap().is_empty(), "cut short: {:?}", self.said);
            let piece = self.chunk().await.unwrap_or_default();
            let quiet = piece == BEAT || piece.starts_with("event: activity\n");
            assert!(quiet, "{piece:?}");
        }
    }

    /// Waits until it says that something has happened to its user.
    pub async fn tells_of_activity(&mut self) {
        let telling = async {
            loop {
                let piece = self.chunk().await.unwrap();
                if piece.starts_with("event: activity\n") {
                    break;
                }
            }
        };
        let told = timeout(PATIENCE, telling).await;
        assert!(told.is_ok(), "nothing was told: {:?}", self.said);
    }

    /// After its end: asks for it again on the same connection. What comes is the answer to that, so not
    /// a byte came in between.
    pub async fn asked_again(mut self) -> Answer {
        let asked = request(&self.address, &self.browser, "close");
        self.socket.write_all(asked.as_bytes()).await.unwrap();
        timeout(PATIENCE, arrived(self.socket))
            .await
            .unwrap()
            .unwrap()
    }

    /// After its end: the server closes the connection, without another byte.
    pub async fn closes(mut self) {
        let mut left = Vec::new();
        let closed = timeout(PATIENCE, self.socket.read_to_end(&mut left)).await;
        closed.unwrap().unwrap();
        assert_eq!(left, b"");
    }
}

fn request(address: &str, browser: &Client, connection: &str) -> String {
    format!(
        "GET /events HTTP/1.1\r\nHost: {address}\r\nUser-Agent: {SAFARI_ON_IPHONE}\r\n\
         Accept: text/event-stream\r\nConnection: {connection}\r\nCookie: {}\r\n\r\n",
        browser.cookie_line(),
    )
}
