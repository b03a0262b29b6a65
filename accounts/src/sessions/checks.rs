//! Session checks that wait at the same moment are answered by one read.
//!
//! One task reads. A check that arrives while a read is on its way waits for the next one, together with all others that
//! do. So a check is never answered by a read that began before it arrived: what was committed before it was asked is in
//! its answer. Nothing is kept from one read to the next but the connection.

use std::{
    mem,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::FromRow;
use tokio::{sync::oneshot, task::yield_now, time::timeout};

use super::find::{Found, find};
use crate::{
    db::{Conn, PATIENCE},
    instance::Instance,
    live::live_session,
    on,
    secret::{Token, TokenHash},
    signed_in::SignedIn,
    time::Moment,
    users::user,
};

/// One statement looks up this many hashes, or sixteen, or four, or one: so there are four to prepare, and no more.
const MOST: usize = 64;
const MANY: usize = 16;
const SOME: usize = 4;

/// What a request needs of a live session, by so many hashes; `$1` and `$2` are as in [`live_session!`]. Places that are
/// left over hold no hash, which no session has. How one ended is asked for by itself. Whether it is live is a column and no
/// condition: PostgreSQL, before it has statistics, would look for it among all that are open.
macro_rules! looked_up {
    ($hashes:literal) => {
        concat!(
            "select s.token_hash, s.id as session_id, s.epoch, s.started_at, s.last_active_at, s.confirmed_at,
                    (s.given_with is not null) as first_use, ",
            user!("$1", "$2"),
            ", ",
            live_session!("$1", "$2"),
            " as live
             from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id
             where s.token_hash in (",
            $hashes,
            ")"
        )
    };
}

const ONE_HASH: &str = looked_up!("$3");

const SOME_HASHES: &str = looked_up!("$3, $4, $5, $6");

const MANY_HASHES: &str =
    looked_up!("$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18");

const MOST_HASHES: &str = looked_up!(
    "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
     $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45,
     $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66"
);

/// The database is unavailable, for every check that a read should have answered.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct Unavailable(Arc<sqlx::Error>);

impl From<sqlx::Error> for Unavailable {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl Deref for Unavailable {
    type Target = sqlx::Error;

    fn deref(&self) -> &sqlx::Error {
        &self.0
    }
}

/// From session cookies to users, for many requests at once. Cheap to clone; every clone shares the reads.
#[derive(Clone)]
pub struct Checks(Arc<Shared>);

struct Shared {
    instance: Instance,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether the task runs that reads.
    reading: bool,
    /// What it read with last.
    conn: Option<Conn>,
}

/// A check, and where its answer goes. Nothing is there any more when its caller has left.
struct Waiting {
    hash: TokenHash,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Option<Box<SignedIn>>, Unavailable>;

#[derive(FromRow)]
struct Looked {
    token_hash: TokenHash,
    live: bool,
    #[sqlx(flatten)]
    signed_in: SignedIn,
}

impl Checks {
    #[must_use]
    pub fn new(instance: Instance) -> Self {
        Self(Arc::new(Shared {
            instance,
            queue: Mutex::default(),
        }))
    }

    /// What a session cookie stands for, as [`find`](super::find): the database is read after this was called.
    ///
    /// # Errors
    /// When the database is unavailable. That is never "not signed in".
    pub async fn check(&self, token: &Token) -> Result<Found, Unavailable> {
        match self.ask(token.hash()).await? {
            Some(signed_in) => Ok(Found::Live(signed_in)),
            None => Box::pin(self.not_live(token)).await,
        }
    }

    /// What has ended, and how, is in other tables, and asked for once.
    async fn not_live(&self, token: &Token) -> Result<Found, Unavailable> {
        let mut conn = self.0.instance.read(Moment::now()).await?;
        Ok(find(&mut conn, token).await?)
    }

    /// Closes the connection that it reads with. A later check opens another.
    pub async fn close(&self) {
        let conn = self.0.queue().conn.take();
        if let Some(conn) = conn {
            conn.close().await;
        }
    }

    async fn ask(&self, hash: TokenHash) -> Answer {
        let (answer, answered) = oneshot::channel();
        let first = {
            let mut queue = self.0.queue();
            queue.waiting.push(Waiting { hash, answer });
            !mem::replace(&mut queue.reading, true)
        };
        if first {
            // Not by the caller, who may leave.
            tokio::spawn(Reading::of(&self.0).run());
        }
        answered
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that reads, for as long as there are checks that wait.
struct Reading {
    shared: Arc<Shared>,
    conn: Option<Conn>,
    finished: bool,
}

impl Drop for Reading {
    /// Ended before its time, by a panic or with the program: the checks that wait are told, and the next one begins anew.
    fn drop(&mut self) {
        if !self.finished {
            let mut queue = self.shared.queue();
            queue.waiting.clear();
            queue.reading = false;
        }
    }
}

impl Reading {
    fn of(shared: &Arc<Shared>) -> Self {
        Self {
            conn: shared.queue().conn.take(),
            shared: shared.clone(),
            finished: false,
        }
    }

    async fn run(mut self) {
        loop {
            // Requests that have arrived by now are read together with this one, instead of each in turn.
            yield_now().await;
            let Some(batch) = self.next() else {
                return;
            };
            let hashes: Vec<TokenHash> = batch.iter().map(|check| check.hash.clone()).collect();
            match self.read(&hashes).await {
                Ok(found) => answer(batch, found),
                Err(error) => {
                    let error = Unavailable::from(error);
                    for check in batch {
                        let _ = check.answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// The checks that wait now, as many as one statement takes. Without any it has finished.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = self.shared.queue();
        queue.waiting.retain(|check| !check.answer.is_closed());
        if queue.waiting.is_empty() {
            queue.reading = false;
            queue.conn = self.conn.take();
            self.finished = true;
            return None;
        }
        let most = queue.waiting.len().min(MOST);
        Some(queue.waiting.drain(..most).collect())
    }

    async fn read(&mut self, hashes: &[TokenHash]) -> Result<Vec<Looked>, sqlx::Error> {
        let db = self.shared.instance.db.clone();
        db.still_there()?;
        if let Some(mut kept) = self.conn.take().filter(|_| !db.is_closed()) {
            match self.look_up(&mut kept, hashes).await {
                // The other end may have closed it since; a new one tells whether the database is unavailable.
                Err(error) if !matches!(error, sqlx::Error::PoolTimedOut) => {}
                looked => {
                    self.conn = looked.is_ok().then_some(kept);
                    return looked;
                }
            }
        }
        let mut opened = db.own().await?;
        let looked = self.look_up(&mut opened, hashes).await?;
        self.conn = Some(opened);
        Ok(looked)
    }

    async fn look_up(
        &self,
        conn: &mut Conn,
        hashes: &[TokenHash],
    ) -> Result<Vec<Looked>, sqlx::Error> {
        let (now, limits) = (Moment::now().at, &self.shared.instance.limits);
        let (sql, places) = match hashes.len() {
            0 | 1 => (ONE_HASH, 1),
            few if few <= SOME => (SOME_HASHES, SOME),
            many if many <= MANY => (MANY_HASHES, MANY),
            _ => (MOST_HASHES, MOST),
        };
        let looked = async {
            on!(conn, c => {
                let mut select = sqlx::query_as(sql).bind(now).bind(now - limits.session_idle);
                for hash in hashes {
                    select = select.bind(hash);
                }
                for _ in hashes.len()..places {
                    select = select.bind("");
                }
                select.fetch_all(c).await
            })
        };
        // One connection serves all, so one that hangs is given up.
        let looked = timeout(PATIENCE, looked).await;
        looked.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }
}

/// Tells each check what was found. Several may have asked for one session.
fn answer(mut batch: Vec<Waiting>, found: Vec<Looked>) {
    for Looked {
        token_hash,
        signed_in,
        ..
    } in found.into_iter().filter(|looked| looked.live)
    {
        let signed_in = Box::new(signed_in);
        let mut asked = batch.extract_if(.., |check| check.hash == token_hash);
        let mut next = asked.next();
        while let Some(check) = next {
            next = asked.next();
            if next.is_none() {
                let _ = check.answer.send(Ok(Some(signed_in)));
                break;
            }
            let _ = check.answer.send(Ok(Some(signed_in.clone())));
        }
    }
    for check in batch {
        let _ = check.answer.send(Ok(None));
    }
}
