//! Asking PostgreSQL what time it is.

use std::time::{Duration, Instant};

use super::Db;
use crate::time::{ClockDifference, UnixMillis, clock_difference, follow};

/// An answer that took longer says too little about when it was written.
const TOO_SLOW: Duration = Duration::from_secs(2);

impl Db {
    /// Asks for the database's time, and lets it count from now on. With SQLite, which is on this machine, the system's
    /// clock counts and nothing is asked. Returns how far this node's clock is ahead.
    ///
    /// # Errors
    /// When the database is unavailable; what was measured before goes on to count.
    pub async fn measure_clock(&self) -> Result<ClockDifference, sqlx::Error> {
        if let Self::Postgres { pool, .. } = self {
            let mut conn = pool.acquire().await?;
            let asked = Instant::now();
            let database: i64 =
                sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000)::bigint")
                    .fetch_one(&mut *conn)
                    .await?;
            let took = asked.elapsed();
            if took <= TOO_SLOW {
                follow(UnixMillis(database) + took / 2);
            }
        }
        Ok(clock_difference())
    }
}
