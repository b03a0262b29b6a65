//! The sample users: who they are, and how they come about.

use super::{
    history::{HISTORY, ago},
    user::SampleUser,
};
use crate::{
    client::Client,
    instance::Instance,
    operation::Operation,
    passwords::HashingFailed,
    plans::Plan,
    profile::set_names,
    secret::Secret,
    sessions::{self, EndAllError},
    time::Moment,
    users::{self, CleanUser, UserError},
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
    pub users: Vec<DemoUser>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct DemoUser {
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

/// Creates the sample users and lets them live through the last four weeks, each in an operation of their own.
///
/// # Errors
/// See [`DemoError`].
pub async fn demo(instance: &Instance, now: Moment) -> Result<Demo, DemoError> {
    let password_hash = instance.hasher.hash(&Secret::new(PASSWORD.into())).await?;
    let mut users = Vec::new();
    for (number, (name, short, plan, devices)) in USERS.into_iter().enumerate() {
        let begin = Moment::at(now.at - ago(700, number));
        let mut op = Operation::begin(instance, &Client::default(), begin).await?;
        let email = format!("{short}@demo.example");
        if users::id_of_email(&mut op, &email).await?.is_some() {
            return Err(DemoError::AlreadyThere(email));
        }
        let new = CleanUser {
            name: name.to_owned(),
            email,
            password_hash: password_hash.clone(),
        };
        let mut sample = SampleUser::begin(&mut op, number, plan, &new).await?;
        set_names(&mut op, &sample.user, name, short).await?;
        for (hours, step, device) in HISTORY {
            if device < devices {
                let then = Moment::at(now.at - ago(hours, number));
                sample.live(&mut op, step, device, then).await?;
            }
        }
        op.go_to(Client::default(), now);
        let sessions = sessions::facts(&mut op, &sample.user).await?.sessions;
        op.commit().await?;
        users.push(DemoUser {
            email: new.email,
            plan,
            sessions,
        });
    }
    Ok(Demo { users })
}
