//! What tables there are, as the databases' own catalogues say it: no list is kept that a new table could be missing
//! from. One of the two ends of a move is SQLite, and tells order and keys; the other must have the same columns.

use std::collections::BTreeSet;

use super::Conn;

/// What a column holds. Both databases have no other kinds (CONTRIBUTING, "Add a migration").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Text,
    Number,
    Truth,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "text" => Some(Self::Text),
            "bigint" => Some(Self::Number),
            "boolean" => Some(Self::Truth),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// Where the columns of the primary key stand among them, in the key's order.
    pub key: Vec<usize>,
    /// The tables that its rows point to.
    parents: BTreeSet<String>,
}

/// Where sqlx notes which migrations have run.
pub(crate) const MIGRATIONS: &str = "_sqlx_migrations";

/// The names of every table of either database but SQLite's own, sqlx' among them.
pub(crate) async fn names(conn: &mut Conn) -> Result<Vec<String>, sqlx::Error> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "select name from sqlite_schema where type = 'table' and substr(name, 1, 7) <> 'sqlite_' order by name"
        }
        Conn::Postgres(_) => {
            "select tablename::text from pg_tables where schemaname = current_schema() order by tablename"
        }
    };
    read(conn, sql).await
}

/// Every table of an SQLite database but SQLite's and sqlx' own, each after those that its rows point to.
pub(crate) async fn tables(conn: &mut Conn) -> Result<Vec<Table>, sqlx::Error> {
    let mut tables = Vec::new();
    for name in names(conn).await? {
        if name != MIGRATIONS {
            tables.push(table(conn, name).await?);
        }
    }
    in_order(tables)
}

async fn table(conn: &mut Conn, name: String) -> Result<Table, sqlx::Error> {
    let Conn::Sqlite(held) = conn else {
        return Err(not_alike("no SQLite database"));
    };
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("select name, type, pk from pragma_table_info($1) order by cid")
            .bind(&name)
            .fetch_all(&mut **held)
            .await?;
    let parents: Vec<String> =
        sqlx::query_scalar("select distinct \"table\" from pragma_foreign_key_list($1)")
            .bind(&name)
            .fetch_all(&mut **held)
            .await?;
    let mut key: Vec<(i64, usize)> = rows
        .iter()
        .enumerate()
        .filter(|(_, (_, _, pk))| *pk > 0)
        .map(|(at, (_, _, pk))| (*pk, at))
        .collect();
    key.sort_unstable();
    if key.is_empty() {
        return Err(not_alike(&format!("the table {name} has no primary key")));
    }
    let columns = rows.iter().map(|(column, kind, _)| {
        let unknown = || not_alike(&format!("{name}.{column} is {kind}"));
        Ok(Column {
            name: column.clone(),
            kind: Kind::named(kind).ok_or_else(unknown)?,
        })
    });
    let columns = columns.collect::<Result<_, sqlx::Error>>()?;
    Ok(Table {
        columns,
        key: key.into_iter().map(|(_, at)| at).collect(),
        parents: parents.into_iter().filter(|of| *of != name).collect(),
        name,
    })
}

fn in_order(mut left: Vec<Table>) -> Result<Vec<Table>, sqlx::Error> {
    let mut ordered: Vec<Table> = Vec::new();
    while !left.is_empty() {
        let there: BTreeSet<String> = ordered.iter().map(|table| table.name.clone()).collect();
        let (ready, rest): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|table| table.parents.is_subset(&there));
        if ready.is_empty() {
            return Err(not_alike("the tables point at each other in a circle"));
        }
        ordered.extend(ready);
        left = rest;
    }
    Ok(ordered)
}

/// Refuses a PostgreSQL database that has other tables, columns or kinds of them.
pub(crate) async fn compare(conn: &mut Conn, tables: &[Table]) -> Result<(), sqlx::Error> {
    let Conn::Postgres(held) = conn else {
        return Err(not_alike("no PostgreSQL database"));
    };
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text, data_type::text from information_schema.columns
         where table_schema = current_schema() and table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut **held)
    .await?;
    let there: BTreeSet<_> = rows
        .iter()
        .map(|(table, column, kind)| (table.as_str(), column.as_str(), Kind::named(kind)))
        .collect();
    let here: BTreeSet<_> = tables
        .iter()
        .flat_map(|table| {
            let columns = table.columns.iter();
            columns.map(|column| (table.name.as_str(), column.name.as_str(), Some(column.kind)))
        })
        .collect();
    match here.symmetric_difference(&there).next() {
        None => Ok(()),
        Some((table, column, _)) => Err(not_alike(&format!("{table}.{column} differs"))),
    }
}

async fn read(conn: &mut Conn, sql: &'static str) -> Result<Vec<String>, sqlx::Error> {
    crate::on!(conn, c => sqlx::query_scalar(sql).fetch_all(c).await)
}

fn not_alike(why: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("the two databases are not alike: {why}"))
}
