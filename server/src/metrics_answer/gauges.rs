//! What is measured when it is asked for.

use std::{
    sync::{Mutex, Once, PoisonError},
    time::{Duration, Instant},
};

use accounts::{
    db::DatabaseError,
    figures::{self, Figures, Waiting},
    time::{Moment, UnixMillis, clock_difference},
};
use metrics::{describe_gauge, describe_histogram, gauge, histogram};

use crate::state::AppState;

const UP: &str = "curfew_database_up";
const LATENCY: &str = "curfew_database_read_duration_seconds";
const CONNECTIONS: &str = "curfew_database_connections";
const MOST_CONNECTIONS: &str = "curfew_database_connections_max";
const USERS: &str = "curfew_users";
const SESSIONS: &str = "curfew_sessions_live";
const STREAMS: &str = "curfew_streams_open";
const WAITING: &str = "curfew_outbox_waiting";
const OLDEST: &str = "curfew_outbox_oldest_seconds";
const HASHING: &str = "curfew_password_hashings";
const CLOCK: &str = "curfew_clock_difference_seconds";
const MEMORY: &str = "process_resident_memory_bytes";
const BUILD: &str = "curfew_build_info";

/// Counting sessions costs more the more there are, so it is done once in that time, however many ask.
const COUNT_EVERY: Duration = Duration::from_secs(10);

static DESCRIBED: Once = Once::new();

static COUNTED: Mutex<Option<Instant>> = Mutex::new(None);

/// What each is, for who reads the text.
fn describe() {
    describe_gauge!(UP, "1 while the database answers.");
    describe_histogram!(
        LATENCY,
        "How long a read took that is made for each scrape."
    );
    describe_gauge!(
        CONNECTIONS,
        "Connections to the database, by pool and state."
    );
    describe_gauge!(MOST_CONNECTIONS, "How many connections a pool may have.");
    describe_gauge!(USERS, "Users of the whole install.");
    describe_gauge!(SESSIONS, "Live sessions of the whole install.");
    describe_gauge!(STREAMS, "Open event streams of this node.");
    describe_gauge!(WAITING, "What waits in an outbox of the whole install.");
    describe_gauge!(
        OLDEST,
        "For how long the oldest waits in an outbox; 0 where none does."
    );
    describe_gauge!(
        HASHING,
        "Passwords that are being hashed on this node, or wait for it."
    );
    describe_gauge!(
        CLOCK,
        "How far the clock of this node is ahead of the database's."
    );
    describe_gauge!(MEMORY, "Memory of this process that is in RAM.");
    describe_gauge!(BUILD, "1, with the version.");
}

/// Asks for all of them.
pub(super) async fn set(state: &AppState) {
    DESCRIBED.call_once(describe);
    let instance = &state.curfew.instance;
    match read(state).await {
        Ok(counted) => {
            gauge!(UP).set(1.0);
            if let Some(figures) = counted {
                set_figures(&figures, Moment::now().at);
            }
        }
        Err(error) => {
            gauge!(UP).set(0.0);
            let error = instance.db.explain(&error);
            tracing::warn!(
                error,
                "the database is unavailable: metrics lack its figures"
            );
        }
    }
    for pool in instance.db.pools() {
        let idle = pool.idle.min(pool.open);
        for (state, count) in [("idle", idle), ("in_use", pool.open - idle)] {
            gauge!(CONNECTIONS, "pool" => pool.name, "state" => state).set(f64::from(count));
        }
        gauge!(MOST_CONNECTIONS, "pool" => pool.name).set(f64::from(pool.most));
    }
    let load = instance.hasher.load();
    gauge!(HASHING, "state" => "running").set(float(load.running));
    gauge!(HASHING, "state" => "waiting").set(float(load.waiting));
    gauge!(STREAMS).set(float(state.streams.count()));
    gauge!(CLOCK).set(clock_difference().seconds());
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    if let Some(bytes) = resident_memory() {
        gauge!(MEMORY).set(bytes);
    }
}

/// The figures, where it is time for them.
async fn read(state: &AppState) -> Result<Option<Figures>, DatabaseError> {
    let start = Instant::now();
    let mut reader = state.curfew.instance.read(Moment::now()).await?;
    accounts::users::any_user(&mut reader).await?;
    histogram!(LATENCY).record(start.elapsed());
    if !is_time(start) {
        return Ok(None);
    }
    figures::figures(&mut reader).await.map(Some)
}

fn is_time(now: Instant) -> bool {
    let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_time = counted.is_none_or(|before| now.duration_since(before) >= COUNT_EVERY);
    if is_time {
        *counted = Some(now);
    }
    is_time
}

fn set_figures(figures: &Figures, now: UnixMillis) {
    gauge!(USERS).set(float(figures.users));
    gauge!(SESSIONS).set(float(figures.sessions));
    for (outbox, Waiting { count, oldest }) in [
        ("emails", figures.emails),
        ("webhook_deliveries", figures.webhook_deliveries),
        ("logout_notices", figures.logout_notices),
    ] {
        gauge!(WAITING, "outbox" => outbox).set(float(count));
        let age = oldest.map_or(0, |oldest| (now.0 - oldest.0).max(0));
        gauge!(OLDEST, "outbox" => outbox).set(float(age) / 1_000.0);
    }
}

/// What Linux says of this process: pages of 4 KiB, the second number. None elsewhere.
fn resident_memory() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u32 = text.split(' ').nth(1)?.parse().ok()?;
    Some(f64::from(pages) * 4_096.0)
}

/// Counts are far below where a float becomes coarse.
fn float<N: TryInto<u32>>(count: N) -> f64 {
    count.try_into().map_or(f64::from(u32::MAX), f64::from)
}
