//! What only the browser side does: starting, and leaving a page for good.

use leptos::{mount::hydrate_body, prelude::*};

use crate::App;

/// Takes the page over.
pub fn start() {
    // Before the router sets its own hook: where a server function redirects to, the browser asks
    // the server for the page, so that nothing of the page before is left in memory.
    let _ = leptos::server_fn::redirect::set_redirect_hook(|to: &str| {
        if to.starts_with("/sign-in") {
            leaving();
        }
        let _ = window().location().assign(to);
    });
    hydrate_body(App);
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-live", "");
    }
}

/// To the sign-in page, and after that back to this one.
pub fn leave_for_sign_in() {
    leaving();
    let location = window().location();
    let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    let next = js_sys::encode_uri_component(&here);
    let _ = location.replace(&format!("/sign-in?next={next}"));
}

/// What was half typed is kept by `public/drafts.js`, if the session turns out to have ended.
fn leaving() {
    if let Ok(event) = leptos::web_sys::Event::new("curfew:leaving") {
        let _ = document().dispatch_event(&event);
    }
}
