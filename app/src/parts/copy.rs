//! A button that copies a text. Without script there is none: the text can be selected.

use leptos::prelude::*;

/// Copies `text`, and says so to screen readers too: `public/forms.js` does.
#[component]
pub fn Copy(
    #[prop(into)] text: String,
    /// What it is, for readers who do not see what is beside it.
    #[prop(into)]
    what: String,
) -> impl IntoView {
    view! {
        <button class="button needs-script" type="button" data-copy=text>
            <span aria-live="polite">"Copy"</span>
            <span class="visually-hidden">{format!(" {what}")}</span>
        </button>
    }
}
