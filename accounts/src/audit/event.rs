//! What an event says: the operation, who did it, to whom, from where.

use serde_json::{Value, json};

use super::action::Action;
use crate::{
    client::Client,
    db::{Change, INSTANCE},
    ids::{AccountId, EventId, UserId},
    time::{Moment, UnixMillis},
};

/// Who did it.
#[derive(Debug, Clone, Copy)]
pub enum Actor<'a> {
    User(&'a UserId),
    /// An anonymous visitor.
    Anonymous,
    /// The operator, with the `curfew` command on the machine.
    Operator,
    /// Curfew itself, by what an account has set.
    System,
}

impl Actor<'_> {
    pub(super) fn stored(self) -> String {
        match self {
            Self::User(id) => format!("user:{}", id.0),
            Self::Anonymous => "anonymous".into(),
            Self::Operator => "operator".into(),
            Self::System => "system".into(),
        }
    }
}

/// An event to be recorded.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    pub(super) action: Action,
    pub(super) actor: Actor<'a>,
    pub(super) account: Option<&'a AccountId>,
    pub(super) subject: Option<&'a UserId>,
    pub(super) parent: Option<&'a EventId>,
    pub(super) details: Value,
    id: Option<&'a EventId>,
}

impl<'a> Event<'a> {
    /// An event of the instance, about no user, without details.
    #[must_use]
    pub fn of(action: Action, actor: Actor<'a>) -> Self {
        Self {
            action,
            actor,
            account: None,
            subject: None,
            parent: None,
            details: json!({}),
            id: None,
        }
    }

    /// Puts it in the account's chain.
    #[must_use]
    pub fn in_account(mut self, account: &'a AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// Says whom it was done to.
    #[must_use]
    pub fn about(mut self, subject: &'a UserId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Says which event it follows from, one of the same account.
    #[must_use]
    pub fn under(mut self, parent: &'a EventId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Sets the details, a JSON object.
    #[must_use]
    pub fn with(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// Gives it the id that was promised for it.
    #[must_use]
    pub(crate) fn with_id(mut self, id: &'a EventId) -> Self {
        self.id = Some(id);
        self
    }

    /// The event as it will be stored, but for its place in the chain.
    pub(crate) fn unchained(self, client: &Client, now: Moment) -> Unchained {
        Unchained {
            id: self.id.cloned().unwrap_or_else(|| EventId(now.id())),
            parent: self.parent.map(|event| event.0.clone()),
            chain: self.account.map_or(INSTANCE, AccountId::as_str).to_owned(),
            at: now.at,
            action: self.action,
            actor: self.actor.stored(),
            subject: self.subject.map(|user| user.0.clone()),
            ip: client.ip.map(|ip| ip.to_string()),
            user_agent: client.user_agent.clone(),
            request_id: client.request_id.clone(),
            details: self.details.to_string(),
        }
    }

    /// Adds to the details.
    pub(crate) fn and(mut self, more: &Value) -> Self {
        if let (Some(details), Some(more)) = (self.details.as_object_mut(), more.as_object()) {
            details.extend(more.clone());
        }
        self
    }
}

/// An event that an operation has recorded and its commit will put into a chain.
#[derive(Debug)]
pub(crate) struct Unchained {
    pub(crate) id: EventId,
    pub(super) parent: Option<String>,
    pub(super) chain: String,
    pub(super) at: UnixMillis,
    pub(super) action: Action,
    pub(super) actor: String,
    pub(super) subject: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) user_agent: String,
    pub(super) request_id: Option<String>,
    pub(super) details: String,
}

impl Unchained {
    /// Whose sessions it may have changed, for the commit to say. None for a sign-in, because PostgreSQL's NOTIFY lets only
    /// one commit run at a time: one that ends another session says so itself, and the rest is told after the commit.
    pub(crate) fn change(&self) -> Option<Change> {
        self.change_later().filter(|_| self.action != Action::Login)
    }

    /// The same, as it is told after the commit: a sign-in shows on the user's open pages.
    pub(crate) fn change_later(&self) -> Option<Change> {
        Change::of_event(self.action.name(), self.subject.as_deref(), &self.chain)
    }
}
