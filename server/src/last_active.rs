//! When sessions were last active: gathered in memory, written together, since nobody waits for it.
//! A request only reads.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use accounts::{
    db::Db,
    sessions::{SessionId, SignedIn, note_active},
    time::UnixMillis,
};

/// A session is written down at most this often.
const AT_MOST: Duration = Duration::from_mins(1);

/// How often what was gathered is written.
const EVERY: Duration = Duration::from_secs(15);

/// What was gathered since the last writing. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LastActive(Arc<Mutex<HashMap<SessionId, UnixMillis>>>);

impl LastActive {
    /// Notes that a session is being used, if the store's own note is old enough.
    pub fn note(&self, signed_in: &SignedIn, now: UnixMillis) {
        if now >= signed_in.last_active_at + AT_MOST {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(signed_in.session.clone(), now);
        }
    }

    /// Writes what was gathered. What cannot be written is kept for the next time.
    pub async fn write(&self, db: &Db) {
        let seen: Vec<(SessionId, UnixMillis)> = {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.drain().collect()
        };
        if seen.is_empty() {
            return;
        }
        let written = async {
            let mut tx = db.write().await?;
            note_active(&mut tx, &seen).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, sessions = seen.len(), "last-active times are kept for later");
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (session, at) in seen {
                kept.entry(session).or_insert(at);
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
}
