//! Sample people with weeks of history. They do what people do, by the rules: nothing here writes a
//! session's row itself.

use std::collections::HashMap;

use serde_json::json;

use super::history::{HISTORY, Step, ago, device};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Db, Tx},
    limits::Limits,
    passwords::{Hasher, HashingFailed},
    plans::{Feature, Plan},
    remember_me::{self, Exchange},
    secret::{Secret, Token},
    sessions::{self, Because, By, EndAllError, FromWhere, How, SessionId},
    time::Moment,
    tokens::{self, Kind},
    users::{self, AccountId, UserError, UserId},
};

/// Every sample person's password.
pub const PASSWORD: &str = "seven violet trams at noon";

/// Name, local part of the e-mail and username, plan, and how many of the devices they have.
const PEOPLE: [(&str, &str, Plan, usize); 8] = [
    ("Ada Lovelace", "ada", Plan::Enterprise, 14),
    ("Grace Hopper", "grace", Plan::Enterprise, 9),
    ("Alan Turing", "alan", Plan::Pro, 11),
    ("Katherine Johnson", "katherine", Plan::Pro, 6),
    ("Margaret Hamilton", "margaret", Plan::Plus, 8),
    ("Tim Berners-Lee", "tim", Plan::Plus, 4),
    ("Hedy Lamarr", "hedy", Plan::Free, 7),
    ("Edsger Dijkstra", "edsger", Plan::Free, 1),
];

/// The sample people, as the command prints them.
#[derive(Debug, Clone)]
pub struct Demo {
    pub people: Vec<DemoPerson>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    pub email: String,
    pub plan: Plan,
    /// Sessions that are alive.
    pub sessions: i64,
}

/// Why there are no sample people, or no new ones. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the sample people are there already; sign in as {0} with the password {PASSWORD:?}")]
    AlreadyThere(String),
    #[error(transparent)]
    User(#[from] UserError),
    #[error(transparent)]
    Press(#[from] EndAllError),
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

/// Makes the sample people and lets them live through the last four weeks, all in one transaction.
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
    let mut people = Vec::new();
    for (number, (name, short, plan, devices)) in PEOPLE.into_iter().enumerate() {
        let email = format!("{short}@demo.example");
        if users::id_of_email(&mut tx, &email).await?.is_some() {
            return Err(DemoError::AlreadyThere(email));
        }
        let mut life = Life {
            user: UserId(now.id()),
            account: AccountId(now.id()),
            plan,
            number,
            devices,
            open: HashMap::new(),
        };
        life.move_in(&mut tx, name, short, &email, &hash, now)
            .await?;
        for (hours, step) in HISTORY {
            let then = Moment::at(now.at - ago(hours, number));
            life.live(&mut tx, step, limits, then).await?;
        }
        let sessions = sessions::facts(&mut tx, &life.user, limits, now)
            .await?
            .sessions;
        people.push(DemoPerson {
            email,
            plan,
            sessions,
        });
    }
    tx.commit().await?;
    Ok(Demo { people })
}

/// What a device holds: its session and, where it is remembered, its cookies, latest last.
struct Open {
    session: SessionId,
    device: Option<String>,
    cookies: Vec<Token>,
}

/// One person on their way through the history.
struct Life {
    user: UserId,
    account: AccountId,
    plan: Plan,
    number: usize,
    devices: usize,
    open: HashMap<usize, Open>,
}

impl Life {
    async fn move_in(
        &self,
        tx: &mut Tx,
        name: &str,
        username: &str,
        email: &str,
        hash: &str,
        now: Moment,
    ) -> Result<(), DemoError> {
        let then = Moment::at(now.at - ago(700, self.number));
        let (user, account) = (&self.user, &self.account);
        users::insert_account(tx, account, &format!("{name}’s account"), self.plan, then).await?;
        users::insert_user(tx, user, account, name, email, hash, then).await?;
        users::update_profile(tx, user, name, username).await?;
        self.record(tx, Action::UserCreated, 0, json!({}), then)
            .await?;
        for (feature, kind, names) in [
            (Feature::McpTokens, Kind::Mcp, ["Editor", "Assistant"]),
            (Feature::ApiTokens, Kind::Api, ["Backup", "Status page"]),
        ] {
            for name in names.into_iter().filter(|_| self.plan.has(feature)) {
                tokens::insert_sample(tx, user, kind, name, then).await?;
            }
        }
        Ok(())
    }

    async fn live(
        &mut self,
        tx: &mut Tx,
        step: Step,
        limits: &Limits,
        now: Moment,
    ) -> Result<(), DemoError> {
        let (Step::SignIn(n)
        | Step::SignInRemembered(n)
        | Step::ComeBack(n)
        | Step::Copied(n)
        | Step::UsePage(n)
        | Step::SignOut(n)
        | Step::Mistype(n)
        | Step::RemoteLogout(n)
        | Step::NewPassword(n)) = step;
        if n >= self.devices {
            return Ok(());
        }
        let client = device(self.number, n);
        match step {
            Step::SignIn(_) => self.sign_in(tx, n, false, limits, now).await?,
            Step::SignInRemembered(_) => self.sign_in(tx, n, true, limits, now).await?,
            Step::Mistype(_) => self
                .record(tx, Action::LoginFailed, n, json!({}), now)
                .await
                .map(drop)?,
            Step::ComeBack(_) | Step::Copied(_) => {
                self.present_cookie(tx, n, step, &client, limits, now)
                    .await?;
            }
            Step::UsePage(_) => {
                if let Some(open) = self.open.get(&n) {
                    sessions::note_active(tx, &[(open.session.clone(), now.at)]).await?;
                }
            }
            Step::SignOut(_) => {
                if let Some(open) = self.open.remove(&n) {
                    sessions::sign_out(tx, &self.user, &open.session, &client, now).await?;
                }
            }
            Step::RemoteLogout(_) => {
                if let Some(open) = self
                    .open
                    .get(&n)
                    .filter(|_| self.plan.has(Feature::RemoteLogout))
                {
                    let (by, from) = (By::Session(&open.session), FromWhere::Security);
                    sessions::end_all(tx, &self.user, by, from, &client, limits, now).await?;
                }
            }
            Step::NewPassword(_) => self.end_others(tx, n, limits, now).await?,
        }
        Ok(())
    }

    async fn sign_in(
        &mut self,
        tx: &mut Tx,
        n: usize,
        remember_me: bool,
        limits: &Limits,
        now: Moment,
    ) -> Result<(), DemoError> {
        let Some(locked) = users::lock(tx, &self.user).await? else {
            return Ok(());
        };
        let (user, client) = (&self.user, &device(self.number, n));
        let remembered = if remember_me {
            Some(remember_me::issue(tx, user, locked.epoch, client, limits, now).await?)
        } else {
            None
        };
        let device = remembered.as_ref().map(|(device, _)| device.clone());
        let (epoch, how) = (locked.epoch, How::Password);
        let started =
            sessions::start(tx, user, epoch, how, device.as_deref(), client, limits, now).await?;
        let open = Open {
            session: started.id,
            device,
            cookies: remembered
                .into_iter()
                .map(|(_, cookie)| cookie.token)
                .collect(),
        };
        self.open.insert(n, open);
        let details = json!({ "how": "password", "remember_me": remember_me });
        self.record(tx, Action::Login, n, details, now).await?;
        Ok(())
    }

    /// The latest cookie as its browser does, or the first as whoever copied it.
    async fn present_cookie(
        &mut self,
        tx: &mut Tx,
        n: usize,
        step: Step,
        client: &Client,
        limits: &Limits,
        now: Moment,
    ) -> Result<(), DemoError> {
        let Some(open) = self.open.get_mut(&n).filter(|open| open.device.is_some()) else {
            return Ok(());
        };
        let cookie = match step {
            Step::Copied(_) => open.cookies.first(),
            _ => open.cookies.last(),
        };
        let Some(cookie) = cookie else {
            return Ok(());
        };
        let given = remember_me::exchange(tx, cookie, false, client, limits, now).await?;
        if let Exchange::Session { started, next, .. } = given {
            open.session = started.id;
            open.cookies.push(next);
        }
        Ok(())
    }

    /// What a change of password does, but for the password: all of them keep the one they share.
    async fn end_others(
        &mut self,
        tx: &mut Tx,
        n: usize,
        limits: &Limits,
        now: Moment,
    ) -> Result<(), DemoError> {
        let Some(open) = self.open.get(&n) else {
            return Ok(());
        };
        sessions::end_expired(tx, &self.user, limits, now).await?;
        let facts = sessions::count_open(tx, &self.user, limits, now).await?;
        let details = json!({
            "sessions": facts.sessions - 1, "remembered_devices": facts.remembered_devices,
        });
        let event = self
            .record(tx, Action::PasswordChanged, n, details, now)
            .await?;
        let because = Because::PasswordChanged;
        sessions::end_rows(tx, &self.user, because, &event, Some(&open.session), now).await?;
        Ok(())
    }

    async fn record(
        &self,
        tx: &mut Tx,
        action: Action,
        n: usize,
        details: serde_json::Value,
        now: Moment,
    ) -> Result<String, sqlx::Error> {
        let client = device(self.number, n);
        let actor = match action {
            Action::LoginFailed => Actor::Nobody,
            _ => Actor::User(&self.user),
        };
        let event = Event::of(action, actor, &client)
            .in_account(&self.account)
            .about(&self.user)
            .with(details);
        audit::record(tx, event, now).await.map(|event| event.id)
    }
}
