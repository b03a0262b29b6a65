//! What a page asks for before it is sent, or why that did not come.

use leptos::prelude::*;

use super::notice::{Notice, Tone};
use crate::error::AppError;

/// Shows what a page asked for, or why it did not come. The page is not sent before it is there.
pub fn loaded<T, V>(
    what: Resource<Result<T, AppError>>,
    show: impl Fn(T) -> V + Send + Sync + Clone + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Suspense>
            {move || {
                let show = show.clone();
                Suspend::new(async move {
                    match what.await {
                        Ok(value) => show(value).into_any(),
                        Err(error) => view! { <Missing error /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// Shows what `draw` draws once it has asked for it, or why it did not come. The page is not sent before it is there.
pub fn awaited<F>(draw: impl Fn() -> F + Send + Sync + 'static) -> impl IntoView
where
    F: Future<Output = Result<AnyView, AppError>> + Send + 'static,
{
    view! {
        <Suspense>
            {move || {
                let view = draw();
                Suspend::new(async move {
                    match view.await {
                        Ok(view) => view,
                        Err(error) => view! { <Missing error /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// In place of what could not be shown. The page's status says so too.
#[component]
pub fn Missing(error: AppError) -> impl IntoView {
    crate::context::set_status(error.code);
    view! { <Notice tone=Tone::Danger title=error.message /> }
}
