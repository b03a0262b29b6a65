//! What only the browser side does: starting, and leaving a page for good.

use std::{cell::Cell, time::Duration};

use leptos::{mount::hydrate_islands, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast;

/// How long a dialog says that it is done before the next page comes.
const TO_READ: Duration = Duration::from_millis(900);

/// Longer than it takes to leave a page.
const LEAVING: Duration = Duration::from_secs(10);

/// Makes ready for the islands, which the page's loader then takes over one by one.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        // From here on nothing in here can be trusted: `public/guard.js` keeps events from it, and the browser sends the forms.
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-broken", "");
        }
        console_error_panic_hook::hook(panic);
    }));
    // Before a form sets Leptos' own hook: where a server function redirects to, the browser asks
    // the server for the page, so that nothing of the page before is left in memory.
    let _ = leptos::server_fn::redirect::set_redirect_hook(|to: &str| {
        if to.starts_with("/sign-in") {
            let _ = begin_leaving();
        }
        let to = to.to_owned();
        let go = move || {
            let _ = window().location().assign(&to);
        };
        // What is done is said in place first; a dialog that is open has something to say.
        match document().query_selector("dialog[open]") {
            Ok(Some(_)) => set_timeout(go, TO_READ),
            _ => go(),
        }
    });
    hydrate_islands();
}

/// Moves the focus to what has just been drawn.
pub fn focus(id: String) {
    request_animation_frame(move || {
        let field = document().get_element_by_id(&id);
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            let _ = field.focus();
        }
    });
}

thread_local! {
    static IS_LEAVING: Cell<bool> = const { Cell::new(false) };
}

/// To the sign-in page, and after that back to this one. Once: the sign-in page says why only the first time it is asked
/// for, and a look-up, a form and the live notice may all find out at the same moment.
pub fn leave_for_sign_in() {
    let root = document().document_element();
    let is_over = root.is_some_and(|root| root.has_attribute("data-over"));
    if is_over || !begin_leaving() {
        return;
    }
    let location = window().location();
    let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    let next = js_sys::encode_uri_component(&here);
    let _ = location.replace(&format!("/sign-in?next={next}"));
}

/// From now on the page is being left for the sign-in page; false where it was already. What was half typed is kept by
/// `public/drafts.js`, if the session turns out to have ended.
fn begin_leaving() -> bool {
    let begins = !IS_LEAVING.replace(true);
    if begins {
        // It may not have come to that: the network is gone, or the page was come back to.
        set_timeout(|| IS_LEAVING.set(false), LEAVING);
        if let Ok(event) = leptos::web_sys::Event::new("curfew:leaving") {
            let _ = document().dispatch_event(&event);
        }
    }
    begins
}
