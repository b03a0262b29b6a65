//! What a page asks for before it is sent, or why that did not come.

use leptos::prelude::*;

use super::{
    icon::{Disc, Shape},
    layout::HasNoPageAround,
    link::Link,
};
use crate::{
    boot::boot,
    error::{AppError, Code},
};

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

/// In place of what could not be shown: what it was, and a way on. The page's status says so too.
#[component]
pub fn Missing(error: AppError) -> impl IntoView {
    crate::context::set_status(error.code);
    let (shape, again) = match error.code {
        Code::NotFound => (Shape::Search, false),
        Code::ServiceUnavailable | Code::Unreachable | Code::Internal => (Shape::CloudOff, true),
        _ => (Shape::AlertTriangle, false),
    };
    // In a page of its own, which has no other heading, it is the page's.
    let title = if use_context::<HasNoPageAround>().is_some() {
        view! { <h1 class="empty__title">{error.message}</h1> }.into_any()
    } else {
        view! { <h2 class="empty__title">{error.message}</h2> }.into_any()
    };
    let page = boot().page;
    let again = again.then(
        || view! { <Link class="button button--primary" href=page.clone()>"Try again"</Link> },
    );
    // One step up: from a question about a member to the members.
    let path = page.split(['?', '#']).next().unwrap_or_default();
    let up = path.rsplit_once('/').map(|(up, _)| up.to_owned());
    let up = up
        .filter(|up| up.starts_with("/settings") || up.starts_with("/profile"))
        .map(|up| view! { <Link class="button" href=up>"Go back"</Link> });
    view! {
        <div class="card">
            <div class="empty" role="alert">
                <Disc shape tint="plain" large=true />
                {title}
                <nav class="empty__actions" aria-label="Ways on">
                    {again}
                    {up}
                    <Link class="button" href="/">"Go home"</Link>
                </nav>
            </div>
        </div>
    }
}
