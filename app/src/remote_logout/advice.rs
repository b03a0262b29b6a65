//! What to do about a device that is not the user's: what the user's plan lets them do, and where.

use leptos::prelude::*;

use crate::{boot::viewer, parts::link::Link};

/// The end of "If you don’t recognise it, …": remote logout where the user has it, and what every plan has where not.
#[component]
pub fn EndTheOthers() -> impl IntoView {
    if viewer().is_some_and(|viewer| viewer.remote_logout) {
        return "log out from all devices.".into_any();
    }
    view! {
        <Link href="/profile/password">"change your password"</Link>
        ", which signs out all your other devices, or sign out devices one by one under "
        <Link href="/profile/security#devices-title">"Security"</Link>
        "."
    }
    .into_any()
}
