//! The connection on which PostgreSQL tells a node what other nodes have committed.
//!
//! It says nothing for hours where nothing happens, so its silence alone tells nothing; and a connection of which both
//! directions are swallowed (a firewall that forgot it, a proxy that hangs) is never closed. So a listener that was
//! quiet for a while notifies itself, and one that does not come round is replaced.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Executor,
    postgres::{PgListener, PgPool, PgPoolOptions},
};
use tokio::time::{sleep, timeout};

use super::{CHANNEL, Change, parse};

/// How long a listener whose database is unavailable waits before it tries again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a listener may be quiet before it notifies itself.
const QUIET: Duration = Duration::from_secs(5);

/// How long PostgreSQL may take to connect, or to bring a notification round.
const COMES_ROUND: Duration = Duration::from_secs(3);

/// Passes on the notifications of other nodes, until the pool is closed. [`Change::Anyone`] stands for whatever was
/// missed while there was no connection.
pub(super) async fn keep_listening(pool: &PgPool, node: &str, on_change: &impl Fn(Change)) {
    let listening = Box::pin(async {
        loop {
            // Its error says only that there is no connection, which every other read says too.
            let _ = listen(pool, node, on_change).await;
            sleep(AGAIN).await;
        }
    });
    // It ends with an error alone: that the pool was closed.
    let _: Result<(), _> = pool.close_event().do_until(listening).await;
}

async fn listen(pool: &PgPool, node: &str, on_change: &impl Fn(Change)) -> Result<(), sqlx::Error> {
    // Not one of the pool's own: closing the pool waits for those, and one that is half dead never comes back.
    let listening_pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(COMES_ROUND)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with((*pool.connect_options()).clone());
    let own = format!("curfew_node_{node}");
    let connecting = async {
        let mut listener = PgListener::connect_with(&listening_pool).await?;
        listener.listen_all([CHANNEL, &own]).await?;
        Ok(listener)
    };
    let mut listener = in_time(connecting).await?;
    on_change(Change::Anyone);
    let mut asked = false;
    loop {
        let patience = if asked { COMES_ROUND } else { QUIET };
        match timeout(patience, listener.try_recv()).await {
            Ok(received) => {
                asked = false;
                match received? {
                    Some(notification) if notification.channel() == own => {}
                    Some(notification) => {
                        if let Some(change) = parse(notification.payload(), node) {
                            on_change(change);
                        }
                    }
                    // The connection was lost, and is another one now.
                    None => on_change(Change::Anyone),
                }
            }
            Err(_) if asked => return Err(sqlx::Error::PoolTimedOut),
            Err(_) => {
                // It begins with `listen`, by which `pg_stat_activity` tells what the connection is for.
                let ask = format!("listen \"{own}\"; notify \"{own}\"");
                in_time(listener.execute(AssertSqlSafe(ask))).await?;
                asked = true;
            }
        }
    }
}

/// What PostgreSQL does not answer in time it does not answer.
async fn in_time<T>(
    asking: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match timeout(COMES_ROUND, asking).await {
        Ok(answered) => answered,
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}
