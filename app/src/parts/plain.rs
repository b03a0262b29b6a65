//! Parts of what is drawn in one piece ([`Drawn`](super::drawing::Drawn)).

use leptos::prelude::*;

use super::{
    copy::Copy,
    error_summary::ErrorSummary,
    icon::{Icon, Shape},
    notice::{Notice, Tone},
};
use crate::{
    context::visit,
    error::AppError,
    flash::{Flash, Note, Refused},
    time::{Show, Time},
};

/// A `<time>`. `public/plain.js` puts it into the reader's zone.
pub fn when(at: Time, show: Show) -> impl IntoView {
    let text = at.text(show);
    view! { <time datetime=at.iso>{text}</time> }
}

/// What was wrong with a form the last time it was sent, and what was typed.
#[derive(Clone, Default)]
pub struct Sent(Option<Refused>);

impl Sent {
    /// Of the form that calls one of these functions.
    pub fn of(names: &[&str]) -> Self {
        match visit().ok().and_then(|visit| visit.flash) {
            Some(Flash::Form(refused)) if names.contains(&refused.form.as_str()) => {
                Self(Some(refused))
            }
            _ => Self(None),
        }
    }

    /// Why it was refused.
    pub fn error(&self) -> Option<AppError> {
        self.0.as_ref().map(|refused| refused.error.clone())
    }

    /// What is wrong with one field.
    pub fn field(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.error.fields.get(name).cloned()
    }

    /// What was typed into a field; `otherwise` when the form is new.
    pub fn typed(&self, name: &str, otherwise: &str) -> String {
        self.0
            .as_ref()
            .and_then(|refused| refused.typed.get(name).cloned())
            .unwrap_or_else(|| otherwise.to_owned())
    }

    /// The summary above the form.
    pub fn summary(&self) -> impl IntoView + use<> {
        let error = self.error();
        view! { <ErrorSummary error=Signal::derive(move || error.clone()) /> }
    }
}

/// What the last deed has to say on this page, with what is shown once.
pub fn said() -> impl IntoView {
    let Some(Flash::Note(note)) = visit().ok().and_then(|visit| visit.flash) else {
        return ().into_any();
    };
    let Note {
        title,
        text,
        secret,
        bad,
    } = note;
    let tone = if bad { Tone::Danger } else { Tone::Success };
    view! {
        <Notice tone title text=text.unwrap_or_default() />
        {secret.map(shown_once)}
    }
    .into_any()
}

fn shown_once(secret: String) -> impl IntoView {
    view! {
        <div class="stack stack--tight">
            <code class="secret">{secret.clone()}</code>
            <div class="cluster">
                <Copy text=secret what="what is shown" />
                <span class="field__hint">"This is shown once."</span>
            </div>
        </div>
    }
}

/// A field to choose from a list: key and label each.
pub fn choice(
    id: String,
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    chosen: &str,
    error: Option<String>,
) -> impl IntoView + use<> {
    let chosen = chosen.to_owned();
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
            <select class="input" id=id name=name aria-invalid=invalid aria-describedby=error_id>
                {options}
            </select>
        </div>
    }
}

/// The circle with somebody's initials.
pub fn avatar(id: &str, name: &str) -> impl IntoView + use<> {
    let class = format!("avatar avatar--{}", super::avatar::tint(id));
    view! { <span class=class aria-hidden="true">{super::avatar::initials(name)}</span> }
}
