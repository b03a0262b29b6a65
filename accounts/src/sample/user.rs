//! One sample user's history. It goes through the functions of the rules: nothing here writes a session's row itself.

use std::collections::HashMap;

use serde_json::json;

use super::{
    error::DemoError,
    history::{Step, device},
};
use crate::{
    audit::{Action, Actor, Event},
    end_reason::EndReason,
    ids::{AccountId, SessionId, UserId},
    operation::Operation,
    plans::{Feature, Plan},
    remember_me::{self, Exchange},
    roles::Role,
    secret::Token,
    sessions::{self, AuthMethod, By, NewSession, Surface, end_others_and_rotate},
    time::Moment,
    tokens::{self, Kind},
    users::{self, CleanUser},
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
    /// Signs up: an account of their own, and the tokens that its plan has.
    pub(super) async fn begin(
        op: &mut Operation,
        number: usize,
        plan: Plan,
        new: &CleanUser,
    ) -> Result<Self, DemoError> {
        op.go_to(device(number, 0), op.now);
        let account = users::insert_account(op, &format!("{}’s account", new.name), plan).await?;
        let user = users::insert_user(op, &account, Role::Owner, new).await?;
        let sample = Self {
            user,
            account,
            plan,
            number,
            open: HashMap::new(),
        };
        sample.record(op, Action::UserCreated, json!({}));
        for (feature, kind, names) in [
            (Feature::McpTokens, Kind::Mcp, ["Editor", "Assistant"]),
            (Feature::ApiTokens, Kind::Api, ["Backup", "Status page"]),
        ] {
            for name in names.into_iter().filter(|_| plan.has(feature)) {
                tokens::insert_sample(op, &sample.user, kind, name).await?;
            }
        }
        Ok(sample)
    }

    /// Takes one step on device number `n`. A step that is not possible at that moment is left out.
    pub(super) async fn live(
        &mut self,
        op: &mut Operation,
        step: Step,
        n: usize,
        then: Moment,
    ) -> Result<(), DemoError> {
        op.go_to(device(self.number, n), then);
        match step {
            Step::SignIn => self.sign_in(op, n, false).await?,
            Step::SignInRemembered => self.sign_in(op, n, true).await?,
            Step::Mistype => {
                self.record(op, Action::LoginFailed, json!({}));
            }
            Step::ComeBack | Step::Copied => {
                self.present_cookie(op, n, step).await?;
            }
            Step::UsePage => {
                if let Some(open) = self.open.get(&n) {
                    sessions::note_active(op, &[(open.session.clone(), then.at)]).await?;
                }
            }
            Step::SignOut => {
                if let Some(open) = self.open.remove(&n) {
                    sessions::sign_out(op, &self.user, &open.session).await?;
                }
            }
            Step::RemoteLogout => {
                let may = self.plan.has(Feature::RemoteLogout);
                if let Some(open) = self.open.get(&n).filter(|_| may) {
                    let (by, surface) = (By::Session(&open.session), Surface::Security);
                    sessions::end_all(op, &self.user, by, surface).await?;
                    sessions::expand_all_of(op, &self.user).await?;
                }
            }
            Step::NewPassword => self.end_others(op, n).await?,
        }
        Ok(())
    }

    async fn sign_in(
        &mut self,
        op: &mut Operation,
        n: usize,
        remember_me: bool,
    ) -> Result<(), DemoError> {
        let Some(user) = op.lock_user(&self.user).await? else {
            return Ok(());
        };
        let remembered = if remember_me {
            Some(remember_me::issue(op, &user).await?)
        } else {
            None
        };
        let device = remembered.as_ref().map(|(device, _)| device.clone());
        let new = NewSession {
            user: &user,
            auth_method: AuthMethod::Password,
            second_factor: None,
            remembered_device: device.as_deref(),
            given_with: None,
        };
        let started = sessions::start(op, new).await?;
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
        self.record(op, Action::Login, details);
        Ok(())
    }

    /// The latest cookie as its browser does, or the first as a thief who has copied it.
    async fn present_cookie(
        &mut self,
        op: &mut Operation,
        n: usize,
        step: Step,
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
        let given = remember_me::exchange(op, cookie).await?;
        if let Exchange::Session { started, next, .. } = given {
            // The browser shows the page, and asks for more.
            remember_me::note_first_use(op, &self.user, &started.id).await?;
            open.session = started.id;
            open.cookies.push(next);
        }
        Ok(())
    }

    /// What a change of password does, except that the password stays: all sample users keep the one they share.
    async fn end_others(&mut self, op: &mut Operation, n: usize) -> Result<(), DemoError> {
        let Some(open) = self.open.get(&n) else {
            return Ok(());
        };
        let Some(live) = op.lock_live(&self.user, &open.session).await? else {
            return Ok(());
        };
        let event = Event::of(Action::PasswordChanged, Actor::User(&self.user));
        end_others_and_rotate(op, &live, event, EndReason::PasswordChanged, None).await?;
        Ok(())
    }

    fn record(&self, op: &mut Operation, action: Action, details: serde_json::Value) {
        let actor = match action {
            Action::LoginFailed => Actor::Anonymous,
            _ => Actor::User(&self.user),
        };
        let event = Event::of(action, actor)
            .in_account(&self.account)
            .about(&self.user)
            .with(details);
        op.record(event);
    }
}
