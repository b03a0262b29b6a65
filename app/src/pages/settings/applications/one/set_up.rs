//! What is copied into the application's own settings, or its proxy's.

use accounts::applications::{Application, Kind};
use leptos::prelude::*;

use super::super::{
    gate_texts,
    presets::{self, Text},
};
use crate::{context::curfew, error::AppError, parts::copy::Copy};

/// `secret` is the one that the page shows, where it has just been made.
pub(super) fn set_up(
    application: &Application,
    redirects: &[String],
    hosts: &[String],
    secret: Option<&str>,
) -> Result<AnyView, AppError> {
    let curfew = curfew()?;
    let issuer = &curfew.public_url;
    let body = match application.kind {
        Kind::OpenId => {
            let values = values(application, redirects, issuer);
            let preset = application.preset.as_deref().and_then(presets::of);
            let note = preset.and_then(|preset| preset.note);
            let text = presets::text(application, hosts, issuer, secret);
            view! {
                {values}
                {text.map(|text| snippet(text, true))}
                {note.map(|note| view! { <p class="section__lead">{note}</p> })}
            }
            .into_any()
        }
        Kind::Gate => gate(application).into_any(),
    };
    let lead = match application.kind {
        Kind::OpenId if secret.is_some() => {
            "Copy these into its settings, with the secret above, which is shown this once."
        }
        Kind::OpenId if application.is_confidential => {
            "Copy these into its settings. YOUR_SECRET is the secret that was shown once."
        }
        Kind::OpenId => "Copy these into its settings. It keeps no secret.",
        Kind::Gate => {
            "Put one of these in front of it. 127.0.0.1:3000 is Curfew, 127.0.0.1:8080 the application: change them to where yours are."
        }
    };
    let view = view! {
        <section class="section" aria-labelledby="set-up-title">
            <div>
                <h2 class="section__title" id="set-up-title">"Set it up"</h2>
                <p class="section__lead">{lead}</p>
            </div>
            {body}
        </section>
    };
    Ok(view.into_any())
}

/// One by one, for forms that ask for each.
fn values(application: &Application, redirects: &[String], issuer: &str) -> impl IntoView + use<> {
    let mut rows = vec![
        ("Issuer", issuer.to_owned()),
        (
            "Discovery address",
            format!("{issuer}/.well-known/openid-configuration"),
        ),
        ("Client ID", application.id.as_str().to_owned()),
        ("Scopes", "openid profile email groups".to_owned()),
    ];
    let redirects = redirects.iter().cloned();
    rows.extend(redirects.map(|address| ("Redirect address", address)));
    if let Some(address) = application.logout_address.clone() {
        rows.push(("Logout notice address", address));
    }
    let rows = rows
        .into_iter()
        .map(|(label, value)| {
            view! {
                <div class="facts__row">
                    <dt class="facts__label">{label}</dt>
                    <dd class="facts__value copyable">
                        <code class="copyable__text">{value.clone()}</code>
                        <Copy text=value what=label />
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class="card">
            <div class="card__body">
                <dl class="facts">{rows}</dl>
            </div>
        </div>
    }
}

fn gate(application: &Application) -> impl IntoView + use<> {
    let address = application.address.as_deref();
    let texts = gate_texts::texts(
        address.unwrap_or("https://wiki.example.com"),
        application.preset.as_deref(),
    );
    let mut first = true;
    texts
        .into_iter()
        .map(|text| snippet(text, std::mem::take(&mut first)))
        .collect_view()
}

fn snippet(text: Text, open: bool) -> impl IntoView {
    let Text {
        title,
        place,
        content,
    } = text;
    view! {
        <details class="snippet" open=open>
            <summary class="snippet__title">{title.clone()}</summary>
            <div class="snippet__body">
                <p class="snippet__place">{place}</p>
                <pre class="snippet__text" tabindex="0" role="region" aria-label=title.clone()>
                    <code>{content.clone()}</code>
                </pre>
                <Copy text=content what=title />
            </div>
        </details>
    }
}
