//! Why there are no sample users.

use crate::{
    applications::ApplicationError, passwords::HashingFailed, sessions::EndAllError,
    users::UserError,
};

/// Every sample user's password.
pub const PASSWORD: &str = "seven violet trams at noon";

/// Why there are no sample users, or no new ones. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the sample users exist already; sign in as {0} with the password {PASSWORD:?}")]
    AlreadyThere(String),
    #[error(transparent)]
    User(#[from] UserError),
    #[error(transparent)]
    RemoteLogout(#[from] EndAllError),
    #[error(transparent)]
    Application(#[from] ApplicationError),
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}
