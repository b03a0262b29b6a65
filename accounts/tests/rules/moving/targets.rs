//! A target that holds anything is refused before a table of ours is created in it.

use std::fs;

use accounts::{
    copy_to::{Move, MoveError, copy_to},
    db::{Db, EndError},
    limits::Limits,
};
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use testing::databases::{self, run_on_server};

use super::{Source, demo};
use crate::test_app::{NOW, TestApp};

/// A PostgreSQL database without a table.
async fn emptied(db: &Db) -> PgConnection {
    let mut conn = PgConnection::connect(&databases::url_of(db)).await.unwrap();
    run_on_server(&mut conn, "drop schema public cascade").await;
    run_on_server(&mut conn, "create schema public").await;
    conn
}

async fn tables(conn: &mut PgConnection) -> Vec<String> {
    let sql = "select tablename::text from pg_tables where schemaname = 'public' order by 1";
    sqlx::query_scalar(sql).fetch_all(conn).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_program_gets_no_table_of_ours() {
    databases::postgres(async |to: Db| {
        let source = Source::of(demo).await;
        let mut there = emptied(&to).await;
        // With rows and without, under a name that is none of ours and under one that is.
        for (create, drop, table) in [
            (
                "create table orders as select 1 as id",
                "drop table orders",
                "orders",
            ),
            (
                "create table orders (id bigint)",
                "drop table orders",
                "orders",
            ),
            (
                "create table users (id bigint)",
                "drop table users",
                "users",
            ),
            (
                "create table users as select 1 as id",
                "drop table users",
                "users",
            ),
        ] {
            run_on_server(&mut there, create).await;
            let refused = source.moves(&to).await;
            assert!(
                matches!(&refused, Err(MoveError::Target(EndError::Foreign(_, it))) if it == table),
                "{create}: {refused:?}"
            );
            let said = refused.unwrap_err().to_string();
            assert!(said.starts_with("cannot copy to postgres://"), "{said}");
            assert_eq!(tables(&mut there).await, [table], "{create}");
            run_on_server(&mut there, drop).await;
        }
        let moved = source.moves(&to).await.unwrap();
        assert_eq!(tables(&mut there).await.len(), moved.tables.len() + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_of_an_older_version_is_refused_as_it_is() {
    databases::postgres(async |to: Db| {
        let source = Source::of(demo).await;
        let mut there = PgConnection::connect(&databases::url_of(&to)).await.unwrap();
        run_on_server(
            &mut there,
            "insert into rate_limits (subject, failures, window_ends_at) values ('x', 1, 1)",
        )
        .await;
        // What runs again fails, because its tables are there.
        let older = "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)";
        run_on_server(&mut there, older).await;
        let refused = source.moves(&to).await;
        assert!(
            matches!(&refused, Err(MoveError::Target(EndError::NotEmpty(_, table, 1))) if table == "rate_limits"),
            "{refused:?}"
        );
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("its table rate_limits has 1 row."), "{said}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_program_is_not_touched() {
    databases::postgres(async |from: Db| {
        let app = TestApp::new(from.clone());
        demo(&app).await;
        from.close().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("orders.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true);
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql("create table orders (id integer)")
            .execute(&mut conn)
            .await
            .unwrap();
        conn.close().await.unwrap();
        let before = fs::read(&file).unwrap();
        let (from, to) = (
            databases::url_of(&from),
            format!("sqlite://{}", file.display()),
        );
        let moving = Move {
            from: &from,
            to: &to,
            keys: &app.keys,
            limits: Limits::default(),
            now: NOW,
        };
        let refused = copy_to(&moving).await;
        assert!(
            matches!(&refused, Err(MoveError::Target(EndError::Foreign(_, table))) if table == "orders"),
            "{refused:?}"
        );
        assert!(fs::read(&file).unwrap() == before, "the file was changed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_copied_from_is_named_with_the_reason() {
    databases::postgres(async |to: Db| {
        let source = Source::of(demo).await;
        let file = source.folder.path().join("curfew.db");
        fs::remove_file(&file).unwrap();
        let refused = source.moves(&to).await.unwrap_err().to_string();
        let expected = format!("cannot copy from {}: there is no database", source.url());
        assert_eq!(refused, expected);
    })
    .await;
}
