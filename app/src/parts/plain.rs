//! Parts that stand in no island: only the server draws them.

use leptos::prelude::*;

use super::{
    copy::Copy,
    icon::{Icon, Shape},
    notice::{Notice, Tone},
};
use crate::{
    boot::boot,
    flash::{Flash, Note},
};

/// What the last operation says on this page, with what is shown only once.
pub fn said() -> impl IntoView {
    let Some(Flash::Note(note)) = boot().flash else {
        return ().into_any();
    };
    noted(note).into_any()
}

/// A note, for a page that says other things besides.
pub fn noted(note: Note) -> impl IntoView {
    let Note {
        title,
        text,
        secret,
        bad,
        logged_out: _,
    } = note;
    let tone = if bad { Tone::Danger } else { Tone::Success };
    view! {
        <Notice tone title text=text.unwrap_or_default() />
        {secret.map(shown_once)}
    }
}

fn shown_once(secret: String) -> impl IntoView {
    view! {
        <div class="stack stack--tight">
            <code class="secret">{secret.clone()}</code>
            <div class="cluster">
                <Copy text=secret what="the value" />
                <span class="field__hint">"You’ll see this only once."</span>
            </div>
        </div>
    }
}

/// A field to choose from a list.
#[component]
pub fn Choice(
    /// Its name, when there is only one of it on the page.
    #[prop(optional, into)]
    id: Option<String>,
    name: &'static str,
    label: &'static str,
    /// Key and label each.
    options: Vec<(String, String)>,
    /// The key of the one that is chosen.
    #[prop(optional, into)]
    chosen: String,
    #[prop(optional_no_strip)] error: Option<String>,
    /// Whether the browser asks for a choice first.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let options = options
        .into_iter()
        .map(|(key, label)| {
            let selected = key == chosen;
            view! { <option value=key selected=selected>{label}</option> }
        })
        .collect_view();
    let error_id = error.as_ref().map(|_| format!("{id}-error"));
    let invalid = error.as_ref().map(|_| "true");
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label}</label>
            {error
                .map(|error| {
                    view! {
                        <p class="field__error" id=error_id.clone()>
                            <Icon shape=Shape::AlertTriangle small=true />
                            <span>{error}</span>
                        </p>
                    }
                })}
            <select class="input" id=id name=name required=required aria-invalid=invalid aria-describedby=error_id>
                {options}
            </select>
        </div>
    }
}

/// The circle with a user's initials.
pub fn avatar(id: &str, name: &str) -> impl IntoView + use<> {
    let class = format!("avatar avatar--{}", super::avatar::tint(id));
    view! { <span class=class aria-hidden="true">{super::avatar::initials(name)}</span> }
}
