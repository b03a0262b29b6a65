//! A fresh database for every story, of either kind, and a look past the rules into its tables.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
};

use accounts::{db::Db, on};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::home::TestApp;

/// Makes `sqlite::story` and `postgres::story` of every `async fn story(app: TestApp)` named.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $story() {
                    $crate::databases::sqlite(super::$story).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $story() {
                    $crate::databases::postgres(super::$story).await;
                }
            )+
        }
    };
}

/// Runs a story over a SQLite file of its own.
pub async fn sqlite(story: impl AsyncFnOnce(TestApp)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let db = Db::open(&url).await.unwrap();
    story(TestApp::new(db, &url)).await;
}

/// Runs a story over a PostgreSQL database of its own.
pub async fn postgres(story: impl AsyncFnOnce(TestApp)) {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let server = postgres_server();
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("curfew_http_{}_{number}", process::id());
    let mut admin = PgConnection::connect(&server).await.unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    admin_runs(&mut admin, &format!("create database {name}")).await;
    let url = format!("{host}/{name}");
    let db = Db::open(&url).await.unwrap();
    story(TestApp::new(db.clone(), &url)).await;
    db.close().await;
    admin_runs(&mut admin, &format!("drop database {name} with (force)")).await;
}

/// The address of the server that `make test` started.
pub fn postgres_server() -> String {
    env::var("CURFEW_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("CURFEW_TEST_POSTGRES_URL is not set: run `make test`, or ci/with-postgres.sh cargo test")
    })
}

/// Runs a statement on the server itself.
pub async fn admin_runs(admin: &mut PgConnection, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    sqlx::query(sql).execute(admin).await.unwrap();
}

/// A number out of the tables.
pub async fn number(db: &Db, sql: &str) -> i64 {
    on!(&mut db.read().await.unwrap(), c => sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(c)
        .await)
    .unwrap()
}

/// Texts out of the tables.
pub async fn texts(db: &Db, sql: &str) -> Vec<String> {
    on!(&mut db.read().await.unwrap(), c => sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_all(c)
        .await)
    .unwrap()
}

/// Changes the tables behind the rules' back.
pub async fn run(db: &Db, sql: &str) {
    let mut tx = db.write().await.unwrap();
    on!(&mut tx, c => sqlx::query(AssertSqlSafe(sql.to_owned())).execute(c).await.map(|_| ()))
        .unwrap();
    tx.commit().await.unwrap();
}
