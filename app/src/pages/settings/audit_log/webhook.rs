//! `/settings/audit-log/webhook`: where events are sent as they happen, and how that goes.

mod deliveries;
mod functions;

use accounts::{
    audit::CATEGORIES,
    webhook::{self, Webhook},
};
use leptos::prelude::*;

use super::{filter::SEVERITIES, words};
use crate::{
    context::{curfew, signed_in},
    error::AppError,
    parts::{
        button::Submit,
        field::Field,
        form::Sent,
        link::Link,
        plain::{choice, said},
    },
};

const PAGE: &str = "/settings/audit-log/webhook";

/// Deliveries that are shown.
const SHOWN: i64 = 20;

pub async fn draw() -> Result<String, AppError> {
    let (curfew, me) = (curfew()?, signed_in()?);
    let account = &me.user.account_id;
    let database = |e| AppError::database(&e);
    let mut conn = curfew.db.read().await.map_err(database)?;
    let webhook = webhook::find(&mut conn, account).await.map_err(database)?;
    let recent = match &webhook {
        Some(_) => webhook::recent(&mut conn, account, SHOWN)
            .await
            .map_err(database)?,
        None => Vec::new(),
    };
    drop(conn);
    let there = webhook.is_some();
    let page = view! {
        {said()}
        <div class="cluster">
            <Link class="button button--small" href="/settings/audit-log">"Back to the audit log"</Link>
        </div>
        {form(webhook.as_ref())}
        {there.then(card)}
        {there.then(|| deliveries::list(recent))}
    };
    Ok(page.to_html())
}

/// Where to and which.
fn form(webhook: Option<&Webhook>) -> impl IntoView + use<> {
    // Where there is no webhook, what was to be done with one has no card of its own to be refused in.
    let sent = match webhook {
        Some(_) => Sent::of(&["set_webhook"]),
        None => Sent::of(&[&["set_webhook"], DEEDS].concat()),
    };
    let refused = sent.error().is_some();
    let url = webhook.map(|w| w.url.clone()).unwrap_or_default();
    let severity = webhook.map_or("info".into(), |w| w.wanted.severity.clone());
    let chosen = webhook
        .map(|w| w.wanted.categories.clone())
        .unwrap_or_default();
    let severities = SEVERITIES
        .iter()
        .map(|(key, label)| {
            let label = match *key {
                "info" => "Any".to_owned(),
                "alert" => (*label).to_owned(),
                _ => format!("{label} and above"),
            };
            ((*key).to_owned(), label)
        })
        .collect();
    let boxes = CATEGORIES
        .iter()
        .enumerate()
        .map(|(n, category)| {
            let name = format!("categories[{n}]");
            let ticked = if refused {
                sent.ticked(&name)
            } else {
                chosen.iter().any(|c| c == category)
            };
            let id = format!("category-{category}");
            view! {
                <div class="check">
                    <input
                        class="check__input"
                        id=id.clone()
                        name=name
                        type="checkbox"
                        value=*category
                        checked=ticked
                    />
                    <label class="check__label" for=id>{words::title(category)}</label>
                </div>
            }
        })
        .collect_view();
    let wrong = sent.field("url");
    let secret = if webhook.is_none() {
        "The secret that deliveries are signed with is shown once, after this."
    } else {
        "What is on its way goes to the new address."
    };
    view! {
        <section class="card" aria-labelledby="webhook-title">
            <form method="post" action="/api/fn/set_webhook" novalidate>
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="webhook-title">"Webhook"</h2>
                        <p class="card__text">
                            "Each event of this account is sent to an address of yours as it happens, signed. What does not arrive is tried again after 1, 5, 15 and 30 minutes, an hour and two hours."
                        </p>
                    </div>
                    {sent.summary()}
                    <div class="form">
                        <Field
                            name="url"
                            label="Address"
                            kind="url"
                            hint="Like https://hooks.example.com/curfew."
                            value=sent.typed("url", &url)
                            error=Signal::derive(move || wrong.clone())
                        />
                        {choice(
                            "severity".into(),
                            "severity",
                            "Severity",
                            severities,
                            &sent.typed("severity", &severity),
                            sent.field("severity"),
                        )}
                        <fieldset class="field">
                            <legend class="field__label">"Categories"</legend>
                            <p class="field__hint">"With none ticked, every category is sent."</p>
                            {boxes}
                        </fieldset>
                    </div>
                </div>
                <div class="card__footer">
                    <p>{secret}</p>
                    <Submit busy=false>"Save"</Submit>
                </div>
            </form>
        </section>
    }
}

/// What can be done with one that is there.
const DEEDS: &[&str] = &["test_webhook", "new_webhook_secret", "remove_webhook"];

fn card() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="operation-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="operation-title">"Testing and the secret"</h2>
                    <p class="card__text">
                        "The test sends an event named webhook.test right now, and says what came back. A new secret counts at once: the one before signs nothing any more."
                    </p>
                </div>
                {Sent::of(DEEDS).summary()}
                <div class="cluster">
                    <form class="button-form" method="post" action="/api/fn/test_webhook">
                        <button class="button">"Send a test"</button>
                    </form>
                    <form class="button-form" method="post" action="/api/fn/new_webhook_secret">
                        <button class="button">"New secret"</button>
                    </form>
                </div>
            </div>
            <div class="card__footer">
                <p>"Removing it sends nothing any more, what is on its way included. The last thing sent is that it is removed, if its receiver gets such events."</p>
                <form class="button-form" method="post" action="/api/fn/remove_webhook">
                    <button class="button button--danger-quiet">"Remove webhook"</button>
                </form>
            </div>
        </section>
    }
}
