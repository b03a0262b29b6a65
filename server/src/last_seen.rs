//! When sessions and tokens were last used: gathered in memory and written together, because no request waits
//! for it. A request only reads.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use accounts::{
    db::Db,
    ids::{SessionId, TokenId},
    sessions::{SignedIn, note_active},
    time::UnixMillis,
    tokens::{Bearer, note_used},
};

/// A session or token is written down at most this often.
const AT_MOST: Duration = Duration::from_mins(1);

/// How often what was gathered is written.
const EVERY: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
struct Seen {
    sessions: HashMap<SessionId, UnixMillis>,
    tokens: HashMap<TokenId, UnixMillis>,
}

/// What was gathered since the last writing. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LastSeen(Arc<Mutex<Seen>>);

impl LastSeen {
    /// Notes that a session is being used, if the database's own note is old enough.
    pub fn note_session(&self, signed_in: &SignedIn, now: UnixMillis) {
        self.note(&signed_in.session, signed_in.last_active_at, now);
    }

    /// The same, of a session of which no more is known.
    pub fn note(&self, session: &SessionId, last_active_at: UnixMillis, now: UnixMillis) {
        if now >= last_active_at + AT_MOST {
            self.seen().sessions.insert(session.clone(), now);
        }
    }

    /// Notes that a token is being used, if the database's own note is old enough.
    pub fn note_token(&self, bearer: &Bearer, now: UnixMillis) {
        if bearer.last_used_at.is_none_or(|at| now >= at + AT_MOST) {
            self.seen().tokens.insert(bearer.token.clone(), now);
        }
    }

    /// Writes what was gathered. What cannot be written is kept for the next time.
    pub async fn write(&self, db: &Db) {
        let Seen { sessions, tokens } = std::mem::take(&mut *self.seen());
        let sessions: Vec<_> = sessions.into_iter().collect();
        let tokens: Vec<_> = tokens.into_iter().collect();
        if sessions.is_empty() && tokens.is_empty() {
            return;
        }
        let written = async {
            let mut tx = db.write().await?;
            note_active(&mut tx, &sessions).await?;
            note_used(&mut tx, &tokens).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            let error = db.explain(&error);
            tracing::warn!(
                error,
                sessions = sessions.len(),
                tokens = tokens.len(),
                "the database is unavailable: times of last use are written later"
            );
            let mut kept = self.seen();
            for (session, at) in sessions {
                kept.sessions.entry(session).or_insert(at);
            }
            for (token, at) in tokens {
                kept.tokens.entry(token).or_insert(at);
            }
        }
    }

    /// Writes every fifteen seconds, for ever.
    pub async fn keep_writing(self, db: Db) {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            self.write(&db).await;
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
