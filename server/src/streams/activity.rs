//! That something has happened to a user, on its way to a stream of theirs. However much happens before the stream comes
//! round, it is one notice.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::Context,
};

use futures::task::AtomicWaker;

/// See the module. Small, since there may be ten thousand.
#[derive(Debug, Default)]
pub(super) struct Activity {
    has_happened: AtomicBool,
    waker: AtomicWaker,
}

impl Activity {
    /// Notes it, and wakes the stream.
    pub(super) fn note(&self) {
        self.has_happened.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether something has happened since this was asked the last time; else the task is woken when it does.
    pub(super) fn take(&self, cx: &Context<'_>) -> bool {
        self.waker.register(cx.waker());
        self.has_happened.swap(false, Ordering::AcqRel)
    }
}
