//! Two running programs over one PostgreSQL: two nodes.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use super::program::Program;
use crate::{
    databases::{postgres_server, run_on_server},
    test_app::TestApp,
};

/// Both, and the folder with the key that they share.
pub struct Nodes {
    pub first: Program,
    pub second: Program,
    _folder: TempDir,
}

impl Nodes {
    /// Starts both.
    pub fn start(app: &TestApp, settings: &[(&str, &str)]) -> Self {
        assert!(app.url.starts_with("postgres"), "{}", app.url);
        let folder = tempfile::tempdir().unwrap();
        // A name of its own, by which PostgreSQL tells whose a connection is.
        let [first, second] = ["first", "second"].map(|name| {
            let url = format!("{}?application_name={name}", app.url);
            Program::start_with(folder.path(), &url, settings)
        });
        Self {
            first,
            second,
            _folder: folder,
        }
    }

    /// Both addresses.
    pub fn addresses(&self) -> [&str; 2] {
        [&self.first.address, &self.second.address]
    }
}

/// Of a database's connections, the one by which the second node hears of the first.
const LISTENS: &str = "application_name = 'second' and query ilike 'listen%'";

/// What PostgreSQL knows of a test's connections. Asked from outside its database, for the connection must
/// neither be one of them nor be refused.
pub struct Connections {
    admin: PgConnection,
    database: String,
}

impl Connections {
    pub async fn of(app: &TestApp) -> Self {
        Self {
            admin: PgConnection::connect(&postgres_server()).await.unwrap(),
            database: app.url.rsplit('/').next().unwrap().to_owned(),
        }
    }

    /// How many the second node listens with.
    pub async fn listeners(&mut self) -> i64 {
        self.number("count(*)", LISTENS).await
    }

    /// Cuts the one by which the second node hears of the first, and waits until it is gone.
    pub async fn cut_the_listener(&mut self) {
        assert_eq!(self.listeners().await, 1);
        let pid = self.number("max(pid)::bigint", LISTENS).await;
        self.cut(&format!("pid = {pid}")).await;
    }

    /// Takes the database away from the second node: all its connections are cut, and none can be made.
    pub async fn lose_the_database(&mut self) {
        self.are_taken(false).await;
        self.cut("application_name = 'second'").await;
    }

    /// Gives it back.
    pub async fn find_the_database(&mut self) {
        self.are_taken(true).await;
    }

    async fn are_taken(&mut self, taken: bool) {
        let sql = format!(
            "alter database {} with allow_connections {taken}",
            self.database
        );
        run_on_server(&mut self.admin, &sql).await;
    }

    async fn cut(&mut self, which: &str) {
        assert!(self.number("count(pg_terminate_backend(pid))", which).await > 0);
        while self.number("count(*)", which).await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn number(&mut self, what: &str, which: &str) -> i64 {
        let sql = format!(
            "select {what} from pg_stat_activity where datname = '{}' and {which}",
            self.database
        );
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
    }
}
