//! The sample users: who they are, and how they come about.

use super::{
    history::{HISTORY, ago},
    user::SampleUser,
};
use crate::{
    db::Db,
    limits::Limits,
    passwords::{Hasher, HashingFailed},
    plans::Plan,
    secret::Secret,
    sessions::{self, EndAllError},
    time::Moment,
    users::{self, UserError},
};

/// Every sample user's password.
pub const PASSWORD: &str = "seven violet trams at noon";

/// Name, local part of the email and username, plan, and how many of the devices they have.
const USERS: [(&str, &str, Plan, usize); 8] = [
    ("Ada Lovelace", "ada", Plan::Enterprise, 14),
    ("Grace Hopper", "grace", Plan::Enterprise, 9),
    ("Alan Turing", "alan", Plan::Pro, 11),
    ("Katherine Johnson", "katherine", Plan::Pro, 6),
    ("Margaret Hamilton", "margaret", Plan::Plus, 8),
    ("Tim Berners-Lee", "tim", Plan::Plus, 4),
    ("Hedy Lamarr", "hedy", Plan::Free, 7),
    ("Edsger Dijkstra", "edsger", Plan::Free, 1),
];

/// The sample users, as the command prints them.
#[derive(Debug, Clone)]
pub struct Demo {
    pub users: Vec<DemoPerson>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    pub email: String,
    pub plan: Plan,
    /// Sessions that are alive.
    pub sessions: i64,
}

/// Why there are no sample users, or no new ones. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the sample people are there already; sign in as {0} with the password {PASSWORD:?}")]
    AlreadyThere(String),
    #[error(transparent)]
    User(#[from] UserError),
    #[error(transparent)]
    RemoteLogout(#[from] EndAllError),
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Makes the sample users and lets them live through the last four weeks, all in one transaction.
///
/// # Errors
/// See [`DemoError`].
pub async fn demo(
    db: &Db,
    hasher: &Hasher,
    limits: &Limits,
    now: Moment,
) -> Result<Demo, DemoError> {
    let hash = hasher.hash(&Secret::new(PASSWORD.into())).await?;
    let mut tx = db.write().await?;
    let mut users = Vec::new();
    for (number, (name, short, plan, devices)) in USERS.into_iter().enumerate() {
        let email = format!("{short}@demo.example");
        if users::id_of_email(&mut tx, &email).await?.is_some() {
            return Err(DemoError::AlreadyThere(email));
        }
        let then = Moment::at(now.at - ago(700, number));
        let mut sample =
            SampleUser::begin(&mut tx, number, name, &email, plan, &hash, then).await?;
        users::set_names(&mut tx, &sample.user, name, short).await?;
        for (hours, step, device) in HISTORY {
            if device < devices {
                let then = Moment::at(now.at - ago(hours, number));
                sample.live(&mut tx, step, device, limits, then).await?;
            }
        }
        let sessions = sessions::facts(&mut tx, &sample.user, limits, now)
            .await?
            .sessions;
        users.push(DemoPerson {
            email,
            plan,
            sessions,
        });
    }
    tx.commit().await?;
    Ok(Demo { users })
}
