//! Which PostgreSQL this is: a node serves from the server, the timeline and the very tables that the instance's row
//! names, and from no other before the instance epoch was raised.
//!
//! A promoted standby begins a new timeline; so does a recovery to a point in time. A dump that was restored into another
//! server has another system identifier, one that was restored in place has another table. Each may lack the last
//! commits, a remote logout among them. Every new connection is looked at, because a server may be replaced while a node
//! runs; a server in recovery is refused, because it may lag behind and takes no writes.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, PgConnection, Row,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    Conn, Held, PATIENCE,
    raise::{RaiseReason, raise},
};
use crate::time::Moment;

/// What a server in recovery is called instead of a lineage.
const IN_RECOVERY: &str = "in recovery";

/// How long to wait after the epoch could not be raised.
const AGAIN: Duration = Duration::from_secs(1);

/// The right to call a function is missing: PostgreSQL, appendix A.
const NOT_PERMITTED: &str = "42501";

/// Raising takes as long as there are users, so no statement of it is cut off.
const UNBOUNDED: &str = "set local synchronous_commit = on; set local statement_timeout = 0; set local lock_timeout = 0";

/// A server that takes no writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InRecovery;

/// What this process knows of the server it serves from.
#[derive(Debug)]
pub(super) struct Lineage {
    options: PgConnectOptions,
    /// None until the start has compared it with the instance's row.
    known: Mutex<Option<String>>,
    is_settling: AtomicBool,
}

impl Lineage {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            known: Mutex::new(None),
            is_settling: AtomicBool::new(false),
        }
    }

    /// Looks at a connection that was just opened. An error closes it, so the database counts as unavailable as long as
    /// the server is another one.
    pub(super) async fn look(self: &Arc<Self>, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        let known = self.known();
        let Some(known) = known else {
            return Ok(());
        };
        let here = read(conn).await?;
        if here == known {
            return Ok(());
        }
        if here == IN_RECOVERY {
            return Err(refused("it is a standby (in recovery)"));
        }
        if !self.is_settling.swap(true, Ordering::AcqRel) {
            let lineage = self.clone();
            tokio::spawn(async move {
                while lineage.settle().await.is_err() {
                    tokio::time::sleep(AGAIN).await;
                }
                lineage.is_settling.store(false, Ordering::Release);
            });
        }
        Err(refused(
            "it is another server or timeline than before, so the instance epoch is raised first",
        ))
    }

    /// Compares the server with the instance's row, and raises the instance epoch where it is another one. Several nodes
    /// may do it at once: one of them raises.
    ///
    /// # Errors
    /// When the database is unavailable. Nothing has changed then, and no connection may be used.
    pub(super) async fn settle(&self) -> Result<Result<(), InRecovery>, sqlx::Error> {
        // Not one of the pool's own, which are refused meanwhile.
        let own = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(self.options.clone());
        let mut tx = own.begin().await?;
        sqlx::raw_sql(UNBOUNDED).execute(&mut *tx).await?;
        let here = read(&mut tx).await?;
        if here == IN_RECOVERY {
            return Ok(Err(InRecovery));
        }
        let before: String =
            sqlx::query_scalar("select lineage from instance where one = 1 for update")
                .fetch_one(&mut *tx)
                .await?;
        let mut conn = Conn::Postgres(Held::InTx(tx));
        if before != here {
            if !before.is_empty() {
                raise(&mut conn, RaiseReason::OtherServer, Moment::now()).await?;
            }
            crate::execute!(
                &mut conn,
                "update instance set lineage = $1 where one = 1",
                &here
            )?;
        }
        conn.commit().await?;
        own.close().await;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(here);
        Ok(Ok(()))
    }

    fn known(&self) -> Option<String> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn refused(why: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("this PostgreSQL is not served from: {why}"))
}

/// Whether the server is in recovery: then it is refused before anything is asked of it.
pub(super) async fn is_in_recovery(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    Ok(read(conn).await? == IN_RECOVERY)
}

/// System identifier, timeline, and the instance's table. The timeline is that of the write-ahead log, because the one
/// in the last checkpoint is still the old one for a while after a promotion.
async fn read(conn: &mut PgConnection) -> Result<String, sqlx::Error> {
    let with = |system: &str| {
        format!(
            "select case when pg_is_in_recovery() then '{IN_RECOVERY}'
             else {system} || ' ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || ' '
                  || coalesce(to_regclass('instance')::oid::text, '') end"
        )
    };
    let system = "(select system_identifier::text from pg_control_system())";
    match read_text(conn, with(system)).await {
        Err(sqlx::Error::Database(error)) if is_not_permitted(&*error) => {
            read_text(conn, with("'-'")).await
        }
        read => read,
    }
}

fn is_not_permitted(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code == NOT_PERMITTED)
}

/// By the simple protocol: behind a pooler that is refused later a prepared statement may fail.
async fn read_text(conn: &mut PgConnection, sql: String) -> Result<String, sqlx::Error> {
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(conn).await?;
    row.try_get(0)
}
