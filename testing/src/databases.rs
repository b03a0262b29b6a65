//! A fresh database for every story, of either kind, and a look past the rules into its tables.

use std::{
    env, fs, process,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, UNIX_EPOCH},
};

use accounts::{db::Db, on};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::statements;

/// Makes `sqlite::story` and `postgres::story` of every `async fn story(subject: impl OverDatabase)` named.
#[macro_export]
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

/// What a story is about: the rules' stories take the [`Db`] itself, the server's a service over it.
pub trait OverDatabase {
    /// Builds it over a database that has just been opened at `url`.
    fn over(db: Db, url: &str) -> Self;
}

impl OverDatabase for Db {
    fn over(db: Db, _: &str) -> Self {
        patient(&db)
    }
}

/// Runs a story over a SQLite file of its own.
pub async fn sqlite<S: OverDatabase>(story: impl AsyncFnOnce(S)) {
    statements::record("sqlite");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let db = Db::open(&url).await.unwrap();
    story(S::over(db, &url)).await;
}

/// Runs a story over a PostgreSQL database of its own.
pub async fn postgres<S: OverDatabase>(story: impl AsyncFnOnce(S)) {
    static CREATED: AtomicU32 = AtomicU32::new(0);
    statements::record("postgres");
    let server = postgres_server();
    let number = CREATED.fetch_add(1, Ordering::Relaxed);
    let name = format!("curfew_{}_{number}", process::id());
    let mut admin = PgConnection::connect(&server).await.unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    let template = template(&mut admin, host).await;
    run_on_server(
        &mut admin,
        &format!("create database {name} template {template}"),
    )
    .await;
    let url = format!("{host}/{name}");
    let db = Db::open(&url).await.unwrap();
    story(S::over(db.clone(), &url)).await;
    db.close().await;
    run_on_server(&mut admin, &format!("drop database {name} with (force)")).await;
}

/// The name of a database with the schema and no more in it, which the others are copies of: to migrate each of a
/// thousand would take longer than many a test. The first process of a build makes it.
async fn template(admin: &mut PgConnection, host: &str) -> String {
    let program = env::current_exe().and_then(fs::metadata);
    let built = program.and_then(|it| it.modified()).unwrap();
    let built = built.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let name = format!("curfew_template_{built}");
    run_on_server(admin, "select pg_advisory_lock(1)").await;
    let sql = "select exists (select from pg_database where datname = $1)";
    let found = sqlx::query_scalar::<_, bool>(sql).bind(&name);
    if !found.fetch_one(&mut *admin).await.unwrap() {
        // Under another name until it is whole.
        let half = format!("{name}_{}", process::id());
        run_on_server(admin, &format!("create database {half}")).await;
        let db = Db::open(&format!("{host}/{half}")).await.unwrap();
        db.close().await;
        run_on_server(admin, &format!("alter database {half} rename to {name}")).await;
    }
    run_on_server(admin, "select pg_advisory_unlock(1)").await;
    name
}

/// The address of the PostgreSQL server that `make test` starts.
#[must_use]
pub fn postgres_server() -> String {
    env::var("CURFEW_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "CURFEW_TEST_POSTGRES_URL is not set: run `make test`, or ci/with-postgres.sh cargo test"
        )
    })
}

/// Runs a statement on the PostgreSQL server itself, outside every transaction.
pub async fn run_on_server(admin: &mut PgConnection, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    sqlx::query(sql).execute(admin).await.unwrap();
}

/// The same database with more patience: 200 operations at once take their time where something else is built
/// at the same time, and how long a user waits is not what the rules' stories tell.
#[must_use]
pub fn patient(db: &Db) -> Db {
    match db {
        Db::Sqlite {
            read,
            write,
            same,
            notifier,
        } => {
            let (same, notifier) = (same.clone(), notifier.clone());
            let [read, write] = [read, write].map(|pool| {
                let patient = pool.options().clone().acquire_timeout(PATIENCE);
                patient.connect_lazy_with((*pool.connect_options()).clone())
            });
            Db::Sqlite {
                read,
                write,
                same,
                notifier,
            }
        }
        Db::Postgres { pool, notifier } => {
            let notifier = notifier.clone();
            let patient = pool
                .options()
                .clone()
                .acquire_timeout(PATIENCE)
                .after_connect(|conn, _| {
                    Box::pin(async move { sqlx::raw_sql(PATIENT).execute(conn).await.map(drop) })
                });
            let pool = patient.connect_lazy_with((*pool.connect_options()).clone());
            Db::Postgres { pool, notifier }
        }
    }
}

const PATIENCE: Duration = Duration::from_mins(1);

/// What every session of a patient database sets, in place of what the program does.
const PATIENT: &str =
    "set synchronous_commit = on; set statement_timeout = 60000; set lock_timeout = 60000";

/// Where a database was opened, to open it again as a second process or after a restart would.
#[must_use]
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

/// Texts out of the tables.
pub async fn texts(db: &Db, sql: &str) -> Vec<String> {
    on!(&mut db.read().await.unwrap(), c => sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_all(c)
        .await)
    .unwrap()
}
