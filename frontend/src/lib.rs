//! What the browser runs.

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server has drawn.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::hydrate::start();
}
