//! A link to another page of ours.

use leptos::prelude::*;

/// A link that the browser follows itself: every page is a request that the server checks, so that
/// no page of a signed-in user is ever drawn from memory.
#[component]
pub fn Link(
    #[prop(into)] href: String,
    #[prop(optional, into)] class: Option<&'static str>,
    #[prop(optional)] current: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <a rel="external" href=href class=class aria-current=current>
            {children()}
        </a>
    }
}
