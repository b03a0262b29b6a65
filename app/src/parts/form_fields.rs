//! The hidden fields that every form carries: the page it stands on, and for whom it was drawn.

use leptos::prelude::*;

use crate::boot::{boot, viewer};

/// The hidden fields of a form.
#[component]
pub fn FormFields() -> impl IntoView {
    view! {
        <OnPage />
        <AboutUser />
    }
}

/// The page to lead back to, because a proxy may keep `Referer` from us; and what vouches for the form over plain http,
/// where a browser may not say where it comes from.
#[component]
pub fn OnPage() -> impl IntoView {
    let boot = boot();
    view! {
        <input type="hidden" name="on_page" value=boot.page />
        {boot
            .form_token
            .map(|token| view! { <input type="hidden" name="form_token" value=token /> })}
    }
}

/// Whom the form is about, and under which epoch of theirs it was drawn. The server refuses it for any other user, and
/// where it ends sessions, under any other epoch.
#[component]
pub fn AboutUser() -> impl IntoView {
    viewer().map(|viewer| view! { <About user=viewer.id epoch=viewer.epoch /> })
}

/// [`AboutUser`], of facts that may be newer than the page.
#[component]
pub fn About(user: String, epoch: i64) -> impl IntoView {
    view! {
        <input type="hidden" name="for_user" value=user />
        <input type="hidden" name="for_epoch" value=epoch.to_string() />
    }
}
