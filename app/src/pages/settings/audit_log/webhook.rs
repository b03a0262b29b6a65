//! `/settings/audit-log/webhook`: where events are sent as they happen, and what came of it.

mod deliveries;
mod functions;

use accounts::{
    audit::CATEGORIES,
    webhooks::{self, Webhook},
};
use leptos::prelude::*;

use super::{filter::SEVERITIES, titles};
use crate::{
    context::{reader, signed_in},
    error::AppError,
    parts::{
        button::Submit,
        field::Field,
        form::Sent,
        form_fields::FormFields,
        link::Link,
        plain::{Choice, said},
    },
};

const PAGE: &str = "/settings/audit-log/webhook";

/// Deliveries that are shown.
const SHOWN: i64 = 20;

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let account = &me.user.account_id;
    let mut conn = reader().await?;
    let webhook = webhooks::find(&mut conn, account).await?;
    let recent = match &webhook {
        Some(_) => webhooks::recent(&mut conn, account, SHOWN).await?,
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
    Ok(page.into_any())
}

/// The address and the filters.
fn form(webhook: Option<&Webhook>) -> impl IntoView + use<> {
    // Without a webhook there is no card of operations to show a refusal in.
    let sent = match webhook {
        Some(_) => Sent::of(&["set_webhook"]),
        None => Sent::of(&[&["set_webhook"], OPERATIONS].concat()),
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
                    <label class="check__label" for=id>{titles::category(category)}</label>
                </div>
            }
        })
        .collect_view();
    let wrong = sent.field("url");
    let secret = if webhook.is_none() {
        "The signing secret is shown once, after you save."
    } else {
        "Pending deliveries go to the new address."
    };
    view! {
        <section class="card" aria-labelledby="webhook-title">
            <form method="post" action="/api/fn/set_webhook" novalidate>
                <FormFields />
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="webhook-title">"Webhook"</h2>
                        <p class="card__text">
                            "Sends each event of this account to your address as it happens, signed. A delivery that fails is retried after 1, 5, 15 and 30 minutes, one hour and two hours."
                        </p>
                    </div>
                    {sent.summary()}
                    <div class="form">
                        <Field
                            name="url"
                            label="Address"
                            kind="url"
                            hint="For example https://hooks.example.com/curfew"
                            value=sent.typed("url", &url)
                            error=Signal::derive(move || wrong.clone())
                        />
                        <Choice
                            name="severity"
                            label="Severity"
                            options=severities
                            chosen=sent.typed("severity", &severity)
                            error=sent.field("severity")
                        />
                        <fieldset class="field">
                            <legend class="field__label">"Categories"</legend>
                            <p class="field__hint">"If you select none, all categories are sent."</p>
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
const OPERATIONS: &[&str] = &["test_webhook", "new_webhook_secret", "remove_webhook"];

fn card() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="operation-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="operation-title">"Test and signing secret"</h2>
                    <p class="card__text">
                        "The test sends an event named webhook.test right away and shows the response. A new secret takes effect at once, and the old one is no longer used."
                    </p>
                </div>
                {Sent::of(OPERATIONS).summary()}
                <div class="cluster">
                    <form class="button-form" method="post" action="/api/fn/test_webhook">
                        <FormFields />
                        <button class="button">"Send a test"</button>
                    </form>
                    <form class="button-form" method="post" action="/api/fn/new_webhook_secret">
                        <FormFields />
                        <button class="button">"New secret"</button>
                    </form>
                </div>
            </div>
            <div class="card__footer">
                <p>"Removing the webhook stops all deliveries, including pending ones. The last delivery says that it was removed, if its filters include that event."</p>
                <form class="button-form" method="post" action="/api/fn/remove_webhook">
                    <FormFields />
                    <button class="button button--danger-quiet">"Remove webhook"</button>
                </form>
            </div>
        </section>
    }
}
