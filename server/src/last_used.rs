//! When tokens were last used: gathered in memory, written together, since nobody waits for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use accounts::{
    db::Db,
    time::UnixMillis,
    tokens::{Bearer, TokenId, note_used},
};

/// A token is written down at most this often.
const AT_MOST: Duration = Duration::from_mins(1);

/// How often what was gathered is written.
const EVERY: Duration = Duration::from_secs(15);

/// What was gathered since the last writing. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LastUsed(Arc<Mutex<HashMap<TokenId, UnixMillis>>>);

impl LastUsed {
    /// Notes that a token is being used, if the store's own note is old enough.
    pub fn note(&self, bearer: &Bearer, now: UnixMillis) {
        if bearer.last_used_at.is_none_or(|at| now >= at + AT_MOST) {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(bearer.token.clone(), now);
        }
    }

    /// Writes what was gathered. What cannot be written is kept for the next time.
    pub async fn write(&self, db: &Db) {
        let seen: Vec<(TokenId, UnixMillis)> = {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.drain().collect()
        };
        if seen.is_empty() {
            return;
        }
        let written = async {
            let mut tx = db.write().await?;
            note_used(&mut tx, &seen).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, tokens = seen.len(), "last-used times are kept for later");
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (token, at) in seen {
                kept.entry(token).or_insert(at);
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
