//! Stopping. From the signal to the end of the process all stands inside one bound, because a container is killed
//! ten seconds after it was asked to stop: requests under way, then outboxes, times of last use, the database, the log.

use std::{future::Future, io, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::Instant,
};

/// How long requests may go on after the signal.
pub const REQUESTS: Duration = Duration::from_secs(5);

/// When the rest has to be done, counted from the signal, too.
pub const WITHIN: Duration = Duration::from_secs(7);

/// How long the last log lines may take to be written, after all else.
pub const LOG: Duration = Duration::from_millis(500);

/// How long threads that block are waited for, last of all.
pub const THREADS: Duration = Duration::from_millis(500);

/// When the program was asked to stop, once it was.
pub type Stop = watch::Receiver<Option<Instant>>;

/// Takes SIGINT and SIGTERM from here on. Done first of all: until then they end the process with nothing said or
/// written, at a moment when who started it may take it for ready.
///
/// # Errors
/// The system's, when it does not let them be taken.
pub fn when_asked() -> io::Result<Stop> {
    let (stop, stopped) = watch::channel(None);
    let signalled = signalled()?;
    tokio::spawn(async move {
        signalled.await;
        let _ = stop.send(Some(Instant::now()));
    });
    Ok(stopped)
}

/// Waits until the program is asked to stop. When that was.
pub async fn asked(mut stop: Stop) -> Instant {
    match stop.wait_for(Option::is_some).await {
        Ok(asked) => asked.unwrap_or_else(Instant::now),
        // The task that waits for the signal is gone only with the runtime.
        Err(_) => Instant::now(),
    }
}

fn signalled() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
