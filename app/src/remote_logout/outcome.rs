//! The two lists: what a remote logout ends and what stays.

mod devices;

use leptos::prelude::*;

use super::facts::{ApplicationFact, Facts, Learns};
use crate::{
    counted::counted,
    parts::{
        icon::{Icon, Shape},
        link::Link,
    },
};
use devices::Devices;

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
    let manages_tokens = facts.manages_tokens;
    let stays = |n, one, many, href, kind: &str| {
        (n > 0).then(|| {
            let counted = counted(n, one, many);
            let what = if manages_tokens {
                view! { <Link href=href>{counted}</Link> }.into_any()
            } else {
                view! { <span>{counted}</span> }.into_any()
            };
            view! {
                <li class=format!("outcome__item outcome__kept--{kind}")>
                    <Icon shape=Shape::CheckCircle />
                    {what}
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
                {(manages_tokens && (facts.api_tokens == 0 || facts.mcp_tokens == 0))
                    .then(|| {
                        view! {
                            <p class="outcome__note">
                                "Manage tokens in Settings: " <Link href="/settings/api">"API"</Link> ", "
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
pub(crate) fn Applications(applications: Vec<ApplicationFact>) -> impl IntoView {
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
                    ("outcome__item outcome__item--open", Shape::AlertTriangle)
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

/// The names of a class, each once, with how many sessions there are and how long its own may live.
fn names(applications: &[ApplicationFact], learns: Learns) -> Vec<String> {
    let mut names: Vec<(&ApplicationFact, u64)> = Vec::new();
    for application in applications.iter().filter(|fact| fact.learns == learns) {
        let same = |known: &ApplicationFact| {
            known.name == application.name && known.own_session_days == application.own_session_days
        };
        match names.iter_mut().find(|(known, _)| same(known)) {
            Some((_, sessions)) => *sessions += application.sessions,
            None => names.push((application, application.sessions)),
        }
    }
    names
        .into_iter()
        .map(|(application, sessions)| {
            let many = (sessions > 1).then(|| counted(sessions, "session", "sessions"));
            let lives = (learns == Learns::CannotBeTold).then(|| {
                let lives = counted(application.own_session_days, "day", "days");
                format!("its own session may live up to {lives}")
            });
            let about: Vec<String> = [many, lives].into_iter().flatten().collect();
            if about.is_empty() {
                application.name.clone()
            } else {
                format!("{} ({})", application.name, about.join("; "))
            }
        })
        .collect()
}

/// What must not be overlooked: in the dialog it is beside the buttons.
#[component]
pub fn NoUndo() -> impl IntoView {
    view! {
        <p class="outcome__warning" id="no-undo">"This can’t be undone. You’ll need to sign in again here too."</p>
    }
}
