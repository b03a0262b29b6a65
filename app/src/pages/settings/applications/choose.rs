//! The first question: what is to be protected. Then a preset, or none.

use leptos::prelude::*;

use super::{
    NEW,
    gate_texts::PROXIES,
    presets::{PRESETS, Preset},
};
use crate::parts::{
    icon::{Disc, Shape},
    link::Link,
};

/// The two kinds, each with what is known of it.
pub(super) fn choose() -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="choose-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="choose-title">"What do you want to protect?"</h2>
                    <p class="section__lead">
                        "Members sign in to it with their Curfew account, and a remote logout signs them out there too."
                    </p>
                </div>
            </div>
            <div class="split">
                {kind(
                    Shape::Key,
                    "An application that can sign in with OpenID",
                    "It has a setting for OpenID Connect, OIDC or single sign-on. It signs its users in itself, and many can be told of a logout.",
                    format!("{NEW}?kind=open_id"),
                )}
                {kind(
                    Shape::Shield,
                    "A site behind a gate",
                    "Anything behind a reverse proxy, also without sign-in of its own. The proxy asks Curfew at each request.",
                    format!("{NEW}?kind=gate"),
                )}
            </div>
        </section>
        <section class="section" aria-labelledby="presets-title">
            <div>
                <h2 class="section__title" id="presets-title">"Or start with one that we know"</h2>
                <p class="section__lead">"You enter its address; the rest is filled in, with the configuration to copy."</p>
            </div>
            <ul class="choices" role="list">
                {PRESETS.iter().map(preset).collect_view()} {PROXIES.iter().map(|(key, name, ..)| proxy(key, name)).collect_view()}
            </ul>
        </section>
    }
}

fn kind(shape: Shape, title: &'static str, text: &'static str, href: String) -> impl IntoView {
    view! {
        <div class="choice choice--large">
            <Disc shape tint="plain" />
            <h3 class="choice__title"><Link class="choice__link" href=href>{title}</Link></h3>
            <p class="choice__text">{text}</p>
        </div>
    }
}

fn preset(preset: &Preset) -> impl IntoView + use<> {
    let href = format!("{NEW}?kind=open_id&preset={}", preset.key);
    let told = if preset.can_be_told() {
        "told of a logout"
    } else {
        "can’t be told"
    };
    one(preset.name, format!("{}, {told}", preset.what), href)
}

fn proxy(key: &str, name: &'static str) -> impl IntoView + use<> {
    let href = format!("{NEW}?kind=gate&preset={key}");
    one(name, "A gate in front of any site".to_owned(), href)
}

fn one(name: &'static str, text: String, href: String) -> impl IntoView {
    view! {
        <li class="choice">
            <h3 class="choice__title"><Link class="choice__link" href=href>{name}</Link></h3>
            <p class="choice__text">{text}</p>
        </li>
    }
}
