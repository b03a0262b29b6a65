//! The button that sends a form.

use leptos::prelude::*;

/// Sends the form around it. While that is under way it says so and takes no second click.
#[component]
pub fn Submit(
    /// `button--primary`, `button--danger` or others of `style/parts/button.css`, space-separated.
    #[prop(default = "button--primary")]
    look: &'static str,
    #[prop(into)] busy: Signal<bool>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class=format!("button {look}")
            type="submit"
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || busy.get().then_some("true")
            on:click=move |event| {
                if busy.get_untracked() {
                    event.prevent_default();
                }
            }
        >
            {children()}
        </button>
    }
}
