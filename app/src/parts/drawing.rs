//! Plain pages that are drawn in one piece, once what they show has been read: one function looks things up
//! and writes the HTML.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use leptos::prelude::*;

use crate::{error::AppError, pages::loaded};

/// How something is drawn.
pub type Draw = fn() -> Drawing;

/// Something being drawn: HTML in the end.
pub type Drawing = Pin<Box<dyn Future<Output = Result<String, AppError>> + Send>>;

/// Names an `async fn() -> Result<String, AppError>`.
#[macro_export]
macro_rules! drawn_by {
    ($draw:path) => {
        || Box::pin($draw())
    };
}

/// The drawing, or why there is none; the page's status says so too.
#[component]
pub fn Drawn(draw: Draw) -> impl IntoView {
    // Beside the resource: what goes through it would stand in the page a second time.
    let html: Arc<Mutex<String>> = Arc::default();
    let kept = html.clone();
    let done = Resource::new_blocking(
        || (),
        move |()| {
            let kept = kept.clone();
            async move {
                let drawn = draw().await?;
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = drawn;
                Ok(())
            }
        },
    );
    loaded(done, move |()| {
        let html = html.lock().unwrap_or_else(PoisonError::into_inner).clone();
        view! { <div class="drawn" inner_html=html></div> }
    })
}
