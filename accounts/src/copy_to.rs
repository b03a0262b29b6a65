//! An install moves from SQLite to PostgreSQL, or back: every row is copied in one transaction of the target, counted on
//! both sides, and the audit log is verified there, before anything is committed.
//!
//! What is signed in stays so: it is the same install, with the same key. Therefore the source may never serve again as it
//! is, because it knows of nothing that ends at the target from then on. It is marked as moved before the target is
//! committed, so at no moment both of them can serve; [`Db::open`](crate::db::Db::open) refuses it, and raising its
//! instance epoch is the way back.

use crate::{
    audit::{self, Broken, Verified},
    db::{
        Conn, EndError,
        catalogue::{self, Table},
        copying::{End, INSTANCE, occupied},
        rows,
    },
    execute,
    instance::Reader,
    keys::Keys,
    limits::Limits,
    on,
    time::Moment,
};

/// Where from, where to, and with what the audit log is verified.
#[derive(Debug)]
pub struct Move<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub keys: &'a Keys,
    pub limits: Limits,
    pub now: Moment,
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Every table, and its rows.
    pub tables: Vec<(String, u64)>,
    pub chains: usize,
    pub events: u64,
    /// Where the install is now, without user and password.
    pub to: String,
}

/// Why an install was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(
        "one of the two must be SQLite and the other PostgreSQL: `curfew backup` and `curfew restore` copy SQLite, pg_dump \
         copies PostgreSQL"
    )]
    OneKind,
    #[error("cannot copy from {name}: {0}", name = .0.name())]
    Source(EndError),
    #[error("cannot copy to {name}: {0}", name = .0.name())]
    Target(EndError),
    /// The source was moved before, and to where.
    #[error(
        "this install was moved to {0} before, and its old database knows of nothing that ended there since. If that move did \
         not end well, run it again with the same address; to go on with the old database all the same, run \
         `curfew instance raise-epoch` on it first"
    )]
    MovedBefore(String),
    #[error(
        "the table {0} has {1} rows in the old database and {2} in the new one, so nothing was kept"
    )]
    Counts(String, u64, u64),
    #[error("the audit log is not as it was written: {0}. Nothing was kept")]
    Broken(Broken),
    #[error("nothing was kept: {0}")]
    Database(#[from] sqlx::Error),
    #[error(
        "whether the new database was committed is not known: {0}. The old one is marked as moved: look into the new one, and \
         run this again if it is empty"
    )]
    InDoubt(sqlx::Error),
}

/// Moves an install. Nothing has changed on either side when it fails, but for our tables in a target that was empty: one
/// that holds anything is refused before they are created.
///
/// # Errors
/// See [`MoveError`].
pub async fn copy_to(moving: &Move<'_>) -> Result<Moved, MoveError> {
    let is_sqlite = |url: &str| url.starts_with("sqlite:");
    if is_sqlite(moving.from) == is_sqlite(moving.to) {
        return Err(MoveError::OneKind);
    }
    let mut from = End::source(moving.from).await.map_err(MoveError::Source)?;
    let opened = async {
        let ours = catalogue::names(&mut from.conn).await?;
        let opened = End::target(moving.to, &ours).await;
        opened.map_err(MoveError::Target)
    };
    let mut to = match opened.await {
        Ok(to) => to,
        Err(error) => {
            from.roll_back().await;
            return Err(error);
        }
    };
    match between(moving, &mut from, to).await {
        Ok((moved, done)) => {
            to = done;
            from.commit().await?;
            to.commit().await.map_err(MoveError::InDoubt)?;
            Ok(moved)
        }
        Err(error) => {
            from.roll_back().await;
            Err(error)
        }
    }
}

/// Everything but the two commits.
async fn between(
    moving: &Move<'_>,
    from: &mut End,
    mut to: End,
) -> Result<(Moved, End), MoveError> {
    if let Some(before) = moved_to(&mut from.conn).await?
        && before != to.name
    {
        to.roll_back().await;
        return Err(MoveError::MovedBefore(before));
    }
    let (sqlite, postgres) = match from.conn {
        Conn::Sqlite(_) => (&mut from.conn, &mut to.conn),
        Conn::Postgres(_) => (&mut to.conn, &mut from.conn),
    };
    let tables = catalogue::tables(sqlite).await?;
    catalogue::compare(postgres, &tables).await?;
    refuse_unless_empty(&mut to, &tables).await?;
    let lineage = lineage(&mut to.conn).await?;
    execute!(&mut to.conn, "delete from instance")?;
    for table in &tables {
        rows::copy(&mut from.conn, &mut to.conn, table).await?;
    }
    // The server that it is on is the target's own.
    execute!(
        &mut to.conn,
        "update instance set lineage = $1, moved_to = null where one = 1",
        lineage
    )?;
    let mut moved = Moved {
        tables: Vec::new(),
        chains: 0,
        events: 0,
        to: to.name.clone(),
    };
    for table in &tables {
        let here = rows::count(&mut from.conn, &table.name).await?;
        let there = rows::count(&mut to.conn, &table.name).await?;
        if here != there {
            return Err(MoveError::Counts(table.name.clone(), here, there));
        }
        moved.tables.push((table.name.clone(), there));
    }
    let mut reader = Reader::over(to.conn, moving.keys.clone(), moving.limits, moving.now);
    let verified = audit::verify_all(&mut reader, None).await?;
    to.conn = reader.conn;
    let Verified { whole, .. } = verified.map_err(MoveError::Broken)?;
    (moved.chains, moved.events) = (whole.chains, whole.events);
    execute!(
        &mut from.conn,
        "update instance set moved_to = $1 where one = 1",
        &to.name
    )?;
    Ok((moved, to))
}

/// No user, no key and nothing else, but for the row that the migrations write.
async fn refuse_unless_empty(to: &mut End, tables: &[Table]) -> Result<(), MoveError> {
    let names = tables.iter().map(|table| table.name.as_str());
    if let Some((table, rows)) = occupied(&mut to.conn, names).await? {
        let name = to.name.clone();
        return Err(MoveError::Target(EndError::NotEmpty(name, table, rows)));
    }
    let used: i64 = on!(&mut to.conn, c => sqlx::query_scalar(
        "select count(*) from instance where claimed_at is not null or moved_to is not null or epoch <> 1")
        .fetch_one(c)
        .await)?;
    if used > 0 {
        let (name, used) = (to.name.clone(), used.unsigned_abs());
        let used = EndError::NotEmpty(name, INSTANCE.into(), used);
        return Err(MoveError::Target(used));
    }
    Ok(())
}

async fn moved_to(conn: &mut Conn) -> Result<Option<String>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select moved_to from instance where one = 1")
        .fetch_one(c)
        .await)
}

async fn lineage(conn: &mut Conn) -> Result<String, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select lineage from instance where one = 1")
        .fetch_one(c)
        .await)
}
