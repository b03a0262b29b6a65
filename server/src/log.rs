//! The log, written by a thread of its own. No request waits for standard error, and none fails with it: where its
//! reader is gone, its disk full or its pipe blocked, lines are lost, and counted until one can be written again.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, fmt,
    fmt::MakeWriter,
    layer::SubscriberExt,
    registry::{LookupSpan, Registry},
    util::SubscriberInitExt,
};

#[cfg(feature = "traces")]
use crate::traces::exporter::Exporter;
use crate::visible_log::VisibleLog;

/// Lines that may wait to be written: a second or so of a busy node.
const QUEUE: usize = 4_096;

/// Bytes that are written together, and a line.
const TOGETHER: usize = 16 * 1_024;

/// How long lines gather before they are written. Waking the writer for each would cost every request more than the rest of
/// its line.
const GATHERS: Duration = Duration::from_millis(5);

/// How often an end that finds the queue full looks again.
const AGAIN: Duration = Duration::from_millis(10);

/// The log of this process. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
    #[cfg(feature = "traces")]
    traces: Option<Exporter>,
}

enum Message {
    Line(Vec<u8>),
    /// Answered when every line before it was written or lost.
    End(SyncSender<()>),
}

impl Log {
    /// Begins to log to standard error, in colours on a terminal unless `NO_COLOR` is set (<https://no-color.org>); and, in
    /// a program with the feature `traces`, to send traces where a collector is named.
    ///
    /// # Errors
    /// When the system gives no thread for it, or the collector's settings cannot be used.
    pub fn begin(json: bool, filter: &str) -> io::Result<Self> {
        let log = Self::to(io::stderr())?;
        #[cfg(feature = "traces")]
        let log = Self {
            traces: Exporter::from_env()?,
            ..log
        };
        log.listen(json, EnvFilter::new(filter));
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a panic")));
        Ok(log)
    }

    fn listen(&self, json: bool, filter: EnvFilter) {
        #[cfg(feature = "traces")]
        if let Some(traces) = &self.traces {
            let lines = self.lines(json).with_filter(filter);
            return Registry::default().with(traces.layer()).with(lines).init();
        }
        Registry::default()
            .with(filter)
            .with(self.lines(json))
            .init();
    }

    fn lines<S>(&self, json: bool) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let lines = fmt::layer()
            .with_ansi(!no_color && io::stderr().is_terminal())
            // It would say on standard error that standard error cannot be written, and panic.
            .log_internal_errors(false)
            .with_writer(VisibleLog(self.clone()));
        if json {
            lines.json().flatten_event(true).boxed()
        } else {
            lines.boxed()
        }
    }

    fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, lines) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = lost.clone();
        let writer = thread::Builder::new().name("log".into());
        writer.spawn(move || write(out, &lines, &counted))?;
        Ok(Self {
            queue,
            lost,
            #[cfg(feature = "traces")]
            traces: None,
        })
    }

    /// Waits until what was logged is written, and what is traced was sent, each for no longer than this.
    pub fn end(&self, most: Duration) {
        #[cfg(feature = "traces")]
        if let Some(traces) = &self.traces {
            traces.end(most);
        }
        let until = Instant::now() + most;
        let (written, is_written) = sync_channel(1);
        // Its reader may be slow, and the queue full.
        while self.queue.try_send(Message::End(written.clone())).is_err() {
            if Instant::now() >= until {
                return;
            }
            thread::sleep(AGAIN);
        }
        let left = until.saturating_duration_since(Instant::now());
        let _: Result<(), RecvTimeoutError> = is_written.recv_timeout(left);
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

/// Takes whole lines, as `tracing` writes them, and always.
impl Write for &Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Message::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(mut out: impl Write, queue: &Receiver<Message>, lost: &AtomicU64) {
    let mut lines = Vec::new();
    let mut more_waits = false;
    while let Ok(message) = queue.recv() {
        // Not where lines wait already: what sleeps then falls behind, and lines are lost.
        if !more_waits {
            thread::sleep(GATHERS);
        }
        more_waits = false;
        let (mut count, mut end) = (0, None);
        let mut next = Some(message);
        // What has gathered meanwhile is written together.
        while let Some(message) = next {
            match message {
                Message::Line(line) => {
                    lines.extend_from_slice(&line);
                    count += 1;
                }
                Message::End(written) => end = Some(written),
            }
            more_waits = lines.len() >= TOGETHER;
            let more = end.is_none() && !more_waits;
            next = more.then(|| queue.try_recv().ok()).flatten();
        }
        write_lines(&mut out, &lines, count, lost);
        lines.clear();
        if let Some(written) = end {
            let _ = written.try_send(());
        }
    }
}

fn write_lines(out: &mut impl Write, lines: &[u8], count: u64, lost: &AtomicU64) {
    if count == 0 {
        return;
    }
    if out.write_all(lines).is_err() {
        lost.fetch_add(count, Ordering::Relaxed);
        return;
    }
    let lines = lost.swap(0, Ordering::Relaxed);
    if lines > 0 {
        // By way of the queue, so that it has the form of every other line.
        tracing::warn!(lines, "log lines could not be written");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, mpsc::channel};

    use super::*;

    /// What was written, behind a lock by which a test holds the writer up.
    #[derive(Clone, Default)]
    struct Held(Arc<Mutex<Vec<u8>>>);

    impl Held {
        fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
            self.0.lock().unwrap()
        }
    }

    impl Write for Held {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.lock().extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_writer_that_is_held_up_holds_no_caller_up_and_what_is_lost_is_counted() {
        let held = Held::default();
        let log = Log::to(held.clone()).unwrap();
        let stuck = held.lock();
        let (done, is_done) = channel();
        let busy = log.clone();
        thread::spawn(move || {
            for n in 0..2 * QUEUE {
                let line = format!("line {n}\n");
                (&busy).write_all(line.as_bytes()).unwrap();
            }
            busy.end(Duration::from_millis(50));
            done.send(()).unwrap();
        });
        let went_on = is_done.recv_timeout(Duration::from_secs(30));
        assert!(went_on.is_ok(), "the caller waits for the log");
        let lost = log.lost.load(Ordering::Relaxed);
        assert!(lost > 0);
        drop(stuck);
        log.end(Duration::from_secs(30));
        let written = String::from_utf8(held.lock().clone()).unwrap();
        let written = written.lines().count();
        // All the others. That some were lost was said, and there is no count any more.
        assert_eq!(u64::try_from(written).unwrap() + lost, 2 * QUEUE as u64);
        assert_eq!(log.lost.load(Ordering::Relaxed), 0);
    }
}
