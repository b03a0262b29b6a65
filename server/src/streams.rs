//! The event streams that are open on this node, and their end: a stream ends when its session does.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use accounts::{
    db::{Change, Conn, DatabaseError},
    plans::Plan,
    sessions::{self, SessionId, SignedIn, Standing},
    time::{Moment, UnixMillis},
    users::{Role, UserId},
};
use app::context::Curfew;
use axum::body::Bytes;
use tokio::{
    sync::{
        mpsc,
        oneshot::{self, Receiver, Sender},
    },
    time::{MissedTickBehavior, interval, sleep},
};

use crate::events::{changed, ended};

/// Streams a session may have open: a browser needs one, and a spare while it reconnects.
const PER_SESSION: usize = 16;

/// Streams this node carries. `docs/MEASUREMENTS.md` says what one takes.
const PER_NODE: usize = 20_000;

/// How often it is looked whether a session has run out.
const EVERY: Duration = Duration::from_secs(1);

/// How often everybody is looked at, whatever was heard: for a word that was lost on its way.
const EVERYBODY: u32 = 30;

/// Sessions looked at in one read.
const AT_ONCE: usize = 100;

/// How long to wait when the database is unavailable.
const AGAIN: Duration = Duration::from_millis(500);

/// The open streams. Cheap to clone.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    seats: HashMap<UserId, Vec<Seat>>,
    count: usize,
    made: u64,
    stopping: bool,
}

/// One stream's place in the list.
struct Seat {
    number: u64,
    session: SessionId,
    role: Role,
    plan: Plan,
    look_at: UnixMillis,
    tell: Sender<Bytes>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    Session,
    Node,
    Stopping,
}

/// A place that is given up when dropped.
pub struct Held {
    streams: Streams,
    user: UserId,
    number: u64,
    /// What to send before the end. Closed without a word when there is nothing to say.
    pub last_word: Receiver<Bytes>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(seats) = open.seats.get_mut(&self.user) {
            let before = seats.len();
            seats.retain(|seat| seat.number != self.number);
            let gone = before - seats.len();
            if seats.is_empty() {
                open.seats.remove(&self.user);
            }
            open.count -= gone;
        }
    }
}

impl Streams {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a stream of this session.
    ///
    /// # Errors
    /// When there is none left.
    pub fn hold(&self, who: &SignedIn) -> Result<Held, Full> {
        let mut open = self.lock();
        if open.stopping {
            return Err(Full::Stopping);
        }
        if open.count >= PER_NODE {
            return Err(Full::Node);
        }
        open.made += 1;
        let number = open.made;
        let seats = open.seats.entry(who.user.id.clone()).or_default();
        if seats.iter().filter(|s| s.session == who.session).count() >= PER_SESSION {
            return Err(Full::Session);
        }
        let (tell, last_word) = oneshot::channel();
        seats.push(Seat {
            number,
            session: who.session.clone(),
            role: who.user.role,
            plan: who.user.plan,
            // Looked at with the next tick, which finds out when it runs out.
            look_at: UnixMillis(0),
            tell,
        });
        open.count += 1;
        drop(open);
        Ok(Held {
            streams: self.clone(),
            user: who.user.id.clone(),
            number,
            last_word,
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
        open.seats.clear();
    }

    /// Looks at whom it hears of, for as long as it is polled.
    pub async fn keep_looking(self, curfew: Curfew) {
        let (say, mut on_change) = mpsc::unbounded_channel();
        let hearing = curfew.db.subscribe(
            || self.count() > 0,
            |change| {
                let _ = say.send(change);
            },
        );
        let looking = async {
            let mut tick = interval(EVERY);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let (mut ticks, mut due) = (0_u32, Due::default());
            // Everybody is looked at a few at a time: a remote logout must not wait for ten thousand.
            let mut rest: Vec<(UserId, SessionId)> = Vec::new();
            loop {
                tokio::select! {
                    biased;
                    change = on_change.recv() => due.add(change),
                    _ = tick.tick() => {
                        ticks = ticks.wrapping_add(1);
                        due.everyone |= ticks.is_multiple_of(EVERYBODY);
                        if rest.is_empty() {
                            rest = self.run_out(Moment::now().at);
                        }
                    }
                    () = std::future::ready(()), if !rest.is_empty() => {}
                }
                while let Ok(change) = on_change.try_recv() {
                    due.add(Some(change));
                }
                if due.everyone {
                    rest = self.sessions_of(None);
                    due.everyone = false;
                }
                if let Err(error) = self.look(&curfew, &mut due, &mut rest).await {
                    tracing::warn!(%error, "event streams stay open until the database answers");
                    sleep(AGAIN).await;
                }
            }
        };
        tokio::join!(hearing, looking);
    }

    /// The sessions that may have run out by now, and those that were not looked at yet.
    fn run_out(&self, now: UnixMillis) -> Vec<(UserId, SessionId)> {
        let open = self.lock();
        let seats = open.seats.iter();
        seats
            .flat_map(|(user, seats)| seats.iter().map(move |seat| (user, seat)))
            .filter(|(_, seat)| seat.look_at <= now)
            .map(|(user, seat)| (user.clone(), seat.session.clone()))
            .collect()
    }

    /// Looks at whom something was heard of, and at some of the rest. What could not be looked at
    /// because the database is unavailable stays due.
    async fn look(
        &self,
        curfew: &Curfew,
        due: &mut Due,
        rest: &mut Vec<(UserId, SessionId)>,
    ) -> Result<(), DatabaseError> {
        if self.count() == 0 {
            (*due, *rest) = (Due::default(), Vec::new());
        }
        if due.is_empty() && rest.is_empty() {
            return Ok(());
        }
        let mut conn = curfew.db.read().await?;
        for account in due.accounts.clone() {
            due.users
                .extend(sessions::of_account(&mut conn, &account).await?);
            due.accounts.remove(&account);
        }
        for some in self.sessions_of(Some(&due.users)).chunks(AT_ONCE) {
            self.look_at(&mut conn, curfew, some).await?;
        }
        due.users.clear();
        let kept = rest.len().saturating_sub(AT_ONCE);
        self.look_at(&mut conn, curfew, &rest[kept..]).await?;
        rest.truncate(kept);
        Ok(())
    }

    async fn look_at(
        &self,
        conn: &mut Conn,
        curfew: &Curfew,
        some: &[(UserId, SessionId)],
    ) -> Result<(), DatabaseError> {
        let ids: Vec<SessionId> = some.iter().map(|(_, session)| session.clone()).collect();
        let found = sessions::standing(conn, &ids, &curfew.limits, Moment::now()).await?;
        let found: HashMap<&SessionId, &Standing> = found.iter().map(|s| (&s.session, s)).collect();
        for (user, session) in some {
            self.judge(user, session, found.get(session).copied());
        }
        Ok(())
    }

    /// The sessions that streams are open for: these users', or everybody's.
    fn sessions_of(&self, users: Option<&HashSet<UserId>>) -> Vec<(UserId, SessionId)> {
        let open = self.lock();
        let mut sessions: Vec<(UserId, SessionId)> = open
            .seats
            .iter()
            .filter(|(user, _)| users.is_none_or(|users| users.contains(*user)))
            .flat_map(|(user, seats)| {
                seats
                    .iter()
                    .map(|seat| (user.clone(), seat.session.clone()))
            })
            .collect();
        drop(open);
        sessions.sort_by(|a, b| a.1.0.cmp(&b.1.0));
        sessions.dedup_by(|a, b| a.1 == b.1);
        sessions
    }

    /// Ends the streams of a session that has ended, or whose user stands otherwise now.
    fn judge(&self, user: &UserId, session: &SessionId, now: Option<&Standing>) {
        let mut open = self.lock();
        let Some(seats) = open.seats.get_mut(user) else {
            return;
        };
        let before = seats.len();
        for seat in seats.extract_if(.., |seat| {
            seat.session == *session
                && now.is_none_or(|now| {
                    seat.look_at = now.until;
                    now.ended.is_some() || (seat.role, seat.plan) != (now.role, now.plan)
                })
        }) {
            let word = match now {
                Some(Standing {
                    ended: Some(how), ..
                }) => Some(ended(user, how)),
                Some(now) => Some(changed(user, now.role, now.plan)),
                // The very row is gone: there is nothing left to tell.
                None => None,
            };
            if let Some(word) = word {
                let _ = seat.tell.send(word);
            }
        }
        let gone = before - seats.len();
        if seats.is_empty() {
            open.seats.remove(user);
        }
        open.count -= gone;
    }
}

/// Whom to look at.
#[derive(Default)]
struct Due {
    users: HashSet<UserId>,
    accounts: HashSet<accounts::users::AccountId>,
    everyone: bool,
}

impl Due {
    fn add(&mut self, change: Option<Change>) {
        match change {
            Some(Change::User(user)) => {
                self.users.insert(user);
            }
            Some(Change::Account(account)) => {
                self.accounts.insert(account);
            }
            Some(Change::Anyone) => self.everyone = true,
            None => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.accounts.is_empty()
    }
}
