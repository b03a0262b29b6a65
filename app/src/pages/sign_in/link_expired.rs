//! An emailed link that no longer works: 410.

use leptos::prelude::*;

use crate::{
    context::set_status,
    error::Code,
    parts::{
        icon::{Disc, Shape},
        link::Link,
    },
};

/// Says so, and where to get a new one.
#[component]
pub fn LinkExpired(again: &'static str) -> impl IntoView {
    set_status(Code::LinkExpired);
    view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::Lock tint="plain" />
                    <h1 class="auth__title">"This link has expired or was used"</h1>
                </div>
                <p>
                    "It works once, for 30 minutes, and not after you’ve been signed out everywhere. Nothing was changed."
                </p>
                <Link class="button" href=again>"Get a new link"</Link>
            </div>
        </div>
    }
}
