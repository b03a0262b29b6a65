//! The way to another plan, beside the names of the plans that have what this one lacks.

use leptos::prelude::*;

use super::link::Link;
use crate::boot::viewer;

/// "Change plan" for who may change it: an owner. Nothing for others, who would be refused there.
#[component]
pub fn ChangePlan() -> impl IntoView {
    let page = viewer().and_then(|viewer| viewer.change_plan);
    page.map(|page| {
        view! {
            " "
            <Link href=page>"Change plan"</Link>
        }
    })
}
