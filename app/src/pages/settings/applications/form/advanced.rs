//! What is seldom wanted, folded away: it has good defaults.

use accounts::applications::{Kind, SigningAlgorithm};
use leptos::prelude::*;

use super::{
    super::presets::PRESETS,
    Form,
    inputs::{LinesOf, TextOf, lines, text, tick, wrong},
    is_wrong, logout_address, redirects,
};
use crate::parts::{form::Sent, plain::Choice};

/// What stands under "Advanced" and can be wrong.
const NAMES: &[&str] = &[
    "redirects",
    "logout_address",
    "signed_out_address",
    "own_session",
    "open_paths",
    "signing_algorithm",
    "requires_pkce",
];

pub(super) fn advanced(form: &Form) -> impl IntoView + use<> {
    let open = is_wrong(&form.sent, NAMES)
        || speaks_of_a_box(&form.sent)
        || (form.filled.kind == Kind::OpenId && !form.new && form.sent.field("address").is_some());
    view! {
        <details class="fold" open=open>
            <summary class="fold__summary">"Advanced"</summary>
            <div class="form fold__form">
                {match form.filled.kind {
                    Kind::OpenId => open_id(form).into_any(),
                    Kind::Gate => gate(form).into_any(),
                }}
                {tick(
                    &form.sent,
                    "plain_http",
                    "Plain http on a private name",
                    "Only for names and addresses of a private network, such as http://nas:8080.",
                    form.filled.plain_http,
                )}
            </div>
        </details>
    }
}

/// Whether an error asks for a box that stands here.
fn speaks_of_a_box(sent: &Sent) -> bool {
    let why = sent.field("address");
    why.is_some_and(|why| why.contains("tick the box"))
}

fn open_id(form: &Form) -> impl IntoView + use<> {
    let Form { sent, filled, .. } = form;
    let days = (filled.own_session.as_secs() / 86_400).max(1).to_string();
    let signed_out = TextOf {
        label: "Address after signing out there",
        hint: "Where the browser lands. Empty: on Curfew’s own page.",
        filled: &filled.signed_out_address,
        kind: "url",
        ..TextOf::named("signed_out_address")
    };
    let own_session = TextOf {
        label: "Days that its own session may live",
        hint: "So long it’s told of an end, and so long it may live on where it can’t be told.",
        filled: &days,
        ..TextOf::named("own_session")
    };
    view! {
        {if form.new && form.preset.is_some() {
            view! { {redirects(form)} {logout_address(form)} }.into_any()
        } else {
            address(form).into_any()
        }}
        {text(sent, &signed_out)}
        {text(sent, &own_session)}
        {algorithm(form)}
        {form
            .new
            .then(|| {
                tick(
                    sent,
                    "public",
                    "It keeps no secret",
                    "A program on a phone or in a browser. It then needs PKCE.",
                    !filled.is_confidential,
                )
            })}
        {pkce(form)}
        {tick(
            sent,
            "claims_in_id_token",
            "Name, email and role in the ID token too",
            "For applications that don’t ask for them at the userinfo address.",
            filled.claims_in_id_token,
        )}
        {(!form.new).then(|| preset(form))}
    }
}

/// Where it is, for the link to it from Home.
fn address(form: &Form) -> impl IntoView + use<> {
    let address = TextOf {
        label: "Address",
        hint: "Where members open it, such as https://app.example.com. Home links to it.",
        filled: &form.filled.address,
        kind: "url",
        ..TextOf::named("address")
    };
    text(&form.sent, &address)
}

fn algorithm(form: &Form) -> impl IntoView + use<> {
    let chosen = form.filled.signing_algorithm.name();
    let algorithms = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256];
    let options = algorithms.map(|algorithm| {
        let name = algorithm.name().to_owned();
        (name.clone(), name)
    });
    view! {
        <Choice
            name="signing_algorithm"
            label="Signature of its tokens"
            options=options.to_vec()
            chosen=form.sent.typed("signing_algorithm", chosen)
            error=form.sent.field("signing_algorithm")
        />
    }
}

fn pkce(form: &Form) -> impl IntoView + use<> {
    let error = form.sent.field("requires_pkce");
    view! {
        <div class="field" id="requires_pkce" tabindex="-1">
            {error.map(|why| wrong(why, "requires_pkce-error".to_owned()))}
            {tick(
                &form.sent,
                "without_pkce",
                "It can’t do PKCE",
                "Weaker: a code that is stolen on its way can be used. Only for applications that can’t.",
                !form.filled.requires_pkce,
            )}
        </div>
    }
}

/// Whose configuration is shown, of an application that is there.
fn preset(form: &Form) -> impl IntoView + use<> {
    let presets = std::iter::once((String::new(), "None".to_owned()))
        .chain(
            PRESETS
                .iter()
                .map(|p| (p.key.to_owned(), p.name.to_owned())),
        )
        .collect::<Vec<_>>();
    let chosen = form.filled.preset.clone().unwrap_or_default();
    view! {
        <Choice
            name="preset"
            label="Configuration for"
            options=presets
            chosen=form.sent.typed("preset", &chosen)
            error=form.sent.field("preset")
        />
    }
}

fn gate(form: &Form) -> impl IntoView + use<> {
    let Form { sent, filled, .. } = form;
    let paths = LinesOf {
        name: "open_paths",
        label: "Paths that are open to all",
        hint: "One a line: /robots.txt for that alone, /public/ for everything below it."
            .to_owned(),
        filled: filled.open_paths.join("\n"),
    };
    view! {
        {lines(sent, paths)}
        {tick(
            sent,
            "passes_preflights",
            "Let CORS preflights pass",
            "For an API that other sites’ pages call.",
            filled.passes_preflights,
        )}
    }
}
