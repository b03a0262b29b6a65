//! Telling other nodes of what was committed without a notification of its own.
//!
//! A transaction that notifies holds a lock of the whole server while it commits, so that no other one that notifies can:
//! sign-ins would wait in line. Here one short transaction tells of all that have happened since the last.

use sqlx::postgres::PgPool;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{CHANNEL, Change, Notifier};

/// Most changes that are told one by one. Of more than that, every user may have changed.
const MOST: usize = 200;

/// Tells other nodes, until the pool is closed. What cannot be told because the database is unavailable is not told again:
/// a node that is told nothing shows it with the next change, or when the page is loaded.
pub(super) async fn keep_relaying(pool: &PgPool, notifier: &Notifier) {
    let mut later = notifier.later.subscribe();
    let relaying = async {
        while let Some(changes) = next(&mut later).await {
            let payloads = changes.iter().map(|change| change.payload(&notifier.node));
            let _ = sqlx::query("select pg_notify($1, payload) from unnest($2::text[]) as payload")
                .bind(CHANNEL)
                .bind(payloads.collect::<Vec<String>>())
                .execute(pool)
                .await;
        }
    };
    // Ends with an error alone: that the pool was closed.
    let _: Result<(), _> = pool.close_event().do_until(relaying).await;
}

/// All that has happened since the last time, each once; waits until something has. None when nothing can happen any more.
async fn next(later: &mut Receiver<Change>) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    let mut received = later.recv().await;
    loop {
        match received {
            Ok(change) if !changes.contains(&change) => changes.push(change),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return Some(vec![Change::Anyone]),
            Err(RecvError::Closed) => return None,
        }
        if changes.len() > MOST {
            return Some(vec![Change::Anyone]);
        }
        if later.is_empty() {
            return Some(changes);
        }
        received = later.recv().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    fn user(n: usize) -> Change {
        Change::User(UserId(format!("user {n}")))
    }

    #[tokio::test]
    async fn what_has_happened_since_the_last_time_is_told_at_once_and_each_user_once() {
        let notifier = Notifier::default();
        let mut later = notifier.later.subscribe();
        notifier.notify_later(vec![user(1)]);
        assert_eq!(next(&mut later).await, Some(vec![user(1)]));
        notifier.notify_later(vec![user(1), user(2), user(1)]);
        notifier.notify_later(vec![user(3)]);
        let together = Some(vec![user(1), user(2), user(3)]);
        assert_eq!(next(&mut later).await, together);
        // More than is told one by one, and more than is kept.
        for many in [MOST + 1, 2_000] {
            notifier.notify_later((0..many).map(user).collect());
            assert_eq!(next(&mut later).await, Some(vec![Change::Anyone]), "{many}");
            while !later.is_empty() {
                let _ = later.try_recv();
            }
        }
    }
}
