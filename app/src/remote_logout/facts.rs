//! What a remote logout would end and what would stay, as the database has it at this moment: declared once for both sides.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{counted::all_counted, devices::Looks, error::AppError, time::Time};

/// What would end and what would stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Whose sessions these are, and the epoch under which they are live: what a form names that this is shown with.
    pub user: String,
    pub epoch: i64,
    pub sessions: u64,
    pub remembered_devices: u64,
    /// Invitations of the user that will wait for a confirmation.
    pub invitations: u64,
    /// The first of the sessions, this one before the others.
    pub devices: Vec<Device>,
    /// Where the user is signed in with Curfew.
    pub applications: Vec<ApplicationFact>,
    pub api_tokens: u64,
    pub mcp_tokens: u64,
    /// The pages of their tokens are for this user: not for a watch-only member, nor for one who owes a second factor.
    pub manages_tokens: bool,
    pub two_factor: bool,
}

impl Facts {
    /// What ends, in a sentence or two.
    #[must_use]
    pub fn consequences(&self) -> String {
        let ends = all_counted(&[
            (self.sessions, "session", "sessions"),
            (
                self.remembered_devices,
                "remembered device",
                "remembered devices",
            ),
        ]);
        let ends = ends.unwrap_or_else(|| "every session".to_owned());
        format!("Ends {ends} at once and signs you out here too.")
    }
}

/// A session in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub label: String,
    pub ip: String,
    pub looks: Looks,
    pub this: bool,
    /// Tells several of one name apart. None for this one and what is in use right now.
    pub last_active: Option<Time>,
}

/// How an application learns that a session there has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learns {
    ToldAtOnce,
    RefusedAtNextRequest,
    EndsAtNextRefresh,
    CannotBeTold,
}

/// Sign-ins at an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationFact {
    pub name: String,
    pub sessions: u64,
    pub learns: Learns,
    /// How many days its own session may live.
    pub own_session_days: u64,
}

/// Devices shown by name; the rest is a number.
#[cfg(feature = "ssr")]
const SHOWN: i64 = 20;

/// What a remote logout would end and leave now.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "remote_logout_facts")]
pub async fn remote_logout_facts() -> Result<Facts, AppError> {
    use accounts::{
        applications::mine,
        permissions::{self, Permission},
        sessions,
    };

    use crate::{
        context::{reader, signed_in},
        devices,
    };

    let me = signed_in()?;
    let mut conn = reader().await?;
    let facts = sessions::facts(&mut conn, &me.user.id).await?;
    let devices = devices::listed(&mut conn, &me, SHOWN).await?;
    let applications = mine(&mut conn, &me.user.id).await?;
    let two_factor = me.user.two_factor_since.is_some();
    let tokens = permissions::check(me.user.role, me.user.available(), Permission::OwnTokens);
    Ok(Facts {
        applications: applications.iter().map(ApplicationFact::from).collect(),
        user: me.user.id.0,
        epoch: facts.epoch,
        sessions: facts.sessions.unsigned_abs(),
        remembered_devices: facts.remembered_devices.unsigned_abs(),
        invitations: facts.invitations.unsigned_abs(),
        devices: devices
            .into_iter()
            .map(|d| Device {
                label: d.label,
                ip: d.ip,
                looks: d.looks,
                this: d.this,
                last_active: (!d.active).then_some(d.last_active),
            })
            .collect(),
        api_tokens: facts.api_tokens.unsigned_abs(),
        mcp_tokens: facts.mcp_tokens.unsigned_abs(),
        manages_tokens: tokens.is_ok(),
        two_factor,
    })
}

#[cfg(feature = "ssr")]
impl From<&accounts::applications::Mine> for ApplicationFact {
    fn from(mine: &accounts::applications::Mine) -> Self {
        Self {
            name: accounts::text::visible(&mine.name).into_owned(),
            sessions: 1,
            learns: mine.class().into(),
            own_session_days: days(mine.own_session()),
        }
    }
}

#[cfg(feature = "ssr")]
impl From<&accounts::applications::OfEveryone> for ApplicationFact {
    fn from(there: &accounts::applications::OfEveryone) -> Self {
        Self {
            name: accounts::text::visible(&there.name).into_owned(),
            sessions: there.sessions.unsigned_abs(),
            learns: there.class().into(),
            own_session_days: days(there.own_session()),
        }
    }
}

#[cfg(feature = "ssr")]
impl From<accounts::applications::Class> for Learns {
    fn from(class: accounts::applications::Class) -> Self {
        use accounts::applications::Class;

        match class {
            Class::ToldAtOnce => Self::ToldAtOnce,
            Class::RefusedAtNextRequest => Self::RefusedAtNextRequest,
            Class::EndsAtNextRefresh => Self::EndsAtNextRefresh,
            Class::CannotBeTold => Self::CannotBeTold,
        }
    }
}

#[cfg(feature = "ssr")]
fn days(lives: std::time::Duration) -> u64 {
    (lives.as_secs() / 86_400).max(1)
}
