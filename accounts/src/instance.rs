//! The instance: what every read and every operation of this install shares.

use std::ops::{Deref, DerefMut};

use crate::{
    db::{Conn, Db},
    keys::Keys,
    limits::Limits,
    passwords::Hasher,
    time::Moment,
};

/// The database, the password hasher, the keys and the limits. Cheap to clone.
#[derive(Clone)]
pub struct Instance {
    pub db: Db,
    pub hasher: Hasher,
    pub keys: Keys,
    pub limits: Limits,
}

impl Instance {
    /// A connection to read with, as things are at `now`.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn read(&self, now: Moment) -> Result<Reader, sqlx::Error> {
        Ok(self.reader(self.db.read().await?, now))
    }

    pub(crate) fn reader(&self, conn: Conn, now: Moment) -> Reader {
        Reader {
            conn,
            keys: self.keys.clone(),
            limits: self.limits,
            now,
        }
    }
}

/// A connection, and the limits and the moment that what it reads is judged by. Derefs to its [`Conn`].
#[derive(Debug)]
pub struct Reader {
    pub(crate) conn: Conn,
    keys: Keys,
    /// What counts as too old, too much or too often.
    pub limits: Limits,
    /// When this happens.
    pub now: Moment,
}

impl Reader {
    /// Over a connection of no instance that serves.
    pub(crate) fn over(conn: Conn, keys: Keys, limits: Limits, now: Moment) -> Self {
        Self {
            conn,
            keys,
            limits,
            now,
        }
    }

    /// The instance's keys.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }
}

impl Deref for Reader {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
