//! Fields that keep what was typed, and say what is wrong with it.

use leptos::prelude::*;

use crate::parts::{
    field::{Checkbox, Field},
    form::Sent,
    icon::{Icon, Shape},
};

/// A field of one line.
pub(super) struct TextOf<'a> {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'a str,
    pub filled: &'a str,
    pub kind: &'static str,
}

impl TextOf<'_> {
    pub(super) fn named(name: &'static str) -> Self {
        Self {
            name,
            label: "",
            hint: "",
            filled: "",
            kind: "text",
        }
    }
}

pub(super) fn text(sent: &Sent, of: &TextOf) -> impl IntoView + use<> {
    let (value, error) = (sent.typed(of.name, of.filled), sent.field(of.name));
    let hint = of.hint.to_owned();
    view! { <Field name=of.name label=of.label hint kind=of.kind value error=Signal::stored(error) /> }
}

/// A box. What was ticked counts once the form was sent.
pub(super) fn tick(
    sent: &Sent,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    filled: bool,
) -> impl IntoView + use<> {
    let ticked = if sent.error().is_some() {
        sent.ticked(name)
    } else {
        filled
    };
    view! { <Checkbox name label hint ticked /> }
}

/// A field of several lines.
pub(super) struct LinesOf {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: String,
    pub filled: String,
}

pub(super) fn lines(sent: &Sent, of: LinesOf) -> impl IntoView + use<> {
    let LinesOf {
        name,
        label,
        hint,
        filled,
    } = of;
    let (value, error) = (sent.typed(name, &filled), sent.field(name));
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let invalid = error.as_ref().map(|_| "true");
    let described = match &error {
        Some(_) => format!("{error_id} {hint_id}"),
        None => hint_id.clone(),
    };
    view! {
        <div class="field">
            <label class="field__label" for=name>{label}</label>
            <p class="field__hint" id=hint_id>{hint}</p>
            {error.map(|why| wrong(why, error_id))}
            <textarea
                class="input input--lines"
                id=name
                name=name
                rows="3"
                spellcheck="false"
                autocapitalize="none"
                aria-describedby=described
                aria-invalid=invalid
            >
                {value}
            </textarea>
        </div>
    }
}

/// What is wrong with a field.
pub(super) fn wrong(why: String, id: String) -> impl IntoView {
    view! {
        <p class="field__error" id=id>
            <Icon shape=Shape::AlertTriangle small=true />
            <span>{why}</span>
        </p>
    }
}
