//! Rows from one database into another, some hundred at a time, whatever their table holds.

use sqlx::{AssertSqlSafe, QueryBuilder, Row};

use super::{
    Conn,
    catalogue::{Kind, Table},
};
use crate::on;

/// Rows in one statement: SQLite takes at most 32,766 values in one, and no table has sixty columns.
const ROWS: usize = 500;

/// What stands in a column.
#[derive(Debug, Clone)]
enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Truth(Option<bool>),
}

/// Copies a table whole. How many rows that were.
pub(crate) async fn copy(
    from: &mut Conn,
    to: &mut Conn,
    table: &Table,
) -> Result<u64, sqlx::Error> {
    let (mut copied, mut last) = (0, None);
    loop {
        let rows = page(from, table, last.as_deref()).await?;
        let Some(end) = rows.last() else {
            return Ok(copied);
        };
        last = Some(
            table
                .key
                .iter()
                .map(|at| end[*at].clone())
                .collect::<Vec<_>>(),
        );
        copied += rows.len() as u64;
        insert(to, table, rows).await?;
    }
}

/// How many rows a table has.
pub(crate) async fn count(conn: &mut Conn, table: &str) -> Result<u64, sqlx::Error> {
    let sql = format!("select count(*) from {}", quoted(table));
    let rows: i64 = on!(conn, c => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(c).await)?;
    Ok(rows.unsigned_abs())
}

/// The rows after that key, in the key's order.
async fn page(
    conn: &mut Conn,
    table: &Table,
    after: Option<&[Value]>,
) -> Result<Vec<Vec<Value>>, sqlx::Error> {
    let names = columns(table, 0..table.columns.len());
    let key = columns(table, table.key.iter().copied());
    let marks: Vec<String> = (1..=table.key.len()).map(|n| format!("${n}")).collect();
    let after_key = match after {
        Some(_) => format!("where ({key}) > ({})", marks.join(", ")),
        None => String::new(),
    };
    let sql = format!(
        "select {names} from {} {after_key} order by {key} limit {ROWS}",
        quoted(&table.name)
    );
    on!(conn, c => {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in after.unwrap_or_default() {
            query = match value.clone() {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Truth(truth) => query.bind(truth),
            };
        }
        let rows = query.fetch_all(c).await?;
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let values = table.columns.iter().enumerate().map(|(at, column)| {
                Ok(match column.kind {
                    Kind::Text => Value::Text(row.try_get(at)?),
                    Kind::Number => Value::Number(row.try_get(at)?),
                    Kind::Truth => Value::Truth(row.try_get(at)?),
                })
            });
            read.push(values.collect::<Result<Vec<_>, sqlx::Error>>()?);
        }
        Ok(read)
    })
}

async fn insert(conn: &mut Conn, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), sqlx::Error> {
    let names = columns(table, 0..table.columns.len());
    let head = format!("insert into {} ({names}) ", quoted(&table.name));
    on!(conn, c => {
        let mut insert = QueryBuilder::new(head);
        insert.push_values(rows, |mut row, values| {
            for value in values {
                match value {
                    Value::Text(text) => row.push_bind(text),
                    Value::Number(number) => row.push_bind(number),
                    Value::Truth(truth) => row.push_bind(truth),
                };
            }
        });
        insert.build().execute(c).await.map(drop)
    })
}

fn columns(table: &Table, which: impl IntoIterator<Item = usize>) -> String {
    let names = which.into_iter().map(|at| quoted(&table.columns[at].name));
    names.collect::<Vec<_>>().join(", ")
}

/// A name may be a word of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
