//! The page that a tab shows while another tab of the same browser is being signed in by its remember-me cookie. It loads
//! itself again, which the answer's `Refresh` header does; the link is for a browser that ignores that.

use leptos::prelude::*;

use super::error_page::{Frame, document};
use crate::{
    Assets,
    parts::icon::{Disc, Shape},
    theme::Theme,
};

/// The whole page as HTML, without script.
#[must_use]
pub fn page(assets: &Assets) -> String {
    let title = "Signing you in…";
    let content = view! {
        <Disc shape=Shape::Desktop tint="plain" large=true />
        <h1 class="empty__title">{title}</h1>
        <p class="empty__text">
            "This browser is being signed in, perhaps in another tab. This page opens by itself within half a minute."
        </p>
        <div class="empty__actions">
            <a class="button button--primary" href="">"Open it now"</a>
        </div>
    };
    document(title, &Frame::here(Theme::System, assets), content)
}
