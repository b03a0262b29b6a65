//! A token that was created just now: its value, shown only once, and how programs are told of it.

use leptos::prelude::*;

use super::{CreatedToken, Snippet, Words};
use crate::{
    parts::{
        copy::Copy,
        icon::{Disc, Shape},
    },
    time::{Show, When},
};

/// The card with the value.
#[component]
pub(super) fn NewValue(created: CreatedToken, words: Words, setup: Vec<Snippet>) -> impl IntoView {
    let value = created.value.expose().to_owned();
    view! {
        <section class="card card--lifted" aria-labelledby="created-title">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::CheckCircle tint="success" />
                    <h2 class="card__title" id="created-title">{format!("Your new {}", words.one)}</h2>
                </div>
                <p>
                    <strong>{created.name}</strong>
                    ". Copy it now: you won’t see it again."
                    {created
                        .expires
                        .map(|at| view! { " It works until " <When at show=Show::Day /> "." })}
                </p>
                <div class="copy">
                    <code class="secret" id="token-value">{value.clone()}</code>
                    <Copy text=value what="token" />
                </div>
                <Setup setup open=true />
            </div>
        </section>
    }
}

/// The texts, the first one open.
#[component]
pub(super) fn Setup(setup: Vec<Snippet>, #[prop(optional)] open: bool) -> impl IntoView {
    let texts = setup
        .into_iter()
        .enumerate()
        .map(|(n, Snippet { program, place, text })| {
            view! {
                <details class="snippet" open=open && n == 0>
                    <summary class="snippet__title">{program.clone()}</summary>
                    <div class="snippet__body">
                        <p class="snippet__place">{place}</p>
                        <pre class="snippet__text" tabindex="0" role="region" aria-label=program.clone()>
                            <code>{text.clone()}</code>
                        </pre>
                        <Copy text what=program />
                    </div>
                </details>
            }
        })
        .collect_view();
    view! { <div class="stack stack--tight">{texts}</div> }
}
