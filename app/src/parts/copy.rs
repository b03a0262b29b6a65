//! A button that copies a text. Without script there is none: the text can be selected.

use leptos::prelude::*;

/// Copies `text`, and says so for a moment, to screen readers too.
#[component]
pub fn Copy(
    #[prop(into)] text: String,
    /// What it is, for those who do not see what it stands beside.
    #[prop(optional, into)]
    what: String,
) -> impl IntoView {
    let said = RwSignal::new("Copy");
    view! {
        <button class="button needs-script" type="button" on:click=move |_| copy(&text, said)>
            <span role="status">{said}</span>
            {(!what.is_empty())
                .then(|| view! { <span class="visually-hidden">{format!(" {what}")}</span> })}
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, said: RwSignal<&'static str>) {
    use wasm_bindgen::{JsValue, closure::Closure};

    const BY_HAND: &str = "Select it and copy";
    // Browsers have a clipboard for pages over https and from this machine only.
    if !window().is_secure_context() {
        said.set(BY_HAND);
        return;
    }
    let copied = Closure::once(move |_: JsValue| {
        said.set("Copied");
        set_timeout(move || said.set("Copy"), std::time::Duration::from_secs(3));
    });
    let failed = Closure::once(move |_: JsValue| said.set(BY_HAND));
    let written = window().navigator().clipboard().write_text(text);
    let _ = written.then(&copied).catch(&failed);
    copied.forget();
    failed.forget();
}

#[cfg(not(feature = "hydrate"))]
fn copy(_: &str, _: RwSignal<&'static str>) {}
