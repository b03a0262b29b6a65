//! What a user is shown on the way to an application and back: the question before they go on, and pages that are drawn
//! without the app.

pub mod answer_in;
pub mod asks;
mod confirm;
mod sign_out;

pub use confirm::Confirm;
pub use sign_out::SignOut;

use accounts::text::visible;
use leptos::prelude::*;

use super::error_page::{Frame, document};
use crate::{
    Assets,
    parts::icon::{Disc, Shape},
    theme::Theme,
};

/// The page that asks a user before they go on to an application.
pub const CONFIRM: &str = "/oauth/confirm";

/// The page that asks a user who signed out at an application whether they sign out here too.
pub const SIGN_OUT: &str = "/oauth/sign-out";

/// Why a sign-in at an application cannot go on.
#[must_use]
pub fn refused(assets: &Assets, title: &str, text: &str) -> String {
    let (heading, text) = (title.to_owned(), text.to_owned());
    let content = view! {
        <Disc shape=Shape::Shield tint="plain" large=true />
        <h1 class="empty__title">{heading}</h1>
        <p class="empty__text">{text}</p>
        <div class="empty__actions">
            <a class="button button--primary" href="/">"Go home"</a>
        </div>
    };
    document(
        "Signing in to an application",
        &Frame::here(Theme::System, assets),
        content,
    )
}

/// The address that an application would be answered at is not one that it has registered. An owner or admin of its account is
/// shown it (id of the application, and the address), and can add it.
#[must_use]
pub fn untrusted_redirect(
    assets: &Assets,
    application: &str,
    for_manager: Option<(&str, &str)>,
) -> String {
    let name = visible(application).into_owned();
    let received = for_manager.map(|(id, address)| {
        let shown = if address.is_empty() {
            "none".to_owned()
        } else {
            visible(address).into_owned()
        };
        let asked = form_urlencoded::Serializer::new(String::new())
            .append_pair("application", id)
            .append_pair("redirect", address)
            .finish();
        let settings = format!("/settings/applications/one?{asked}");
        let add = if address.is_empty() {
            "Open the application’s settings"
        } else {
            "Add this address…"
        };
        view! {
            <p class="empty__text">"The redirect address that was received:"</p>
            <p class="empty__text"><code>{shown}</code></p>
            <p class="empty__text">
                "If it’s yours, add it. If you don’t know it, someone may be trying to get your sign-in: don’t add it."
            </p>
            <div class="empty__actions">
                <a class="button button--primary" href=settings>{add}</a>
            </div>
        }
    });
    let home = for_manager.is_none().then(|| {
        view! {
            <div class="empty__actions">
                <a class="button button--primary" href="/">"Go home"</a>
            </div>
        }
    });
    let content = view! {
        <Disc shape=Shape::Shield tint="plain" large=true />
        <h1 class="empty__title">{format!("{name} asks to be answered at an address that isn’t its own")}</h1>
        <p class="empty__text">
            "The address isn’t registered for it, so nothing was sent there. Tell the application’s operator."
        </p>
        {received}
        {home}
    };
    document(
        "Signing in to an application",
        &Frame::here(Theme::System, assets),
        content,
    )
}

/// Signed out, with no application to go on to.
#[must_use]
pub fn signed_out(assets: &Assets) -> String {
    let content = view! {
        <Disc shape=Shape::LogOut tint="plain" large=true />
        <h1 class="empty__title">"You’re signed out"</h1>
        <p class="empty__text">"You’re signed out here, and of the applications that you used in this browser."</p>
        <div class="empty__actions">
            <a class="button button--primary" href="/sign-in">"Sign in"</a>
        </div>
    };
    document(
        "You’re signed out",
        &Frame::here(Theme::System, assets),
        content,
    )
}

/// A page that goes on by itself, which the answer's `Refresh` header does; the link is for a browser that ignores that.
#[must_use]
pub fn onward(assets: &Assets, address: &str) -> String {
    let address = address.to_owned();
    let content = view! {
        <Disc shape=Shape::Globe tint="plain" large=true />
        <h1 class="empty__title">"One moment…"</h1>
        <p class="empty__text">"You’re being taken to the application."</p>
        <div class="empty__actions">
            <a class="button button--primary" href=address>"Continue"</a>
        </div>
    };
    document("One moment…", &Frame::here(Theme::System, assets), content)
}
