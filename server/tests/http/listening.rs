//! An event stream that a browser has opened.

use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;
use http::HeaderMap;

/// An event stream that is open.
pub struct Listening {
    pub headers: HeaderMap,
    body: BodyDataStream,
    pub said: String,
}

/// How many events were said besides that something has happened.
pub fn events(said: &str) -> usize {
    let events = said.lines().filter(|line| line.starts_with("event: "));
    events.filter(|line| *line != "event: activity").count()
}

/// Patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

impl Listening {
    /// The stream of an answer, once it has said hello.
    pub async fn opened(headers: HeaderMap, body: Body) -> Self {
        let mut listening = Self {
            headers,
            body: body.into_data_stream(),
            said: String::new(),
        };
        listening.waits_for("event: hello\n", PATIENCE).await;
        listening
    }

    /// Waits until this text is said.
    pub async fn waits_for(&mut self, text: &str, most: Duration) {
        while !self.said.contains(text) {
            let next = tokio::time::timeout(most, self.body.next()).await;
            match next.unwrap_or_else(|_| panic!("{text:?} was not said in {:?}", self.said)) {
                Some(bytes) => self
                    .said
                    .push_str(std::str::from_utf8(&bytes.unwrap()).unwrap()),
                None => panic!("it ended without {text:?}: {:?}", self.said),
            }
        }
    }

    /// Waits for the end. How long that took, and what was said in all.
    pub async fn ends(mut self, most: Duration) -> (Duration, String) {
        let start = Instant::now();
        let end = async {
            while let Some(bytes) = self.body.next().await {
                self.said
                    .push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
            }
        };
        let ended = tokio::time::timeout(most, end).await;
        assert!(ended.is_ok(), "still open after {most:?}: {:?}", self.said);
        (start.elapsed(), self.said)
    }

    /// It is open and says nothing but that something has happened.
    pub async fn is_quiet(&mut self) {
        let quiet = Duration::from_millis(50);
        while let Ok(next) = tokio::time::timeout(quiet, self.body.next()).await {
            let piece = next.unwrap().unwrap();
            // Or the comment that keeps it open.
            let quiet = piece[..] == *b":\n\n" || piece.starts_with(b"event: activity\n");
            assert!(quiet, "{piece:?}");
        }
    }
}
