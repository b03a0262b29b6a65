//! "More": the tokens that a remote logout can revoke too. Off by default.

use leptos::prelude::*;

use crate::parts::field::Checkbox;

/// A box for each kind of token that the user has, folded away; nothing when they have none. It
/// is inside the form that confirms. `follow` scrolls to what opens at the end of a dialog.
#[component]
pub fn More(api_tokens: bool, mcp_tokens: bool, #[prop(optional)] follow: bool) -> impl IntoView {
    let toggled = move |event: leptos::ev::Event| {
        if follow {
            event_target::<leptos::web_sys::Element>(&event).scroll_into_view_with_bool(false);
        }
    };
    (api_tokens || mcp_tokens).then(|| {
        view! {
            <details class="fold fold--more" on:toggle=toggled>
                <summary class="fold__summary">"More: also revoke tokens"</summary>
                {api_tokens
                    .then(|| {
                        view! {
                            <Checkbox
                                name="revoke_api"
                                label="Also revoke my API tokens"
                                hint="Programs that use them stop working at once."
                            />
                        }
                    })}
                {mcp_tokens
                    .then(|| {
                        view! {
                            <Checkbox
                                name="revoke_mcp"
                                label="Also revoke my MCP tokens"
                                hint="Assistants that use them stop working at once."
                            />
                        }
                    })}
            </details>
        }
    })
}
