//! The socket of a connection: one whose reader takes nothing is cut, and what is cut looks broken to the reader.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// Set while what a connection has sent is not all that it should send.
#[derive(Clone, Default)]
pub(super) struct Broken(Arc<AtomicBool>);

impl Broken {
    fn set(&self, broken: bool) {
        self.0.swap(broken, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A socket whose writes fail once its reader has taken nothing for a time.
pub(super) struct Socket {
    stream: TcpStream,
    stalled: Duration,
    /// Runs while the reader takes nothing.
    waiting: Option<Pin<Box<Sleep>>>,
    broken: Broken,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, stalled: Duration, broken: Broken) -> Self {
        Self {
            stream,
            stalled,
            waiting: None,
            broken,
        }
    }

    fn in_time(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let stalled = self.stalled;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(stalled)));
        if waiting.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.broken.set(true);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Closed with a reset where the answer broke off: a reader whose answer ends with its connection (HTTP/1.0, which
/// proxies speak) would take what it has for the whole. What the reader has not taken yet is dropped, too.
impl Drop for Socket {
    fn drop(&mut self) {
        if self.broken.is_set() {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.in_time(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.in_time(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of an answer, which notes that it is under way, and when it breaks off.
pub(super) struct Watched {
    pub(super) body: Body,
    pub(super) broken: Broken,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            // One of a known length says itself when it is not whole, and is not polled to its end.
            Poll::Ready(Some(Ok(_))) if self.body.size_hint().exact().is_none() => {
                self.broken.set(true);
            }
            Poll::Ready(Some(Err(_))) => self.broken.set(true),
            Poll::Ready(None) => self.broken.set(false),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
