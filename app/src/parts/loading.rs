//! Lines that stand in for what is being looked up.

use leptos::prelude::*;

#[component]
pub fn Loading(words: &'static str) -> impl IntoView {
    view! {
        <div class="loading" role="status">
            <span class="visually-hidden">{words}</span>
            <span class="loading__line loading__line--medium"></span>
            <span class="loading__line loading__line--short"></span>
            <span class="loading__line loading__line--block"></span>
        </div>
    }
}
