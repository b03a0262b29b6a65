//! The sample users: who they are, and how they come about.

use super::{
    applications::add_applications,
    error::{DemoError, PASSWORD},
    history::{HISTORY, ago},
    user::SampleUser,
};
use crate::{
    client::Client,
    instance::Instance,
    operation::Operation,
    plans::Plan,
    profile::set_names,
    secret::Secret,
    sessions::{self},
    time::Moment,
    users::{self, CleanUser},
};

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

/// One sample user.
#[derive(Debug, Clone)]
pub struct DemoUser {
    pub email: String,
    pub plan: Plan,
    /// Live sessions.
    pub sessions: i64,
}

/// Creates the sample users with a history of four weeks, each user in an operation of their own.
///
/// # Errors
/// See [`DemoError`].
pub async fn demo(instance: &Instance, now: Moment) -> Result<Demo, DemoError> {
    let hasher = instance.hasher.known(&Client::default());
    let password_hash = hasher.hash(&Secret::new(PASSWORD.into())).await?;
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
        if number == 0 {
            add_applications(instance, &sample.user, now).await?;
        }
        users.push(DemoUser {
            email: new.email,
            plan,
            sessions,
        });
    }
    Ok(Demo { users })
}
