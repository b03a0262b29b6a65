//! A field: its label, hint, error and input, tied together for screen readers.

use leptos::prelude::*;

use super::icon::{Icon, Shape};

/// Whose password a form takes: every form with a password carries the email, because password managers save and fill
/// by it. It has no name and so is not sent.
#[component]
pub fn WhosePassword(#[prop(into)] email: String) -> impl IntoView {
    view! { <input type="text" autocomplete="username" value=email readonly hidden /> }
}

/// A text field.
#[component]
pub fn Field(
    name: &'static str,
    /// Where its name stands more than once on the page.
    #[prop(optional, into)]
    id: Option<String>,
    label: &'static str,
    /// Whose field it is, for readers who do not see what is beside it.
    #[prop(optional, into)]
    of: Option<Signal<String>>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] value: String,
    #[prop(optional)] prefix: Option<&'static str>,
    #[prop(optional)] autofocus: bool,
    /// Characters that it takes.
    #[prop(optional)]
    longest: Option<u32>,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let secret = kind == "password";
    // A code of digits: a numeric keyboard, but no number (RFC 6238 codes begin with zeros).
    let digits = kind == "code";
    let kind = if digits { "text" } else { kind };
    let id = id.unwrap_or_else(|| name.to_owned());
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = {
        let (hint_id, error_id) = (hint.as_ref().map(|_| hint_id.clone()), error_id.clone());
        move || {
            let error = error.get().map(|_| error_id.clone());
            let ids: Vec<String> = error.into_iter().chain(hint_id.clone()).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    let input = view! {
        <input
            class="input"
            id=id.clone()
            name=name
            type=kind
            maxlength=longest
            value=value
            autocomplete=autocomplete
            autocapitalize=(secret || autocomplete == "username").then_some("none")
            spellcheck=(secret || autocomplete == "username").then_some("false")
            autofocus=autofocus
            inputmode=digits.then_some("numeric")
            aria-describedby=described
            aria-invalid=move || error.get().map(|_| "true")
        />
    };
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label} {of.map(|of| view! { <span class="visually-hidden">" of " {of}</span> })}
            </label>
            {hint.map(|hint| view! { <p class="field__hint" id=hint_id>{hint}</p> })}
            {move || {
                error
                    .get()
                    .map(|error| {
                        view! {
                            <p class="field__error" id=error_id.clone()>
                                <Icon shape=Shape::AlertTriangle small=true />
                                <span>{error}</span>
                            </p>
                        }
                    })
            }}
            {if secret || prefix.is_some() {
                view! {
                    <div class="field__control">
                        {prefix.map(|p| view! { <span class="field__prefix" aria-hidden="true">{p}</span> })}
                        {input}
                        {secret.then(|| view! { <ShowPassword field=id /> })}
                    </div>
                }
                    .into_any()
            } else {
                input.into_any()
            }}
        </div>
    }
}

/// `public/forms.js` shows the password, before the WASM is there and without it.
#[component]
fn ShowPassword(field: String) -> impl IntoView {
    view! {
        <button
            class="field__toggle needs-script"
            type="button"
            aria-controls=field.clone()
            data-shows=field
            aria-pressed="false"
        >
            "Show"
            <span class="visually-hidden">" password"</span>
        </button>
    }
}

/// A box to tick; sends `true`.
#[component]
pub fn Checkbox(
    name: &'static str,
    label: &'static str,
    #[prop(into)] hint: String,
    #[prop(optional)] ticked: bool,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    view! {
        <div class="check">
            <input
                class="check__input"
                id=name
                name=name
                type="checkbox"
                value="true"
                checked=ticked
                aria-describedby=hint_id.clone()
            />
            <label class="check__label" for=name>{label}</label>
            <p class="check__hint" id=hint_id>{hint}</p>
        </div>
    }
}
