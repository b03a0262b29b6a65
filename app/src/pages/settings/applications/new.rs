//! `/settings/applications/new?kind=…&preset=…`: what kind it is, and then its form.

use accounts::{
    applications::{Details, Kind},
    ids::AccountId,
};
use leptos::prelude::*;

use super::{
    NEW, PAGE, choose,
    form::{Form, fields, members},
    gate_texts::PROXIES,
    may_register, not_for_this_account,
    presets::{self, Preset},
};
use crate::{
    context::{query, signed_in},
    error::AppError,
    parts::{
        button::Submit,
        form::Sent,
        form_fields::FormFields,
        icon::{Icon, Shape},
        link::Link,
    },
};

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let account = &me.user.account_id;
    if !may_register(account).await? {
        return Ok(not_for_this_account().into_any());
    }
    let sent = Sent::of(&["register_application"]);
    if sent.error().is_none() && query("kind").is_none() {
        let page = view! {
            <div><Link class="button button--small" href=PAGE>"All applications"</Link></div>
            {choose::choose()}
        };
        return Ok(page.into_any());
    }
    register(sent, account).await
}

/// The form of a new application, of the kind and preset that were chosen or sent.
pub(super) async fn register(sent: Sent, account: &AccountId) -> Result<AnyView, AppError> {
    let asked = |name: &str| sent.typed(name, &query(name).unwrap_or_default());
    let (kind, key) = (asked("kind"), asked("preset"));
    let preset = presets::of(&key);
    let kind = match preset {
        Some(_) => Kind::OpenId,
        None => Kind::of_key(&kind).unwrap_or(Kind::OpenId),
    };
    let mut filled = preset.map_or_else(|| Details::new(kind, ""), Preset::details);
    if kind == Kind::Gate {
        filled.preset = PROXIES
            .iter()
            .find(|(proxy, ..)| *proxy == key)
            .map(|(proxy, ..)| (*proxy).to_owned());
    }
    let form = Form {
        members: members(account, &filled.access).await?,
        sent,
        filled: &filled,
        preset,
        new: true,
    };
    let hidden = preset.map(|preset| {
        view! { <input type="hidden" name="preset" value=preset.key /> }
    });
    let (title, text) = words(kind, preset);
    let page = view! {
        <div><Link class="button button--small" href=NEW>"Choose another kind"</Link></div>
        <section class="card" aria-labelledby="register-title">
            <form method="post" action="/api/fn/register_application" novalidate>
                <FormFields />
                <input type="hidden" name="kind" value=kind.key() />
                {hidden}
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="register-title">{title}</h2>
                        <p class="card__text">{text}</p>
                    </div>
                    {preset.and_then(|preset| preset.note).map(note)}
                    {form.sent.summary()}
                    <div class="form">{fields(&form)}</div>
                </div>
                <div class="card__footer">
                    <p>{after(&filled)}</p>
                    <Submit busy=false>"Register"</Submit>
                </div>
            </form>
        </section>
    };
    Ok(page.into_any())
}

fn words(kind: Kind, preset: Option<&Preset>) -> (String, &'static str) {
    match (kind, preset) {
        (Kind::OpenId, Some(preset)) => (
            format!("Register {}", preset.name),
            "Next you get its client ID, its secret and the configuration to copy.",
        ),
        (Kind::OpenId, None) => (
            "Register an application with OpenID".to_owned(),
            "Its documentation names its redirect address. Next you get its client ID and secret.",
        ),
        (Kind::Gate, _) => (
            "Register a site behind a gate".to_owned(),
            "Next you get the configuration of its reverse proxy to copy, and a test that it’s closed.",
        ),
    }
}

fn after(filled: &Details) -> &'static str {
    match filled.kind {
        Kind::OpenId if filled.is_confidential => "Its secret is shown once, on the next page.",
        Kind::OpenId => "It keeps no secret.",
        Kind::Gate => "The proxy must be in CURFEW_TRUSTED_PROXIES.",
    }
}

fn note(text: &'static str) -> impl IntoView {
    view! {
        <div class="notice">
            <Icon shape=Shape::Info />
            <p class="notice__text">{text}</p>
        </div>
    }
}
