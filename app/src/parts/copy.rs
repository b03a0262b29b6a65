//! A button that copies a text. Without script there is none: the text can be selected.

use leptos::prelude::*;

/// Copies `text`, and says so for a moment, to screen readers too.
#[component]
pub fn Copy(#[prop(into)] text: String) -> impl IntoView {
    let copied = RwSignal::new(false);
    view! {
        <button
            class="button needs-script"
            type="button"
            on:click=move |_| {
                copy(&text);
                copied.set(true);
                set_timeout(move || copied.set(false), std::time::Duration::from_secs(3));
            }
        >
            <span role="status">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
}

fn copy(text: &str) {
    #[cfg(feature = "hydrate")]
    let _ = window().navigator().clipboard().write_text(text);
    #[cfg(not(feature = "hydrate"))]
    let _ = text;
}
