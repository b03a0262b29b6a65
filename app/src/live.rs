//! Live notices: what the event stream says, and the island that reads it.
#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::unused_async,
        reason = "server functions are async; the authentication middleware has looked already"
    )
)]

#[cfg(feature = "hydrate")]
mod activity;
#[cfg(feature = "hydrate")]
mod stream;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{error::AppError, reason::Reason};

#[cfg(feature = "hydrate")]
pub use activity::on_activity;

/// What the event stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The first one: whose stream it is.
    Hello(Access),
    /// The last one to a session that lives on under another role or plan.
    Changed(Access),
    /// Something has happened to the user: what a page shows of them may be out of date.
    Activity(Happened),
    /// The last one to a session that has ended.
    Ended(Ended),
}

/// A user with their role and plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub user: String,
    /// Role and plan as one text that a page can compare with its own.
    pub access: String,
    /// What a page says that was drawn for another.
    pub text: String,
}

/// Whom something has happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    pub user: String,
}

/// How a session has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub user: String,
    /// The browser may be signed in all the same, by a remembered device that lives on.
    pub may_come_back: bool,
    pub reason: Reason,
}

impl Notice {
    /// The names of the events.
    pub const NAMES: [&str; 4] = ["hello", "changed", "activity", "ended"];

    /// The event's name and its data.
    ///
    /// # Errors
    /// None that a notice can bring about.
    pub fn event(&self) -> serde_json::Result<(&'static str, String)> {
        Ok(match self {
            Self::Hello(access) => ("hello", serde_json::to_string(access)?),
            Self::Changed(access) => ("changed", serde_json::to_string(access)?),
            Self::Activity(happened) => ("activity", serde_json::to_string(happened)?),
            Self::Ended(ended) => ("ended", serde_json::to_string(ended)?),
        })
    }

    /// Reads an event. One that this page does not know is nothing to it.
    #[must_use]
    pub fn read(name: &str, data: &str) -> Option<Self> {
        match name {
            "hello" => serde_json::from_str(data).ok().map(Self::Hello),
            "changed" => serde_json::from_str(data).ok().map(Self::Changed),
            "activity" => serde_json::from_str(data).ok().map(Self::Activity),
            "ended" => serde_json::from_str(data).ok().map(Self::Ended),
            _ => None,
        }
    }

    /// Whose notice it is.
    #[must_use]
    pub fn user(&self) -> &str {
        match self {
            Self::Hello(access) | Self::Changed(access) => &access.user,
            Self::Activity(happened) => &happened.user,
            Self::Ended(ended) => &ended.user,
        }
    }
}

/// Says whether this browser is still signed in, and as `who` if a page says whose it is. A page that
/// wakes up asks this before it shows itself.
///
/// # Errors
/// `session_ended` with the reason, `not_signed_in`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "still_signed_in")]
pub async fn still_signed_in(who: Option<String>) -> Result<(), AppError> {
    is_still_signed_in(&crate::context::visit()?, who.as_deref())
}

/// What [`still_signed_in`] says, by what the authentication has found. It draws nothing and asks for nothing else, so the
/// server calls this without setting anything up.
///
/// # Errors
/// As [`still_signed_in`].
#[cfg(feature = "ssr")]
pub fn is_still_signed_in(
    visit: &crate::context::Visit,
    who: Option<&str>,
) -> Result<(), AppError> {
    use crate::context::{Presence, session_ended};

    match &visit.presence {
        Presence::SignedIn(me) if who.is_none_or(|who| who == me.user.id.as_str()) => Ok(()),
        Presence::Ended(ended) => Err(session_ended(ended)),
        Presence::SignedIn(_) | Presence::Anonymous => Err(AppError::not_signed_in()),
    }
}

/// Reads the event stream when this tab is the one of its browser that holds it, and acts on what it says. `public/tabs.js`
/// says which tab that is, and passes on what it hears.
#[island]
pub fn LiveNotices() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    stream::start();
}
