//! Change notifications: whose sessions may have changed, sent by the transaction that changed them to every
//! process that has an event stream open for their users.
//!
//! NOTIFY lets only one commit run at a time, so a sign-in does not carry one: other nodes are told of it right after its
//! commit, of many in one statement ([`relay`]).
//!
//! They only make things faster. A browser that is told nothing is refused at its next request all the same; a
//! process that is told something reads the database, and believes only that.

mod listener;
mod relay;

use std::{sync::Arc, time::Duration};

use sqlx::{FromRow, Sqlite, pool::PoolConnection, sqlite::SqlitePool};
use tokio::{sync::broadcast, time::sleep};

use super::{Conn, Db};
use crate::{
    ids::{AccountId, UserId},
    time::Moment,
};

/// The channel that PostgreSQL carries changes on, from node to node.
const CHANNEL: &str = "curfew_changes";

/// The audit chain of events that belong to no account.
pub(crate) const INSTANCE: &str = "instance";

/// How often SQLite is asked whether another process has written. Asking reads one number.
const POLL: Duration = Duration::from_millis(250);

/// Events read at a time; when there are more, every user's sessions count as changed.
const PAGE: i64 = 500;

/// Whose sessions to look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    User(UserId),
    /// Every member of it: the plan, for one.
    Account(AccountId),
    /// Something may have been missed.
    Anyone,
}

/// Tells this process what it has committed itself. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notifier {
    here: broadcast::Sender<Change>,
    /// What other nodes are told after the commit.
    later: broadcast::Sender<Change>,
    /// Tells our own notifications on PostgreSQL's channel from those of other nodes.
    node: Arc<str>,
}

impl Default for Notifier {
    fn default() -> Self {
        Self {
            here: broadcast::Sender::new(1_024),
            later: broadcast::Sender::new(1_024),
            node: Moment::now().id().into(),
        }
    }
}

impl Notifier {
    /// Commits a transaction and tells whose sessions it has changed: other nodes of PostgreSQL with the
    /// commit itself, this process right after it.
    pub(crate) async fn commit(
        &self,
        mut conn: Conn,
        mut changes: Vec<Change>,
    ) -> Result<(), sqlx::Error> {
        changes.dedup();
        if let Conn::Postgres(held) = &mut conn {
            for change in &changes {
                sqlx::query("select pg_notify($1, $2)")
                    .bind(CHANNEL)
                    .bind(change.payload(&self.node))
                    .execute(&mut **held)
                    .await?;
            }
        }
        conn.commit().await?;
        self.notify(changes);
        Ok(())
    }

    /// Tells this process of what is committed, and other nodes a moment later.
    pub(crate) fn notify_later(&self, changes: Vec<Change>) {
        for change in &changes {
            let _ = self.later.send(change.clone());
        }
        self.notify(changes);
    }

    fn notify(&self, changes: Vec<Change>) {
        for change in changes {
            // An error says that nothing is subscribed.
            let _ = self.here.send(change);
        }
    }
}

impl Change {
    /// As PostgreSQL carries it; [`parse`] reads it.
    fn payload(&self, node: &str) -> String {
        match self {
            Self::User(id) => format!("{node} user {}", id.0),
            Self::Account(id) => format!("{node} account {}", id.0),
            Self::Anyone => format!("{node} anyone"),
        }
    }

    /// Whose sessions an operation may have changed, or what their pages show, by its event. An action that is not named here counts as
    /// one that may: looking once too often costs one read.
    pub(crate) fn of_event(action: &str, subject: Option<&str>, chain: &str) -> Option<Self> {
        match (action, subject) {
            // They change no session, but what a user's pages show; what is known of no user shows nowhere.
            ("user.login_failed" | "user.device_renamed", Some(user)) => {
                Some(Self::User(UserId(user.to_owned())))
            }
            // A session that a raised epoch ended was told of by the event that raised it.
            (
                "user.created"
                | "user.login_failed"
                | "user.device_renamed"
                | "user.session_ended"
                | "access.denied",
                _,
            ) => None,
            (_, Some(user)) => Some(Self::User(UserId(user.to_owned()))),
            (_, None) if chain == INSTANCE => Some(Self::Anyone),
            (_, None) => Some(Self::Account(AccountId(chain.to_owned()))),
        }
    }
}

impl Db {
    /// Passes on whose sessions may have changed, for as long as it is polled: what this process
    /// commits at once, what others commit within about a quarter of a second. After every gap it
    /// passes on [`Change::Anyone`]. While `listening` returns false, SQLite is not polled.
    pub async fn subscribe(&self, listening: impl Fn() -> bool, on_change: impl Fn(Change)) {
        match self {
            Self::Sqlite { read, notifier, .. } => {
                tokio::join!(
                    own(notifier, &on_change),
                    sqlite(read, &listening, &on_change)
                );
            }
            Self::Postgres { pool, notifier } => {
                tokio::join!(
                    own(notifier, &on_change),
                    relay::keep_relaying(pool, notifier),
                    listener::keep_listening(pool, &notifier.node, &on_change)
                );
            }
        }
    }
}

impl Db {
    /// Passes on what this process commits itself, right after each commit, for as long as it is polled.
    pub async fn own_changes(&self, on_change: impl Fn(Change)) {
        own(self.notifier(), &on_change).await;
    }
}

async fn own(notifier: &Notifier, on_change: &impl Fn(Change)) {
    let mut here = notifier.here.subscribe();
    on_change(Change::Anyone);
    loop {
        match here.recv().await {
            Ok(change) => on_change(change),
            Err(broadcast::error::RecvError::Lagged(_)) => on_change(Change::Anyone),
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Reads a notification. None for our own, which this process has passed on already.
fn parse(payload: &str, node: &str) -> Option<Change> {
    let mut words = payload.split(' ');
    if words.next() == Some(node) {
        return None;
    }
    Some(match (words.next(), words.next()) {
        (Some("user"), Some(id)) => Change::User(UserId(id.to_owned())),
        (Some("account"), Some(id)) => Change::Account(AccountId(id.to_owned())),
        _ => Change::Anyone,
    })
}

/// SQLite notifies no other process, but tells cheaply whether another one has written; and every operation that
/// changes a session records an event.
async fn sqlite(pool: &SqlitePool, listening: &impl Fn() -> bool, on_change: &impl Fn(Change)) {
    let mut poller: Option<Poller> = None;
    loop {
        sleep(POLL).await;
        if !listening() {
            poller = None;
            continue;
        }
        poller = match poller {
            Some(poller) => poller.look(on_change).await.ok(),
            None => Poller::open(pool, on_change).await.ok(),
        };
    }
}

/// A connection of its own: `data_version` counts what others have written since this connection last looked.
struct Poller {
    conn: PoolConnection<Sqlite>,
    version: i64,
    /// The number of the last event seen. SQLite gives every row one, ever higher.
    last: i64,
}

#[derive(FromRow)]
struct EndedBy {
    rowid: i64,
    action: String,
    subject: Option<String>,
    chain: String,
}

impl Poller {
    async fn open(pool: &SqlitePool, on_change: &impl Fn(Change)) -> Result<Self, sqlx::Error> {
        let mut conn = pool.acquire().await?;
        let version = version(&mut conn).await?;
        let last = newest(&mut conn).await?;
        // Stands for what was written before the first look.
        on_change(Change::Anyone);
        Ok(Self {
            conn,
            version,
            last,
        })
    }

    async fn look(mut self, on_change: &impl Fn(Change)) -> Result<Self, sqlx::Error> {
        let version = version(&mut self.conn).await?;
        if version == self.version {
            return Ok(self);
        }
        self.version = version;
        let operations: Vec<EndedBy> = sqlx::query_as(
            "select rowid, action, subject, chain from audit_events
             where rowid > $1 order by rowid limit $2",
        )
        .bind(self.last)
        .bind(PAGE)
        .fetch_all(&mut *self.conn)
        .await?;
        let newest = newest(&mut self.conn).await?;
        if newest
            == operations
                .last()
                .map_or(self.last, |operation| operation.rowid)
        {
            for operation in operations {
                let subject = operation.subject.as_deref();
                if let Some(change) = Change::of_event(&operation.action, subject, &operation.chain)
                {
                    on_change(change);
                }
            }
        } else {
            // More than a page, or a database that was compacted or restored from a backup while we run.
            on_change(Change::Anyone);
        }
        self.last = newest;
        Ok(self)
    }
}

async fn version(conn: &mut PoolConnection<Sqlite>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("pragma data_version")
        .fetch_one(&mut **conn)
        .await
}

async fn newest(conn: &mut PoolConnection<Sqlite>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select coalesce(max(rowid), 0) from audit_events")
        .fetch_one(&mut **conn)
        .await
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// More is sent than the channel keeps for a slow subscriber: what was lost could have been about any user.
    #[tokio::test]
    async fn a_subscriber_that_missed_changes_is_told_that_anyone_may_have_changed() {
        let (notifier, on_change) = (Notifier::default(), RefCell::new(Vec::new()));
        let subscribe = |change| on_change.borrow_mut().push(change);
        let subscribed = own(&notifier, &subscribe);
        let sending = async {
            // By now there is a subscriber, which was told nothing but the `Anyone` it begins with.
            assert_eq!(*on_change.borrow(), [Change::Anyone]);
            let ada = |n| Change::User(UserId(format!("ada {n}")));
            notifier.notify((0..2_000).map(ada).collect());
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert_eq!(on_change.borrow()[1], Change::Anyone);
            assert_eq!(*on_change.borrow().last().unwrap(), ada(1_999));
        };
        tokio::select! {
            biased;
            () = subscribed => unreachable!(),
            () = sending => {}
        }
    }

    #[test]
    fn a_notification_of_another_node_is_read_and_our_own_is_not_passed_on_twice() {
        let ada = Some(Change::User(UserId("ada".into())));
        assert_eq!(parse("n1 user ada", "n2"), ada);
        assert_eq!(parse("n1 user ada", "n1"), None);
        let account = Some(Change::Account(AccountId("a".into())));
        assert_eq!(parse("n1 account a", "n2"), account);
        // Of a later version, or of any program that may write to the channel.
        for odd in ["", "n1", "n1 anyone", "n1 planet earth", "x y z"] {
            assert_eq!(parse(odd, "n2"), Some(Change::Anyone), "{odd}");
        }
    }
}
