//! What can be done with an application besides changing it: a test, and its secrets.

use accounts::applications::{Application, Kind};
use leptos::prelude::*;

use crate::parts::{form::Sent, form_fields::FormFields};

/// The functions whose refusal is shown here.
const OPERATIONS: &[&str] = &[
    "test_application",
    "new_application_secret",
    "revoke_old_application_secret",
];

pub(super) fn operations(application: &Application, secrets: i64) -> impl IntoView + use<> {
    let sent = Sent::of(OPERATIONS);
    let secret = application
        .is_confidential
        .then(|| secret(application, secrets));
    view! {
        {sent.summary()}
        {test(application)}
        {secret}
    }
}

fn test(application: &Application) -> impl IntoView + use<> {
    let can_be_told = application.logout_address.is_some();
    let (text, label) = match application.kind {
        Kind::OpenId if can_be_told => (
            "Sends it a logout token of a session that it doesn’t have, right now, and shows what came back.",
            Some("Send a test"),
        ),
        Kind::OpenId => (
            "It can’t be told of a logout: its own session lives until it ends by itself, or until its next refresh. Put the gate in front of it as well.",
            None,
        ),
        Kind::Gate => (
            "Opens it like a browser that isn’t signed in, right now, and shows whether it was sent to Curfew.",
            Some("Test the gate"),
        ),
    };
    let button = label.map(|label| button(application, "test_application", label));
    view! {
        <section class="card" aria-labelledby="test-title">
            <div class="card__body card__body--row">
                <div class="card__header">
                    <h2 class="card__title" id="test-title">"Test"</h2>
                    <p class="card__text">{text}</p>
                </div>
                {button}
            </div>
        </section>
    }
}

fn secret(application: &Application, secrets: i64) -> impl IntoView + use<> {
    // A third is refused, because the first is the one in use until the second is in place.
    let (text, operation) = if secrets > 1 {
        (
            "Two secrets are good now. Put the new one in place, then revoke the old one.",
            button(
                application,
                "revoke_old_application_secret",
                "Revoke the old secret",
            ),
        )
    } else {
        (
            "Shown once, when it was made. A new one is good beside it until you revoke the old one.",
            button(application, "new_application_secret", "New secret"),
        )
    };
    view! {
        <section class="card" aria-labelledby="secret-title">
            <div class="card__body card__body--row">
                <div class="card__header">
                    <h2 class="card__title" id="secret-title">"Secret"</h2>
                    <p class="card__text">{text}</p>
                </div>
                {operation}
            </div>
        </section>
    }
}

fn button(
    application: &Application,
    function: &'static str,
    label: &'static str,
) -> impl IntoView + use<> {
    let action = format!("/api/fn/{function}");
    let id = application.id.0.clone();
    view! {
        <form class="button-form" method="post" action=action>
            <FormFields />
            <input type="hidden" name="application" value=id />
            <button class="button">{label}</button>
        </form>
    }
}
