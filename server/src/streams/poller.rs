//! Looks whether the sessions that streams are open for still live: every second at all of them, in one statement, and
//! at once where a change notification says so. A notification may be lost on its way, and only makes it faster.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use accounts::{
    db::{Change, DatabaseError},
    ids::{AccountId, SessionId, UserId},
    instance::Reader,
    sessions::{self, Ended, SessionStatus, Watched},
    time::Moment,
};
use app::context::Curfew;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::Streams;

/// How often to look at every session that a stream is open for.
pub const EVERY: Duration = Duration::from_secs(1);

/// Sessions whose end is read, and told, at once.
const AT_ONCE: usize = 100;

/// How long a look may take. A connection that is half dead never answers.
const LONGEST: Duration = Duration::from_secs(3);

/// How long to wait when the database is unavailable.
const AGAIN: Duration = Duration::from_millis(500);

impl Streams {
    /// Ends the streams of sessions that end, for as long as it is polled. Without a change notification it takes as
    /// long as `every`.
    pub async fn keep_looking(self, curfew: Curfew, every: Duration) {
        let (sender, mut on_change) = mpsc::unbounded_channel();
        let listening = curfew.instance.db.subscribe(
            || self.count() > 0,
            |change| {
                let _ = sender.send(change);
            },
        );
        let looking = async {
            let mut tick = interval(every);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut due = Due::default();
            loop {
                tokio::select! {
                    biased;
                    change = on_change.recv() => due.add(change),
                    _ = tick.tick() => due.everyone = true,
                    // What is left, or could not be looked at.
                    () = std::future::ready(()), if !due.is_empty() => {}
                }
                while let Ok(change) = on_change.try_recv() {
                    due.add(Some(change));
                }
                let error = match timeout(LONGEST, self.look(&curfew, &mut due)).await {
                    Ok(Ok(())) => continue,
                    Ok(Err(error)) => error,
                    Err(_) => DatabaseError::PoolTimedOut,
                };
                let streams = self.count();
                let error = curfew.instance.db.explain(&error);
                tracing::warn!(
                    error,
                    streams,
                    "the database is unavailable: event streams stay open until it answers"
                );
                sleep(AGAIN).await;
            }
        };
        tokio::join!(listening, looking);
    }

    /// Looks at the users that change notifications named, then at everyone, and at some of those whose sessions have
    /// ended. What could not be looked at because the database is unavailable stays due.
    async fn look(&self, curfew: &Curfew, due: &mut Due) -> Result<(), DatabaseError> {
        if self.count() == 0 {
            *due = Due::default();
        }
        if due.is_empty() {
            return Ok(());
        }
        let mut conn = curfew.instance.read(Moment::now()).await?;
        for account in due.accounts.clone() {
            due.users
                .extend(sessions::of_account(&mut conn, &account).await?);
            due.accounts.remove(&account);
        }
        for some in self.sessions_of(&due.users).chunks(AT_ONCE) {
            self.look_at(&mut conn, some).await?;
        }
        // The streams that are left: their sessions live, and show what may have changed.
        self.note_activity(&due.users);
        due.users.clear();
        if due.missed {
            self.note_activity_of_all();
            due.missed = false;
        }
        if due.everyone {
            due.rest = self.changed(&mut conn).await?;
            due.everyone = false;
        }
        let kept = due.rest.len().saturating_sub(AT_ONCE);
        self.look_at(&mut conn, &due.rest[kept..]).await?;
        due.rest.truncate(kept);
        Ok(())
    }

    /// The sessions of all open streams whose streams are to end.
    async fn changed(&self, conn: &mut Reader) -> Result<Vec<(UserId, SessionId)>, DatabaseError> {
        let (users, watched): (Vec<UserId>, Vec<Watched>) = self.watched().into_iter().unzip();
        conn.now = Moment::now();
        let changed = sessions::changed(conn, &watched).await?;
        let changed: HashSet<SessionId> = changed.into_iter().collect();
        let sessions = watched.into_iter().map(|watched| watched.session);
        let all = users.into_iter().zip(sessions);
        Ok(all
            .filter(|(_, session)| changed.contains(session))
            .collect())
    }

    async fn look_at(
        &self,
        conn: &mut Reader,
        some: &[(UserId, SessionId)],
    ) -> Result<(), DatabaseError> {
        let ids: Vec<SessionId> = some.iter().map(|(_, session)| session.clone()).collect();
        // Many of them take a while, and each read is judged by its own moment.
        conn.now = Moment::now();
        let found = sessions::statuses(conn, &ids).await?;
        let found: HashMap<&SessionId, &SessionStatus> = found
            .iter()
            .map(|status| (&status.session, status))
            .collect();
        for (user, session) in some {
            let status = found.get(session);
            if status.is_some_and(|status| status.ended.as_ref().is_some_and(Ended::is_in_doubt)) {
                continue;
            }
            self.judge(user, session, status.copied());
        }
        Ok(())
    }
}

/// Whom to look at.
#[derive(Default)]
struct Due {
    users: HashSet<UserId>,
    accounts: HashSet<AccountId>,
    everyone: bool,
    /// What happened may have been missed, so that every page has to look for itself.
    missed: bool,
    /// Sessions to end, a few at a time, because a remote logout must not wait for ten thousand.
    rest: Vec<(UserId, SessionId)>,
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
            Some(Change::Anyone) => {
                self.everyone = true;
                self.missed = true;
            }
            None => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.accounts.is_empty() && self.rest.is_empty() && !self.everyone
    }
}
