//! A file that is being downloaded, taken part by part.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;

/// A download that has begun.
pub struct Download {
    body: BodyDataStream,
    /// What was taken so far.
    pub taken: String,
}

impl Download {
    pub fn begun(body: Body) -> Self {
        Self {
            body: body.into_data_stream(),
            taken: String::new(),
        }
    }

    /// Takes the next part. False at the end, and an error where it breaks off.
    async fn takes_a_part(&mut self) -> Result<bool, axum::Error> {
        let Some(part) = self.body.next().await else {
            return Ok(false);
        };
        self.taken.push_str(std::str::from_utf8(&part?).unwrap());
        Ok(true)
    }

    /// Takes parts until it has this many lines, or more.
    pub async fn takes_lines(&mut self, lines: usize) {
        while self.taken.lines().count() < lines {
            assert!(
                self.takes_a_part().await.unwrap(),
                "it ended: {}",
                self.taken
            );
        }
    }

    /// Takes the rest, which is all of it. The whole.
    pub async fn arrives_whole(mut self) -> String {
        while self.takes_a_part().await.unwrap() {}
        self.taken
    }

    /// Takes the rest, whatever is in it, to a proper end. How many bytes.
    pub async fn ends(mut self) -> usize {
        let mut bytes = 0;
        while let Some(part) = self.body.next().await {
            bytes += part.unwrap().len();
        }
        bytes
    }

    /// Takes the rest while its session is ended elsewhere. No part is handed on that was asked for after that was
    /// answered. Whether it arrived whole.
    pub async fn arrives_beside(mut self, answered: &AtomicBool) -> bool {
        loop {
            let over = answered.load(Ordering::SeqCst);
            match self.takes_a_part().await {
                Ok(true) => assert!(!over, "a part followed"),
                Ok(false) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Takes the rest, which breaks off. What there was of it, and why it broke off.
    pub async fn arrives_cut(mut self) -> (String, String) {
        loop {
            match self.takes_a_part().await {
                Ok(true) => {}
                Ok(false) => panic!(
                    "it ended as if it were whole: {}",
                    self.taken.lines().count()
                ),
                Err(error) => return (self.taken, error.to_string()),
            }
        }
    }

    /// Takes the rest, whatever is in it, which breaks off. Why.
    pub async fn breaks_off(mut self) -> String {
        while let Some(part) = self.body.next().await {
            if let Err(error) = part {
                return error.to_string();
            }
        }
        panic!("it ended as if it were whole")
    }
}
