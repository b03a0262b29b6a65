//! What a remote logout ends and what stays, as the database has it at this moment.

mod devices;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    counted::{all_counted, counted},
    devices::Looks,
    error::AppError,
    parts::{
        icon::{Icon, Shape},
        link::Link,
    },
    time::Time,
};
use devices::Devices;

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
        format!("Ends {ends} at once and signs you out here too. This can’t be undone.")
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

/// A sign-in at an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationFact {
    pub name: String,
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
    use accounts::{applications::mine, sessions};

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
        two_factor,
    })
}

#[cfg(feature = "ssr")]
impl From<&accounts::applications::Mine> for ApplicationFact {
    fn from(mine: &accounts::applications::Mine) -> Self {
        use accounts::applications::Class;

        Self {
            name: accounts::text::visible(&mine.name).into_owned(),
            learns: match mine.class() {
                Class::ToldAtOnce => Learns::ToldAtOnce,
                Class::RefusedAtNextRequest => Learns::RefusedAtNextRequest,
                Class::EndsAtNextRefresh => Learns::EndsAtNextRefresh,
                Class::CannotBeTold => Learns::CannotBeTold,
            },
            own_session_days: (mine.own_session().as_secs() / 86_400).max(1),
        }
    }
}

/// What happens to invitations that were not used yet.
fn waiting(invitations: u64) -> String {
    counted(
        invitations,
        "pending invitation: its link won’t work until you confirm it",
        "pending invitations: their links won’t work until you confirm them",
    )
}

/// The two lists. `page` when they are on a page of their own and not in the dialog.
#[component]
pub fn Outcome(facts: Facts, #[prop(optional)] page: bool) -> impl IntoView {
    let heading = move |id: &'static str, text: &'static str| {
        if page {
            view! { <h2 class="outcome__title" id=id>{text}</h2> }.into_any()
        } else {
            view! { <h3 class="outcome__title" id=id>{text}</h3> }.into_any()
        }
    };
    // Only what there is: a row that says "0" hides those that matter.
    let ends = |n, one, many| {
        (n > 0).then(|| {
            view! {
                <li class="outcome__item outcome__item--ends">
                    <Icon shape=Shape::XCircle />
                    <span>{counted(n, one, many)}</span>
                </li>
            }
        })
    };
    // Drawn in both lists: the style sheet shows them where the boxes of "More" say.
    let revoked = |n, one, many, kind: &str| {
        (n > 0).then(|| {
            view! {
                <li class=format!("outcome__item outcome__item--ends outcome__revoked--{kind}")>
                    <Icon shape=Shape::XCircle />
                    <span>{counted(n, one, many)}</span>
                </li>
            }
        })
    };
    let stays = |n, one, many, href, kind: &str| {
        (n > 0).then(|| {
            view! {
                <li class=format!("outcome__item outcome__kept--{kind}")>
                    <Icon shape=Shape::CheckCircle />
                    <Link href=href>{counted(n, one, many)}</Link>
                </li>
            }
        })
    };
    let two_factor = if facts.two_factor { "on" } else { "off" };
    view! {
        <div class="outcome">
            <section class="outcome__group" aria-labelledby="ends-title">
                {heading("ends-title", "What will end")}
                <ul class="outcome__list" role="list">
                    {ends(facts.sessions, "session", "sessions")}
                    {ends(facts.remembered_devices, "remembered device", "remembered devices")}
                    {revoked(facts.api_tokens, "API token", "API tokens", "api")}
                    {revoked(facts.mcp_tokens, "MCP token", "MCP tokens", "mcp")}
                    {(facts.invitations > 0)
                        .then(|| {
                            view! {
                                <li class="outcome__item outcome__item--ends">
                                    <Icon shape=Shape::XCircle />
                                    <span>
                                        {waiting(facts.invitations)}
                                    </span>
                                </li>
                            }
                        })}
                </ul>
                <Devices devices=facts.devices sessions=facts.sessions />
                <Applications applications=facts.applications />
            </section>
            <section class="outcome__group" aria-labelledby="stays-title">
                {heading("stays-title", "What stays")}
                <ul class="outcome__list" role="list">
                    {stays(facts.api_tokens, "API token", "API tokens", "/settings/api", "api")}
                    {stays(facts.mcp_tokens, "MCP token", "MCP tokens", "/settings/mcp", "mcp")}
                    <li class="outcome__item">
                        <Icon shape=Shape::CheckCircle />
                        <span>{format!("Two-factor authentication: {two_factor}")}</span>
                    </li>
                </ul>
                {(facts.api_tokens == 0 || facts.mcp_tokens == 0)
                    .then(|| {
                        view! {
                            <p class="outcome__note">
                                "Manage tokens in Account settings: " <Link href="/settings/api">"API"</Link> ", "
                                <Link href="/settings/mcp">"MCP"</Link>
                            </p>
                        }
                    })}
            </section>
            {page.then(|| view! { <NoUndo /> })}
        </div>
    }
}

/// The applications in four classes: what will be told, what ends by itself, and what cannot be reached.
#[component]
fn Applications(applications: Vec<ApplicationFact>) -> impl IntoView {
    let classes = [
        (Learns::ToldAtOnce, "Told at once"),
        (
            Learns::RefusedAtNextRequest,
            "Refused at their next request",
        ),
        (
            Learns::EndsAtNextRefresh,
            "End at their next refresh, in at most 10 minutes",
        ),
        (Learns::CannotBeTold, "Can’t be told"),
    ];
    classes
        .into_iter()
        .filter_map(|(learns, title)| {
            let names = names(&applications, learns);
            (!names.is_empty()).then(|| {
                let (class, shape) = if learns == Learns::CannotBeTold {
                    ("outcome__item", Shape::AlertTriangle)
                } else {
                    ("outcome__item outcome__item--ends", Shape::XCircle)
                };
                view! {
                    <ul class="outcome__list" role="list">
                        <li class=class>
                            <Icon shape />
                            <span>{title} ": " {names.join(", ")}</span>
                        </li>
                    </ul>
                }
            })
        })
        .collect_view()
}

/// The names of a class, each once, with how often and how long its own session may live.
fn names(applications: &[ApplicationFact], learns: Learns) -> Vec<String> {
    let mut names: Vec<(String, u64)> = Vec::new();
    for application in applications.iter().filter(|fact| fact.learns == learns) {
        let name = if learns == Learns::CannotBeTold {
            let lives = counted(application.own_session_days, "day", "days");
            format!(
                "{} (its own session may live up to {lives})",
                application.name
            )
        } else {
            application.name.clone()
        };
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => *times += 1,
            None => names.push((name, 1)),
        }
    }
    names
        .into_iter()
        .map(|(name, times)| {
            if times > 1 {
                format!("{name} ×{times}")
            } else {
                name
            }
        })
        .collect()
}

/// What must not be overlooked: in the dialog it is beside the buttons.
#[component]
pub fn NoUndo() -> impl IntoView {
    view! {
        <p class="outcome__warning">"This can’t be undone. You’ll need to sign in again here too."</p>
    }
}
