//! A fresh database for every test, of either kind, and a look past the rules into its tables.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use accounts::{db::Db, on};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Makes `sqlite::story` and `postgres::story` of every `async fn story(db: Db)` named.
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

/// Runs a story on a SQLite file of its own.
pub async fn sqlite(story: impl AsyncFnOnce(Db)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    story(patient(&Db::open(&url).await.unwrap())).await;
}

/// Runs a story on a PostgreSQL database of its own.
pub async fn postgres(story: impl AsyncFnOnce(Db)) {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let server = env::var("CURFEW_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "CURFEW_TEST_POSTGRES_URL is not set: run `make test`, or ci/with-postgres.sh cargo test"
        )
    });
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("curfew_{}_{number}", process::id());
    let mut admin = PgConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut admin)
        .await
        .unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    let db = Db::open(&format!("{host}/{name}")).await.unwrap();
    story(patient(&db)).await;
    db.close().await;
    sqlx::query(AssertSqlSafe(format!("drop database {name} with (force)")))
        .execute(&mut admin)
        .await
        .unwrap();
}

/// The same database with more patience: 200 operations at once take their time where something else is built
/// at the same time, and how long a user waits is not what these stories tell.
fn patient(db: &Db) -> Db {
    match db {
        Db::Sqlite {
            read,
            write,
            notifier,
        } => {
            let notifier = notifier.clone();
            let [read, write] = [read, write].map(|pool| {
                let patient = pool.options().clone().acquire_timeout(PATIENCE);
                patient.connect_lazy_with((*pool.connect_options()).clone())
            });
            Db::Sqlite {
                read,
                write,
                notifier,
            }
        }
        Db::Postgres { pool, notifier } => {
            let notifier = notifier.clone();
            let millis = PATIENCE.as_millis();
            let options = (*pool.connect_options()).clone();
            let options =
                options.options([("lock_timeout", millis), ("statement_timeout", millis)]);
            let patient = pool.options().clone().acquire_timeout(PATIENCE);
            let pool = patient.connect_lazy_with(options);
            Db::Postgres { pool, notifier }
        }
    }
}

const PATIENCE: Duration = Duration::from_mins(1);

/// Where a database was opened, to open it again as a second process or after a restart would.
pub fn url_of(db: &Db) -> String {
    match db {
        Db::Sqlite { write, .. } => {
            format!(
                "sqlite://{}",
                write.connect_options().get_filename().display()
            )
        }
        Db::Postgres { pool, .. } => {
            let options = pool.connect_options();
            format!(
                "postgres://{}@{}:{}/{}",
                options.get_username(),
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap()
            )
        }
    }
}

/// Changes the tables behind the rules' back. Returns the number of rows.
pub async fn run(db: &Db, sql: &str) -> u64 {
    let mut tx = db.write().await.unwrap();
    let rows = on!(&mut tx, c => sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))
    .unwrap();
    tx.commit().await.unwrap();
    rows
}

/// A number out of the tables.
pub async fn number(db: &Db, sql: &str) -> i64 {
    on!(&mut db.read().await.unwrap(), c => sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(c)
        .await)
    .unwrap()
}

/// A text out of the tables.
pub async fn text(db: &Db, sql: &str) -> String {
    on!(&mut db.read().await.unwrap(), c => sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(c)
        .await)
    .unwrap()
}
