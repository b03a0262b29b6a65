//! Begins two operations at the same moment, and counts which was first.

use std::{
    ops::AddAssign,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Barrier;

/// Which of the two was done first, as their answers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OperationFirst,
    RemoteLogoutFirst,
}

/// Two operations side by side, each held back for a random part of the time that the other takes, so
/// that they overlap at every place and end in either order.
pub struct Overlap {
    dice: u64,
    operation: Duration,
    remote_logout: Duration,
    /// Whether the last two ran at the same time.
    overlapped: bool,
}

impl Overlap {
    pub fn new(seed: usize) -> Self {
        Self {
            dice: 0x9e37_79b9_7f4a_7c15 ^ seed as u64,
            operation: Duration::from_millis(2),
            remote_logout: Duration::from_millis(2),
            overlapped: false,
        }
    }

    /// Runs both at once on threads of their own.
    pub async fn both<A, B>(
        &mut self,
        operation: impl Future<Output = A> + Send + 'static,
        remote_logout: impl Future<Output = B> + Send + 'static,
    ) -> (A, B)
    where
        A: Send + 'static,
        B: Send + 'static,
    {
        let start = Arc::new(Barrier::new(2));
        // Most operations hash or read before they come to what the remote logout waits for: it is held back longer, or it
        // would nearly always be first.
        let (hold_operation, hold_remote_logout) = (
            self.up_to(self.remote_logout),
            self.up_to(self.operation * 3 / 2),
        );
        let operation = tokio::spawn(held_back(Arc::clone(&start), hold_operation, operation));
        let remote_logout = tokio::spawn(held_back(start, hold_remote_logout, remote_logout));
        let (a, operation) = operation.await.unwrap();
        let (b, remote_logout) = remote_logout.await.unwrap();
        self.overlapped = operation.0 < remote_logout.1 && remote_logout.0 < operation.1;
        self.operation = (self.operation * 7 + (operation.1 - operation.0)) / 8;
        self.remote_logout = (self.remote_logout * 7 + (remote_logout.1 - remote_logout.0)) / 8;
        (a, b)
    }

    /// A random time below `most` (xorshift: repeatable, and no secret).
    fn up_to(&mut self, most: Duration) -> Duration {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        let most = u64::try_from(most.as_micros()).unwrap().max(1);
        Duration::from_micros(self.dice % most)
    }
}

async fn held_back<T>(
    start: Arc<Barrier>,
    hold: Duration,
    operation: impl Future<Output = T>,
) -> (T, (Instant, Instant)) {
    start.wait().await;
    tokio::time::sleep(hold).await;
    let began = Instant::now();
    let done = operation.await;
    (done, (began, Instant::now()))
}

/// How the pairs went.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub pairs: usize,
    overlapped: usize,
    operation_first: usize,
    remote_logout_first: usize,
}

impl Tally {
    pub fn count(&mut self, pair: &Overlap, order: Order) {
        self.pairs += 1;
        self.overlapped += usize::from(pair.overlapped);
        self.operation_first += usize::from(order == Order::OperationFirst);
        self.remote_logout_first += usize::from(order == Order::RemoteLogoutFirst);
    }

    /// A race that is always won by the same side proves nothing.
    pub fn assert_both_orders(&self, operation: &str) {
        eprintln!("{operation}: {self:?}");
        assert!(self.overlapped > self.pairs / 3, "{operation}: {self:?}");
        assert!(
            self.operation_first > self.pairs / 10,
            "{operation}: {self:?}"
        );
        assert!(
            self.remote_logout_first > self.pairs / 10,
            "{operation}: {self:?}"
        );
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.overlapped += other.overlapped;
        self.operation_first += other.operation_first;
        self.remote_logout_first += other.remote_logout_first;
    }
}
