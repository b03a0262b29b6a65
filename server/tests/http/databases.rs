//! The service over a fresh database for every story, and a look past it into the tables.

use accounts::db::Db;
use testing::databases::OverDatabase;
pub use testing::databases::{
    number, postgres, postgres_server, run, run_on_server, sqlite, texts,
};

use crate::test_app::TestApp;

impl OverDatabase for TestApp {
    fn over(db: Db, url: &str) -> Self {
        Self::new(db, url)
    }
}
