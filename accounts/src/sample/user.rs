//! One sample user's life. They do what users do, by the rules: nothing here writes a session's
//! row itself.

use std::collections::HashMap;

use serde_json::json;

use super::{
    demo::DemoError,
    history::{Step, device},
};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    limits::Limits,
    plans::{Feature, Plan},
    remember_me::{self, Exchange},
    secret::Token,
    sessions::{self, AuthMethod, By, EndReason, SessionId, Surface},
    time::Moment,
    tokens::{self, Kind},
    users::{self, AccountId, UserId},
};

/// What a device holds: its session and, where it is remembered, its cookies, latest last.
struct Open {
    session: SessionId,
    device: Option<String>,
    cookies: Vec<Token>,
}

/// One user on their way through the history.
pub(super) struct SampleUser {
    pub(super) user: UserId,
    account: AccountId,
    plan: Plan,
    number: usize,
    open: HashMap<usize, Open>,
}

impl SampleUser {
    /// Moves in: an account of their own, and the tokens that its plan has.
    pub(super) async fn begin(
        tx: &mut Tx,
        number: usize,
        name: &str,
        email: &str,
        plan: Plan,
        password_hash: &str,
        now: Moment,
    ) -> Result<Self, DemoError> {
        let (user, account) = (UserId(now.id()), AccountId(now.id()));
        users::insert_account(tx, &account, &format!("{name}’s account"), plan, now).await?;
        users::insert_user(tx, &user, &account, name, email, password_hash, now).await?;
        let sample = Self {
            user,
            account,
            plan,
            number,
            open: HashMap::new(),
        };
        sample
            .record(tx, Action::UserCreated, 0, json!({}), now)
            .await?;
        for (feature, kind, names) in [
            (Feature::McpTokens, Kind::Mcp, ["Editor", "Assistant"]),
            (Feature::ApiTokens, Kind::Api, ["Backup", "Status page"]),
        ] {
            for name in names.into_iter().filter(|_| plan.has(feature)) {
                tokens::insert_sample(tx, &sample.user, kind, name, now).await?;
            }
        }
        Ok(sample)
    }

    /// Takes one step on device number `n`. What cannot be done just then is left out.
    pub(super) async fn live(
        &mut self,
        tx: &mut Tx,
        step: Step,
        n: usize,
        limits: &Limits,
        now: Moment,
    ) -> Result<(), DemoError> {
        let client = device(self.number, n);
        match step {
            Step::SignIn => self.sign_in(tx, n, false, limits, now).await?,
            Step::SignInRemembered => self.sign_in(tx, n, true, limits, now).await?,
            Step::Mistype => {
                self.record(tx, Action::LoginFailed, n, json!({}), now)
                    .await?;
            }
            Step::ComeBack | Step::Copied => {
                self.present_cookie(tx, n, step, &client, limits, now)
                    .await?;
            }
            Step::UsePage => {
                if let Some(open) = self.open.get(&n) {
                    sessions::note_active(tx, &[(open.session.clone(), now.at)]).await?;
                }
            }
            Step::SignOut => {
                if let Some(open) = self.open.remove(&n) {
                    sessions::sign_out(tx, &self.user, &open.session, &client, now).await?;
                }
            }
            Step::RemoteLogout => {
                let may = self.plan.has(Feature::RemoteLogout);
                if let Some(open) = self.open.get(&n).filter(|_| may) {
                    let (by, from) = (By::Session(&open.session), Surface::Security);
                    sessions::end_all(tx, &self.user, by, from, &client, limits, now).await?;
                }
            }
            Step::NewPassword => self.end_others(tx, n, limits, now).await?,
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
        let from = sessions::NewSession {
            user,
            epoch: locked.epoch,
            how: AuthMethod::Password,
            second_factor: None,
            remembered_device: device.as_deref(),
        };
        let started = sessions::start(tx, from, client, limits, now).await?;
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
            Step::Copied => open.cookies.first(),
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
        let end_reason = EndReason::PasswordChanged;
        sessions::end_rows(tx, &self.user, end_reason, &event, Some(&open.session), now).await?;
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
            Action::LoginFailed => Actor::Anonymous,
            _ => Actor::User(&self.user),
        };
        let event = Event::of(action, actor, &client)
            .in_account(&self.account)
            .about(&self.user)
            .with(details);
        audit::record(tx, event, now).await.map(|event| event.id)
    }
}
