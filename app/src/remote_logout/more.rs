//! "More": what a press can take along. Off, unless one says so.

use leptos::prelude::*;

use crate::parts::field::Checkbox;

/// The two boxes, folded away. They stand inside the form that presses.
#[component]
pub fn More() -> impl IntoView {
    view! {
        <details class="fold fold--more">
            <summary class="fold__summary">"More"</summary>
            <Checkbox
                name="revoke_api"
                label="Also revoke my API tokens"
                hint="Programs that use them stop working at once."
            />
            <Checkbox
                name="revoke_mcp"
                label="Also revoke my MCP tokens"
                hint="Assistants that use them stop working at once."
            />
        </details>
    }
}
