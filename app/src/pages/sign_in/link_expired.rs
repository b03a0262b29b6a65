//! A emailed link that opens nothing any more.

use leptos::prelude::*;

use crate::parts::{
    icon::{Disc, Shape},
    link::Link,
};

/// Says so, and where to get a new one.
#[component]
pub fn LinkExpired(again: &'static str) -> impl IntoView {
    view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::Lock tint="plain" />
                    <h1 class="auth__title">"This link is over"</h1>
                </div>
                <p>
                    "It was used already, is older than 30 minutes, or everything was signed out since. Nothing was changed."
                </p>
                <Link class="button" href=again>"Ask for a new one"</Link>
            </div>
        </div>
    }
}
