//! How many connections are open, for who watches a node.

use sqlx::{Database, Pool};

use super::Db;

/// The connections of one pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// `read` and `write`, or `postgres`.
    pub name: &'static str,
    pub open: u32,
    pub idle: u32,
    /// How many there may be.
    pub most: u32,
}

impl PoolUse {
    fn of<D: Database>(name: &'static str, pool: &Pool<D>) -> Self {
        Self {
            name,
            open: pool.size(),
            idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX),
            most: pool.options().get_max_connections(),
        }
    }
}

impl Db {
    /// Of this process; asks the database nothing.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolUse> {
        match self {
            Self::Sqlite { read, write, .. } => {
                vec![PoolUse::of("read", read), PoolUse::of("write", write)]
            }
            Self::Postgres { pool, .. } => vec![PoolUse::of("postgres", pool)],
        }
    }
}
