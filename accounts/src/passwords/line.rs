//! The line in front of hashing. It is at most five seconds long, and a crowd keeps only itself out:
//!
//! - Strangers and users who are known already stand in lanes of their own, which are served in turn. So a flood of invented
//!   emails does not keep a user's own browser out.
//! - In a lane the networks take turns, so an address that sends many at once waits for itself.
//! - Who would wait longer than five seconds is told so at once; and who leaves frees their place.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::timeout};

/// The longest anything waits.
const LONGEST: Duration = Duration::from_secs(5);

/// Where one waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Strangers,
    Known,
}

/// How much there is to hash, for who watches a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLoad {
    /// Cores that hash.
    pub running: u32,
    pub waiting: usize,
}

impl Lane {
    fn other(self) -> Self {
        match self {
            Self::Strangers => Self::Known,
            Self::Known => Self::Strangers,
        }
    }
}

/// Cheap to clone; every clone is the same line.
#[derive(Clone)]
pub(super) struct Line(Arc<Mutex<State>>);

struct State {
    cores: u32,
    /// Cores that do nothing.
    free: u32,
    strangers: Networks,
    known: Networks,
    /// The lane whose turn it is.
    next: Lane,
    /// How long a hash takes, in the mean of the last ones.
    takes: Duration,
}

/// Those who wait in a lane: each network's in order, and the networks in the order of their turns. Never an empty one.
#[derive(Default)]
struct Networks(VecDeque<(String, VecDeque<oneshot::Sender<Place>>)>);

/// A core to hash on. It is given back when this is dropped.
pub(super) struct Place {
    /// None when it was given to one who had left.
    line: Option<Line>,
    since: Instant,
}

impl Line {
    /// For so many cores, on which a hash takes about so long.
    pub(super) fn new(cores: usize, takes: Duration) -> Self {
        let cores = u32::try_from(cores).unwrap_or(u32::MAX).max(1);
        Self(Arc::new(Mutex::new(State {
            cores,
            free: cores,
            strangers: Networks::default(),
            known: Networks::default(),
            next: Lane::Known,
            takes,
        })))
    }

    /// Waits for a core.
    ///
    /// # Errors
    /// How long to wait before trying again, when that would take too long.
    pub(super) async fn enter(&self, lane: Lane, network: &str) -> Result<Place, Duration> {
        let called = {
            let mut state = self.state();
            state.forget_those_who_left();
            if state.free > 0 {
                state.free -= 1;
                return Ok(self.place());
            }
            let wait = state.wait(lane, network);
            if wait > LONGEST {
                return Err(wait);
            }
            state.lane(lane).join(network)
        };
        // It may take longer than it looked.
        match timeout(LONGEST, called).await {
            Ok(Ok(mut place)) => {
                place.since = Instant::now();
                Ok(place)
            }
            _ => Err(LONGEST),
        }
    }

    pub(super) fn load(&self) -> HashingLoad {
        let state = self.state();
        HashingLoad {
            running: state.cores - state.free,
            waiting: state.strangers.len() + state.known.len(),
        }
    }

    fn place(&self) -> Place {
        Place {
            line: Some(self.clone()),
            since: Instant::now(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(line) = self.line.take() else { return };
        let mut state = line.state();
        state.takes = (state.takes * 7 + self.since.elapsed()) / 8;
        while let Some(next) = state.call() {
            match next.send(line.place()) {
                Ok(()) => return,
                // Gone: the core goes to the next in the line.
                Err(mut place) => place.line = None,
            }
        }
        state.free += 1;
    }
}

impl State {
    fn lane(&mut self, lane: Lane) -> &mut Networks {
        match lane {
            Lane::Strangers => &mut self.strangers,
            Lane::Known => &mut self.known,
        }
    }

    /// Who is next.
    fn call(&mut self) -> Option<oneshot::Sender<Place>> {
        let turn = self.next;
        self.next = turn.other();
        let called = self.lane(turn).call();
        called.or_else(|| self.lane(turn.other()).call())
    }

    /// How long one more of that network would wait.
    fn wait(&mut self, lane: Lane, network: &str) -> Duration {
        let before = self.lane(lane).before(network);
        // The lanes take turns.
        let others = self.lane(lane.other()).len().min(before + 1);
        let all = u32::try_from(before + others + 1).unwrap_or(u32::MAX);
        self.takes.saturating_mul(all) / self.cores
    }

    fn forget_those_who_left(&mut self) {
        for lane in [Lane::Strangers, Lane::Known] {
            let networks = &mut self.lane(lane).0;
            networks.retain_mut(|(_, waiting)| {
                waiting.retain(|one| !one.is_closed());
                !waiting.is_empty()
            });
        }
    }
}

impl Networks {
    fn len(&self) -> usize {
        self.0.iter().map(|(_, waiting)| waiting.len()).sum()
    }

    /// How many are called before one more of that network.
    fn before(&self, network: &str) -> usize {
        let own = self.0.iter().find(|(name, _)| name == network);
        let own = own.map_or(0, |(_, waiting)| waiting.len());
        let others = self.0.iter().filter(|(name, _)| name != network);
        own + others
            .map(|(_, waiting)| waiting.len().min(own + 1))
            .sum::<usize>()
    }

    fn join(&mut self, network: &str) -> oneshot::Receiver<Place> {
        let (called, is_called) = oneshot::channel();
        match self.0.iter_mut().find(|(name, _)| name == network) {
            Some((_, waiting)) => waiting.push_back(called),
            None => self
                .0
                .push_back((network.to_owned(), VecDeque::from([called]))),
        }
        is_called
    }

    fn call(&mut self) -> Option<oneshot::Sender<Place>> {
        let (network, mut waiting) = self.0.pop_front()?;
        let next = waiting.pop_front();
        if !waiting.is_empty() {
            self.0.push_back((network, waiting));
        }
        next
    }
}

#[cfg(test)]
mod tests;
