//! A piece of a page that only the server draws: plain forms and text, with nothing for the browser
//! side to take over, so that it costs no WASM. Its times are put into the reader's zone by
//! `public/times.js`.

use leptos::prelude::*;

use super::loaded::Missing;
use crate::error::AppError;

/// Puts the piece there, or why it did not come. In the browser `html` is ready and empty: what the
/// server has drawn stays.
pub fn drawn<F>(html: impl Fn() -> F + Send + Sync + 'static) -> impl IntoView
where
    F: Future<Output = Result<String, AppError>> + Send + 'static,
{
    view! {
        <Suspense>
            {move || {
                let html = html();
                Suspend::new(async move {
                    match html.await {
                        Ok(html) => view! { <div class="drawn" inner_html=html></div> }.into_any(),
                        Err(error) => view! { <Missing error /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}
