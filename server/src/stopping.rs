//! Stopping. From the signal to the end of the process all stands inside one bound, because a container is killed
//! ten seconds after it was asked to stop: requests under way, then outboxes, times of last use, the database, the log.

use std::time::Duration;

use tokio::{signal, sync::watch, time::Instant};

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

/// Waits for SIGINT or SIGTERM in a task of its own, and does `first` at once.
pub fn when_asked(first: impl FnOnce() + Send + 'static) -> Stop {
    let (stop, stopped) = watch::channel(None);
    tokio::spawn(async move {
        signalled().await;
        let asked = Instant::now();
        first();
        let _ = stop.send(Some(asked));
    });
    stopped
}

/// Waits until the program is asked to stop. When that was.
pub async fn asked(mut stop: Stop) -> Instant {
    match stop.wait_for(Option::is_some).await {
        Ok(asked) => asked.unwrap_or_else(Instant::now),
        // The task that waits for the signal is gone only with the runtime.
        Err(_) => Instant::now(),
    }
}

async fn signalled() {
    let interrupt = signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
