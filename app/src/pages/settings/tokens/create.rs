//! Creating a token: the form, and the two functions it calls.

use leptos::prelude::*;

use super::Words;
use crate::{
    boot::boot,
    error::AppError,
    flash::Flash,
    parts::{
        button::Submit,
        change_plan::ChangePlan,
        error_summary::ErrorSummary,
        field::{Checkbox, Field},
        form_fields::FormFields,
        icon::{Icon, Shape},
    },
    step_up::Confirmation,
};

/// What you may choose: days, and in words.
const LASTS: [(&str, &str); 5] = [
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
    ("never", "Never"),
];

/// Creates an API token of the user signed in. `expires` is a number of days out of 7, 30, 90 and
/// 365, or `never`; 30 when not said. `sessions` is there when it may end sessions. The answer holds
/// the value, once.
///
/// # Errors
/// `validation_failed`, `step_up_required`, `plan_required`, `forbidden`, `limit_reached`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "create_api_token")]
pub async fn create_api_token(
    name: String,
    expires: Option<String>,
    sessions: Option<String>,
    confirmation: Option<String>,
) -> Result<super::CreatedToken, AppError> {
    use accounts::tokens::Kind;

    create(
        Kind::Api,
        &name,
        expires.as_deref(),
        sessions.as_deref(),
        confirmation,
    )
    .await
}

/// Creates an MCP token, likewise; `remote_logout` is there when it may do that.
///
/// # Errors
/// As [`create_api_token`].
#[server(prefix = "/api/fn", endpoint = "create_mcp_token")]
pub async fn create_mcp_token(
    name: String,
    expires: Option<String>,
    remote_logout: Option<String>,
    confirmation: Option<String>,
) -> Result<super::CreatedToken, AppError> {
    use accounts::tokens::Kind;

    create(
        Kind::Mcp,
        &name,
        expires.as_deref(),
        remote_logout.as_deref(),
        confirmation,
    )
    .await
}

async fn create(
    kind: accounts::tokens::Kind,
    name: &str,
    expires: Option<&str>,
    may_end: Option<&str>,
    confirmation: Option<String>,
) -> Result<super::CreatedToken, AppError> {
    use accounts::tokens::{NewToken, Scopes, create, may_create};

    use crate::{
        context::{leave, operation, signed_in},
        flash,
        forms::ticked,
        step_up::confirmed,
    };

    let scopes = Scopes::read_and(ticked(may_end).then(|| kind.ending_scope()));
    // What cannot be is said before the user is asked for a password.
    may_create(&signed_in()?.user, kind, name)?;
    let lasts = lasts(expires)?;
    let me = confirmed(confirmation)?;
    let new = NewToken {
        kind,
        name,
        scopes,
        lasts,
    };
    let mut op = operation().await?;
    let created = create(&mut op, &me, new).await?;
    op.commit().await?;
    let value = flash::Value::new(created.value.expose());
    // A plain form shows it on the page it leads to, from a cookie that no script can read: not in an
    // address, and a reload of that page makes no second one.
    leave(&Flash::Made(flash::CreatedToken {
        id: created.id.0.clone(),
        value: value.clone(),
    }))?;
    leptos_axum::redirect(super::setup::page_of(kind));
    Ok(super::CreatedToken {
        id: created.id.0,
        name: created.name,
        value,
        expires: created.expires_at.map(Into::into),
    })
}

fn lasts(expires: Option<&str>) -> Result<Option<std::time::Duration>, AppError> {
    match expires.unwrap_or("30") {
        "never" => Ok(None),
        days => LASTS
            .iter()
            .find(|(value, _)| *value == days)
            .and_then(|(value, _)| value.parse::<u64>().ok())
            .map(|days| Some(std::time::Duration::from_hours(days * 24)))
            .ok_or_else(|| AppError::field("expires", "Choose one of the options.")),
    }
}

/// The card with the form; `locked` says why there is none.
#[component]
pub(super) fn Create(words: Words, locked: Option<String>) -> impl IntoView {
    let title = format!("New {}", words.one);
    view! {
        <section class="card" aria-labelledby="new-title">
            {match locked {
                Some(why) => view! { <Locked words title why /> }.into_any(),
                None => view! { <Form words title /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Locked(words: Words, title: String, why: String) -> impl IntoView {
    view! {
        <div class="card__body">
            <div class="card__header">
                <h2 class="card__title" id="new-title">{title}</h2>
                <p class="card__text">{words.lead}</p>
            </div>
        </div>
        <div class="card__footer">
            <p class="cluster" id="new-locked">
                <Icon shape=Shape::Info small=true />
                <span>{why} <ChangePlan /></span>
            </p>
            <button class="button" type="button" disabled aria-describedby="new-locked">
                "Create token"
            </button>
        </div>
    }
}

#[component]
fn Form(words: Words, title: String) -> impl IntoView {
    let refused = match boot().flash {
        Some(Flash::Form(refused)) if refused.form == words.form => Some(refused),
        _ => None,
    };
    let typed = |name: &str| refused.as_ref().and_then(|r| r.typed.get(name).cloned());
    let (name, chosen) = (
        typed("name").unwrap_or_default(),
        typed("expires").unwrap_or_else(|| "30".into()),
    );
    let ticked = typed(words.box_name).is_some();
    let error = refused.as_ref().map(|r| r.error.clone());
    let of_field = |name: &str| error.as_ref().and_then(|e| e.fields.get(name).cloned());
    let (name_error, expires_error) = (of_field("name"), of_field("expires"));
    let confirmation = Signal::stored(error.clone());
    let example = if words.kind == super::MCP.kind {
        "Assistant on my laptop"
    } else {
        "Backup script"
    };
    let options = LASTS
        .map(|(value, label)| {
            view! { <option value=value selected=value == chosen>{label}</option> }
        })
        .into_iter()
        .collect_view();
    view! {
        <form method="post" action=words.action novalidate="">
            <FormFields />
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="new-title">{title}</h2>
                    <p class="card__text">{words.lead}</p>
                </div>
                <ErrorSummary error=Signal::stored(error) />
                <div class="form">
                    <Field
                        name="name"
                        label="Name"
                        hint=format!("What will use it, for example “{example}”.")
                        value=name
                        error=Signal::stored(name_error)
                    />
                    <div class="field">
                        <label class="field__label" for="expires">"Expires after"</label>
                        {expires_error
                            .map(|why| {
                                view! { <p class="field__error" id="expires-error"><span>{why}</span></p> }
                            })}
                        <select class="input input--short" id="expires" name="expires">{options}</select>
                    </div>
                    <Checkbox
                        name=words.box_name
                        label=words.box_label
                        hint=words.box_hint
                        ticked
                    />
                    <Confirmation error=confirmation />
                </div>
            </div>
            <div class="card__footer">
                <p>"The token is shown only once, after you create it."</p>
                <Submit busy=false>"Create token"</Submit>
            </div>
        </form>
    }
}
