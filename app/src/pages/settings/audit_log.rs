//! `/settings/audit-log`: what happened in the account, in words, with all that was recorded.

mod asked;
mod chips;
mod filter;
mod looked_for;
mod pages;
mod retention;
mod titles;
pub mod webhook;
mod words;

use accounts::{
    audit::{self, Action, Cut, Shown, Stored},
    audit_retention,
    text::visible,
};
use leptos::prelude::*;

pub use asked::{Asked, asked};

use crate::{
    context::{now, reader, signed_in},
    error::AppError,
    pages::event_details,
    parts::{
        icon::{Disc, Shape},
        link::Link,
        plain::said,
    },
    time::{Show, Time, When},
};

/// Events on a page.
const PAGE: usize = 50;

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let asked = asked(&crate::context::query_string());
    let account = &me.user.account_id;
    let mut conn = reader().await?;
    let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let found = audit::search(&mut conn, account, &asked.filter, asked.cut, most).await?;
    let users = accounts::members::users(&mut conn, account, 1_000).await?;
    let days = audit_retention::retention(&mut conn, account).await?;
    drop(conn);
    let stopped = pages::further(&asked, &found);
    let goes_on = found.stopped.is_some();
    let mut events = found.events;
    let more = events.len() > PAGE;
    events.truncate(PAGE);
    if matches!(asked.cut, Cut::After(_)) {
        events.reverse();
    }
    let ends = events
        .first()
        .zip(events.last())
        .map(|(a, z)| (a.event.seq, z.event.seq));
    let pages = pages::around(&asked, ends, more);
    let list = if events.is_empty() && goes_on {
        // What was found is nothing yet.
        ().into_any()
    } else if events.is_empty() {
        nothing(asked.is_filtered()).into_any()
    } else {
        let rows = events
            .into_iter()
            .map(|event| row(event, &asked))
            .collect_view();
        view! { <ol class="events" role="list">{rows}</ol> }.into_any()
    };
    let page = view! {
        {said()}
        <section class="section" aria-labelledby="log-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="log-title">"Audit log"</h2>
                    <p class="section__lead">"What happened in this account, newest first."</p>
                </div>
                <div class="cluster">
                    <Link class="button button--small" href=asked.export("csv")>"Export CSV"</Link>
                    <Link class="button button--small" href=asked.export("jsonl")>"Export JSON lines"</Link>
                    <Link class="button button--small" href="/settings/audit-log/webhook">"Webhook"</Link>
                </div>
            </div>
            {filter::form(&asked, users.clone())}
            <p class="field__hint">
                "Days are in UTC." <span class="needs-script">" Times in the list are in your own time zone."</span>
            </p>
            {chips::chips(&asked, &users, &me.user.id, now())}
            {list}
            {stopped}
            {pages}
        </section>
        {retention::card(days, me.user.role)}
    };
    Ok(page.into_any())
}

/// The way from an event to others like it: of the same action, and of whom it is about.
fn only(asked: &Asked, e: &Stored, title: String) -> impl IntoView + use<> {
    let actor = e.actor.strip_prefix("user:").map(str::to_owned);
    let user = actor.or_else(|| e.subject.clone());
    let member = user.map(|id| {
        view! { <Link class="chip" href=asked.with(&[("user", &id)])>"Only this member"</Link> }
    });
    // One that this version does not know is no choice of the filter.
    let action = Action::named(&e.action).map(|action| {
        let href = asked.with(&[("action", action.name())]);
        view! { <Link class="chip" href>{format!("Only “{title}”")}</Link> }
    });
    view! {
        <div class="cluster event__only">
            {action}
            {member}
        </div>
    }
}

fn nothing(filtered: bool) -> impl IntoView {
    let (title, text) = if filtered {
        ("No matching events", "Try other words, or remove a filter.")
    } else {
        ("No events here", "There are no events on this page.")
    };
    view! {
        <div class="card">
            <div class="empty">
                <Disc shape=Shape::Search tint="plain" large=true />
                <h3 class="empty__title">{title}</h3>
                <p class="empty__text">{text}</p>
                <div class="empty__actions">
                    <Link class="button" href="/settings/audit-log">"Show all events"</Link>
                </div>
            </div>
        </div>
    }
}

fn row(shown: Shown, asked: &Asked) -> impl IntoView + use<> {
    let said = words::of(&shown);
    let e = shown.event;
    let title = titles::named(&e.action).to_owned();
    let at: Time = e.at.into();
    let from = [
        e.user_agent
            .as_deref()
            .map(|agent| accounts::device::of(agent).label()),
        e.ip.clone(),
    ]
    .into_iter()
    .flatten()
    .filter(|part| !part.is_empty() && part != "Unknown device")
    .collect::<Vec<_>>()
    .join(", ");
    let badge = match e.severity.as_str() {
        "alert" => Some(("badge badge--danger", "Alert")),
        "warning" => Some(("badge badge--warning", "Warning")),
        _ => None,
    };
    let details = event_details::fields(&e.details);
    let facts = [
        ("Action", format!("{title} ({})", e.action)),
        ("Number", e.seq.to_string()),
        ("Event", e.id.clone()),
        ("Parent event", e.parent.clone().unwrap_or_default()),
        ("Category", titles::category(&e.category).to_owned()),
        ("Severity", e.severity.clone()),
        ("Actor", words::actor(&e.actor, shown.actor_name.as_deref())),
        (
            "Subject",
            words::subject(e.subject.as_deref(), shown.subject_name.as_deref()),
        ),
        (
            "IP address",
            e.ip.clone().unwrap_or_else(|| "Unknown".into()),
        ),
        (
            "User agent",
            visible(e.user_agent.as_deref().unwrap_or_default()).into_owned(),
        ),
        ("Request", e.request_id.clone().unwrap_or_default()),
        ("Hash", e.hash.clone()),
    ]
    .into_iter()
    .map(|(label, value)| (label.to_owned(), value))
    .chain(details)
    .filter(|(_, value)| !value.is_empty())
    .map(|(label, value)| {
        view! {
            <div class="facts__row">
                <dt class="facts__label">{label}</dt>
                <dd class="facts__value">{value}</dd>
            </div>
        }
    })
    .collect_view();
    view! {
        <li class="event" id=format!("event-{}", e.seq)>
            <details>
                <summary class="event__summary">
                    <span class="event__words">
                        {said} " " {badge.map(|(class, word)| view! { <span class=class>{word}</span> })}
                    </span>
                    <span class="event__where">
                        {title.clone()} " · " <When at=at show=Show::Full /> {(!from.is_empty()).then(|| format!(" · {from}"))}
                    </span>
                </summary>
                <dl class="facts event__facts">{facts}</dl>
                {only(asked, &e, title)}
            </details>
        </li>
    }
}
