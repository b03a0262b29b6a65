//! Opening PostgreSQL, and refusing a pooler that gives no connection a session of its own.
//!
//! Behind pgbouncer in transaction mode a program may seem to work. But each transaction runs in whichever session of
//! the server is free: prepared statements meet those of other connections, what was set for a session is lost without
//! a word (`synchronous_commit`, on which the promise of a remote logout rests), and notifications never arrive.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions},
};
use tokio::time::timeout;

use super::{
    Db, Notifier, OpenError, PATIENCE,
    lineage::{InRecovery, Lineage, is_in_recovery},
};
use crate::time::Moment;

/// Set for every session. Not as startup parameters, which a pooler refuses or drops in silence.
const SETTINGS: &str =
    "set synchronous_commit = on; set statement_timeout = 5000; set lock_timeout = 5000";

/// What they read back as. A remote logout is answered only once it is on disk, whatever the server's default is.
const READ_BACK: [(&str, &str); 3] = [
    ("synchronous_commit", "on"),
    ("statement_timeout", "5s"),
    ("lock_timeout", "5s"),
];

/// How often two connections are asked whether they share a session, because a pooler with several may give each another.
const TRIES: u32 = 3;

/// A statement that another session has prepared, or has not: codes of PostgreSQL, appendix A.
const PREPARED_ELSEWHERE: [&str; 2] = ["26000", "42P05"];

/// How long a notification may take from one connection to another.
const NOTIFIES_WITHIN: Duration = Duration::from_secs(3);

pub(super) async fn open(url: &str) -> Result<(Db, Arc<Lineage>), OpenError> {
    let options = PgConnectOptions::from_str(url)?;
    let lineage = Arc::new(Lineage::new(options.clone()));
    let looks = lineage.clone();
    let pool = PgPoolOptions::new()
        .max_connections(20)
        .acquire_timeout(PATIENCE)
        .after_connect(move |conn, _| {
            let lineage = looks.clone();
            Box::pin(async move {
                sqlx::raw_sql(SETTINGS).execute(&mut *conn).await?;
                lineage.look(conn).await
            })
        })
        // The pool tests each connection that comes back, but waits for ever for one whose both directions are
        // swallowed: it would keep its place until none is left.
        .after_release(|conn, _| {
            Box::pin(async move {
                match timeout(PATIENCE, conn.ping()).await {
                    Ok(answered) => answered.map(|()| true),
                    Err(_) => Err(sqlx::Error::PoolTimedOut),
                }
            })
        })
        .connect_with(options)
        .await
        .map_err(refused_at_startup)?;
    // First, because a server in recovery refuses what the next question needs.
    if is_in_recovery(&mut *pool.acquire().await?).await? {
        return Err(OpenError::Standby);
    }
    if let Some(why) = shared_sessions(&pool).await? {
        return Err(OpenError::Pooler(why));
    }
    let db = Db::Postgres {
        pool,
        notifier: Notifier::default(),
    };
    Ok((db, lineage))
}

/// Compares the server with what the migrated database says of it. From then on every new connection is looked at.
pub(super) async fn settle(lineage: &Lineage) -> Result<(), OpenError> {
    match lineage.settle().await? {
        Ok(()) => Ok(()),
        Err(InRecovery) => Err(OpenError::Standby),
    }
}

/// A pooler that does not know a parameter of the client says so before there is a connection.
fn refused_at_startup(error: sqlx::Error) -> OpenError {
    let text = error.to_string();
    if text.contains("startup parameter") {
        return OpenError::Pooler(format!(
            "{text}. In pgbouncer, name that parameter in ignore_startup_parameters"
        ));
    }
    OpenError::Database(error)
}

/// Why connections have no sessions of their own; none when they have.
async fn shared_sessions(pool: &PgPool) -> Result<Option<String>, OpenError> {
    match look_for_shared_sessions(pool).await {
        Ok(found) => Ok(found),
        Err(sqlx::Error::Database(error))
            if error
                .code()
                .is_some_and(|code| PREPARED_ELSEWHERE.contains(&&*code)) =>
        {
            Ok(Some(format!(
                "prepared statements of different connections meet ({error})"
            )))
        }
        Err(error) => Err(error.into()),
    }
}

async fn look_for_shared_sessions(pool: &PgPool) -> Result<Option<String>, sqlx::Error> {
    let (mut first, mut second) = (pool.acquire().await?, pool.acquire().await?);
    for _ in 0..TRIES {
        let session = "select pg_backend_pid()::text";
        if read(&mut first, session).await? == read(&mut second, session).await? {
            let why = "two open connections share one session of the server";
            return Ok(Some(why.into()));
        }
    }
    for conn in [&mut first, &mut second] {
        for (name, set) in READ_BACK {
            let back = read(conn, &format!("select current_setting('{name}')")).await?;
            if back != set {
                return Ok(Some(format!(
                    "{name} was set to {set} and reads back {back}"
                )));
            }
        }
    }
    // Not one of the pool's own, which would go on as one that has listened.
    let own = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with((*pool.connect_options()).clone());
    let mut listener = PgListener::connect_with(&own).await?;
    // Letters and digits only.
    let channel = format!("curfew_start_{}", Moment::now().id().replace('-', ""));
    listener.listen(&channel).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("notify {channel}")))
        .execute(&mut *first)
        .await?;
    let received = timeout(NOTIFIES_WITHIN, listener.try_recv()).await;
    drop(listener);
    // One that never comes back keeps no start waiting.
    let _: Result<(), _> = timeout(PATIENCE, own.close()).await;
    Ok(match received {
        Ok(received) => received?
            .is_none()
            .then(|| "a connection that listens for notifications was closed".into()),
        Err(_) => {
            Some("a notification (NOTIFY) did not reach a connection that listens for it".into())
        }
    })
}

/// One text, by the simple protocol: a prepared statement is what may fail.
async fn read(conn: &mut PgConnection, sql: &str) -> Result<String, sqlx::Error> {
    let row = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .fetch_one(conn)
        .await?;
    row.try_get(0)
}
