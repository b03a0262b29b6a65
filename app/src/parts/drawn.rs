//! A piece of a page that only the server draws: plain forms and text, with nothing for the browser
//! side to take over, so that it costs no WASM. Its times are put into the reader's zone by
//! `public/times.js`.

use leptos::prelude::*;

use crate::{error::AppError, pages::Missing};

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

/// A `<time>` in such a piece.
#[cfg(feature = "ssr")]
pub(crate) fn when(at: accounts::time::UnixMillis, show: crate::time::Show) -> impl IntoView {
    use crate::time::{Show, Time};

    let Time { iso, utc, .. } = at.into();
    let (kind, text) = match (show, utc.split_once(", ")) {
        (Show::Clock, Some((_, clock))) => ("clock", clock.to_owned()),
        (Show::Day, Some((day, _))) => ("day", day.to_owned()),
        _ => ("full", utc),
    };
    view! {
        <time datetime=iso data-local=kind>
            {text}
        </time>
    }
}
