//! A connection, in a transaction or not, and the statements that run on it.

use std::ops::{Deref, DerefMut};

use sqlx::{Connection, Database, Postgres, Sqlite, Transaction, pool::PoolConnection};
use tracing::instrument;

use super::TRACES;

/// A connection to either database, in a transaction or not. Use it with [`on!`](crate::on).
#[derive(Debug)]
pub enum Conn {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
}

/// How a connection is held.
#[derive(Debug)]
pub enum Held<D: Database> {
    Plain(PoolConnection<D>),
    /// Of no pool.
    Own(D::Connection),
    InTx(Transaction<'static, D>),
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Plain(conn) => conn,
            Self::Own(conn) => conn,
            Self::InTx(tx) => tx,
        }
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Plain(conn) => conn,
            Self::Own(conn) => conn,
            Self::InTx(tx) => tx,
        }
    }
}

impl Conn {
    /// Closes a connection of no pool in good order; others go back to theirs.
    pub(crate) async fn close(self) {
        // One that cannot be is closed all the same.
        let _ = match self {
            Self::Sqlite(Held::Own(conn)) => conn.close().await,
            Self::Postgres(Held::Own(conn)) => conn.close().await,
            Self::Sqlite(_) | Self::Postgres(_) => Ok(()),
        };
    }

    /// Commits the transaction that this connection is in.
    #[instrument(target = TRACES, level = "trace", name = "commit", skip_all)]
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(Held::InTx(tx)) => tx.commit().await,
            Self::Postgres(Held::InTx(tx)) => tx.commit().await,
            // Never reached: only `begin` creates what is committed.
            Self::Sqlite(_) | Self::Postgres(_) => Err(sqlx::Error::Protocol(
                "a connection that is in no transaction commits nothing".into(),
            )),
        }
    }
}

/// A transaction. Derefs to its [`Conn`].
#[derive(Debug)]
pub struct Tx(pub(super) Conn);

impl Tx {
    /// Commits durably: when this returns, what was written survives a power cut.
    ///
    /// # Errors
    /// When the database is unavailable; then nothing has happened.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.0.commit().await
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Runs one body on whichever database the connection is of:
/// `on!(conn, c => sqlx::query("…").bind(x).execute(c).await)`.
#[macro_export]
macro_rules! on {
    ($conn:expr, $c:ident => $body:expr) => {{
        let conn: &mut $crate::db::Conn = $conn;
        match conn {
            $crate::db::Conn::Sqlite(held) => {
                let $c = &mut **held;
                $body
            }
            $crate::db::Conn::Postgres(held) => {
                let $c = &mut **held;
                $body
            }
        }
    }};
}

/// Runs one statement that returns no rows, with its parameters in order. Gives the number of rows it changed:
/// `let renamed = execute!(conn, "update users set name = $2 where id = $1", id, name)?;`
#[macro_export]
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($conn, c => sqlx::query($sql)$(.bind($bind))*.execute(c).await
            .map(|done| done.rows_affected()))
    };
}
