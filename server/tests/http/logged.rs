//! What the service logs while something happens.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::instrument::WithSubscriber;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a story. Gives what came of it, and the lines that it logged, each with the fields of its request.
pub async fn logged<F: Future>(story: F) -> (F::Output, Vec<String>) {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("info,sqlx=off")
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let done = story.with_subscriber(subscriber).await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    (done, text.lines().map(str::to_owned).collect())
}

/// The lines that contain this.
pub fn with<'a>(lines: &'a [String], part: &str) -> Vec<&'a str> {
    let lines = lines.iter().map(String::as_str);
    lines.filter(|line| line.contains(part)).collect()
}
