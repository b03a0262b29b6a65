//! What each release asks of the schema, kept from then on: a node that is one version older goes on beside a newer schema
//! (docs/OPERATING.md), so the newer one must understand every statement of the older.
//!
//! `make statements` keeps those of this version, out of a run of all tests.

use std::{env, fs, path::Path};

use accounts::db::Db;
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr, SqlStr, SqliteConnection,
};

use crate::test_app::TestApp;

on_both!(the_schema_understands_what_every_release_asks);

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/statements");

/// A release has hundreds; with fewer nothing would be proven.
const FEWEST: usize = 300;

enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Conn {
    async fn prepare(&mut self, statement: SqlStr) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(conn) => conn.prepare(statement).await.map(drop),
            Self::Postgres(conn) => conn.prepare(statement).await.map(drop),
        }
    }
}

async fn the_schema_understands_what_every_release_asks(app: TestApp) {
    let (mut conn, database) = match app.db() {
        Db::Sqlite { .. } => {
            let conn = SqliteConnection::connect(&app.url).await.unwrap();
            (Conn::Sqlite(conn), "sqlite")
        }
        Db::Postgres { .. } => {
            let conn = PgConnection::connect(&app.url).await.unwrap();
            (Conn::Postgres(conn), "postgres")
        }
    };
    let ending = format!(".{database}.sql");
    let mut releases = 0;
    for file in fs::read_dir(KEPT).unwrap() {
        let file = file.unwrap().path();
        if !file.to_string_lossy().ends_with(&ending) {
            continue;
        }
        releases += 1;
        examine(&mut conn, &file).await;
    }
    assert!(releases > 0, "no release is kept in {KEPT}");
}

async fn examine(conn: &mut Conn, file: &Path) {
    let kept = fs::read_to_string(file).unwrap();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for statement in kept.lines() {
        let sql = AssertSqlSafe(statement.to_owned()).into_sql_str();
        match conn.prepare(sql).await {
            Ok(()) => good.push(statement),
            Err(error) => bad.push(format!("{statement}\n    {error}")),
        }
    }
    // A few of PostgreSQL's are understood only with the values' types, which the texts do not have.
    if env::var_os("CURFEW_WRITE_STATEMENTS").is_some() {
        fs::write(file, good.join("\n") + "\n").unwrap();
    } else {
        assert!(bad.is_empty(), "{}:\n{}", file.display(), bad.join("\n"));
    }
    assert!(good.len() >= FEWEST, "{}: {}", file.display(), good.len());
}
