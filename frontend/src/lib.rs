//! What the browser runs.

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes ready for the islands of the page that the server has drawn.
#[wasm_bindgen]
pub fn hydrate() {
    app::hydrate::start();
}
