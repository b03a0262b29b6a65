//! What was wrong with a form, above it, with links to the fields. Takes the focus when it appears.

use leptos::{html::Div, prelude::*};

use super::notice::{Notice, Tone};
use crate::error::AppError;

/// Field errors as links to their fields; any other error as a notice.
#[component]
pub fn ErrorSummary(#[prop(into)] error: Signal<Option<AppError>>) -> impl IntoView {
    move || {
        error.get().filter(|e| !e.is_signed_out()).map(|error| {
            if error.fields.is_empty() {
                view! { <Notice tone=Tone::Danger title=error.message /> }.into_any()
            } else {
                view! { <FieldErrors error /> }.into_any()
            }
        })
    }
}

/// The names of fields in the order in which the forms have them: no form has two of them the other way round.
const ORDER: [&str; 26] = [
    "name",
    "username",
    "current_password",
    "role",
    "email",
    "password",
    "new_password",
    "setup_code",
    "time",
    "zone",
    "url",
    "severity",
    "expires",
    "days",
    "address",
    "redirects",
    "logout_address",
    "preset",
    "access",
    "others",
    "signed_out_address",
    "own_session",
    "signing_algorithm",
    "requires_pkce",
    "code",
    "confirmation",
];

/// Where a field is in its form; one that is not listed comes last.
fn place(name: &str) -> usize {
    let found = ORDER.iter().position(|known| *known == name);
    found.unwrap_or(ORDER.len())
}

#[component]
fn FieldErrors(error: AppError) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get() {
            let _ = node.focus();
        }
    });
    let title = match error.fields.len() {
        1 => "Check one thing".to_owned(),
        n => format!("Check {n} things"),
    };
    let mut fields: Vec<(String, String)> = error.fields.into_iter().collect();
    fields.sort_by_key(|(name, _)| place(name));
    let links = fields
        .into_iter()
        .map(|(name, why)| view! { <li><a rel="external" href=format!("#{name}")>{why}</a></li> })
        .collect_view();
    view! {
        <div
            class="error-summary"
            role="alert"
            tabindex="-1"
            aria-labelledby="error-title"
            node_ref=node
        >
            <h2 class="error-summary__title" id="error-title">{title}</h2>
            <ul class="error-summary__list" role="list">{links}</ul>
        </div>
    }
}
