//! The event streams that are open on this node: they say when something has happened to their user, and end when their
//! session does.

mod activity;
pub(crate) mod notices;
mod poller;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Context,
};

use accounts::{
    ids::{SessionId, UserId},
    sessions::{SessionStatus, SignedIn, Watched},
};
use axum::body::Bytes;
use tokio::sync::oneshot::{self, Receiver, Sender};

use activity::Activity;
pub use poller::EVERY;

/// Streams a session may have open: a browser needs one, and a spare while it reconnects.
const PER_SESSION: usize = 16;

/// Streams this node carries. `docs/MEASUREMENTS.md` says what one takes.
const PER_NODE: usize = 20_000;

/// The open streams. Cheap to clone.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    of_user: HashMap<UserId, Vec<OpenStream>>,
    count: usize,
    opened: u64,
    stopping: bool,
}

/// One stream's entry in the list.
struct OpenStream {
    number: u64,
    of: Watched,
    last_word: Sender<Bytes>,
    activity: Arc<Activity>,
}

/// Why no further stream is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    Session,
    Node,
    Stopping,
}

/// An open stream. Dropped, it is removed from the list.
pub struct Held {
    streams: Streams,
    user: UserId,
    number: u64,
    /// What to send before the end. Closed without a value when there is nothing to say.
    pub last_word: Receiver<Bytes>,
    activity: Arc<Activity>,
}

impl Held {
    /// Whether something has happened to the user since this was asked the last time; else the task is woken when it does.
    pub fn take_activity(&self, cx: &Context<'_>) -> bool {
        self.activity.take(cx)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.remove(&self.user, |stream| stream.number == self.number);
    }
}

impl Open {
    /// Takes out those streams of a user's that `is_over` says.
    fn remove(
        &mut self,
        user: &UserId,
        is_over: impl FnMut(&mut OpenStream) -> bool,
    ) -> Vec<OpenStream> {
        let Some(streams) = self.of_user.get_mut(user) else {
            return Vec::new();
        };
        let removed: Vec<OpenStream> = streams.extract_if(.., is_over).collect();
        if streams.is_empty() {
            self.of_user.remove(user);
        }
        self.count -= removed.len();
        removed
    }
}

impl Streams {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a stream for this session.
    ///
    /// # Errors
    /// When there are as many as there may be.
    pub fn hold(&self, who: &SignedIn) -> Result<Held, Full> {
        let mut open = self.lock();
        if open.stopping {
            return Err(Full::Stopping);
        }
        if open.count >= PER_NODE {
            return Err(Full::Node);
        }
        open.opened += 1;
        let number = open.opened;
        let streams = open.of_user.entry(who.user.id.clone()).or_default();
        if streams
            .iter()
            .filter(|s| s.of.session == who.session)
            .count()
            >= PER_SESSION
        {
            return Err(Full::Session);
        }
        let (sender, last_word) = oneshot::channel();
        let activity = Arc::<Activity>::default();
        streams.push(OpenStream {
            number,
            of: Watched {
                session: who.session.clone(),
                role: who.user.role,
                plan: who.user.plan,
            },
            last_word: sender,
            activity: activity.clone(),
        });
        open.count += 1;
        drop(open);
        Ok(Held {
            streams: self.clone(),
            user: who.user.id.clone(),
            number,
            last_word,
            activity,
        })
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// Ends them all, and lets no new one begin: they would hold up a clean stop.
    pub fn stop(&self) {
        let mut open = self.lock();
        open.stopping = true;
        open.count = 0;
        open.of_user.clear();
    }

    /// The sessions that streams are open for, with their users.
    fn watched(&self) -> Vec<(UserId, Watched)> {
        let open = self.lock();
        let mut watched: Vec<(UserId, Watched)> = open
            .of_user
            .iter()
            .flat_map(|(user, streams)| streams.iter().map(move |stream| (user, &stream.of)))
            .map(|(user, of)| (user.clone(), of.clone()))
            .collect();
        drop(open);
        watched.sort_by(|a, b| a.1.session.cmp(&b.1.session));
        watched.dedup();
        watched
    }

    /// The sessions that streams of these users are open for.
    fn sessions_of(&self, users: &HashSet<UserId>) -> Vec<(UserId, SessionId)> {
        let open = self.lock();
        let of_user = |user| open.of_user.get(user).into_iter().flatten();
        let mut sessions: Vec<(UserId, SessionId)> = users
            .iter()
            .flat_map(|user| of_user(user).map(move |s| (user.clone(), s.of.session.clone())))
            .collect();
        drop(open);
        sessions.sort_by(|a, b| a.1.cmp(&b.1));
        sessions.dedup();
        sessions
    }

    /// Something has happened to these users.
    fn note_activity(&self, users: &HashSet<UserId>) {
        let open = self.lock();
        let streams = users.iter().filter_map(|user| open.of_user.get(user));
        for stream in streams.flatten() {
            stream.activity.note();
        }
    }

    /// Something may have happened to anyone.
    fn note_activity_of_all(&self) {
        for stream in self.lock().of_user.values().flatten() {
            stream.activity.note();
        }
    }

    /// Ends the streams of a session that has ended, or whose user has another role or plan now.
    fn judge(&self, user: &UserId, session: &SessionId, now: Option<&SessionStatus>) {
        let mut open = self.lock();
        let ended = open.remove(user, |stream| {
            stream.of.session == *session
                && now.is_none_or(|now| {
                    let of = &stream.of;
                    now.ended.is_some() || (of.role, of.plan) != (now.role, now.plan)
                })
        });
        drop(open);
        // Without a status the row itself is gone: there is nothing left to say.
        let Some(now) = now else { return };
        for stream in ended {
            let notice = match &now.ended {
                Some(how) => notices::ended(user, how),
                None => notices::changed(user, now.role, now.plan),
            };
            let _ = stream.last_word.send(notice);
        }
    }
}
