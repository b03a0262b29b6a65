//! The frames: the page of a signed-in user, the page of an anonymous visitor, and the veil.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    avatar::Avatar,
    form_fields::FormFields,
    icon::{Icon, Mark, Shape},
    link::Link,
};
use crate::boot::{Viewer, viewer};

/// A page of a signed-in user: the navigation, a title, what the page holds.
#[component]
pub fn Page(
    title: &'static str,
    /// Which entry of the navigation it belongs to: "home", "profile" or "settings".
    section: &'static str,
    /// The tab of it, for the browser's own title.
    #[prop(optional)]
    tab: Option<&'static str>,
    #[prop(optional, into)] lead: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=tab.unwrap_or(title) />
        <a class="skip-link" rel="external" href="#main">"Skip to content"</a>
        {viewer().map(|viewer| view! { <TopBar viewer section /> })}
        <main class="page" id="main" tabindex="-1">
            <div class="page__header">
                <h1 class="page__title">{title}</h1>
                {lead.map(|lead| view! { <p class="page__lead">{lead}</p> })}
            </div>
            <Kept />
            {children()}
        </main>
    }
}

/// Shown by `public/drafts.js` when it has put back what was half typed as the session ended. Drawn by the server, so
/// that no node appears in a page that the WASM is about to take over.
#[component]
fn Kept() -> impl IntoView {
    view! {
        <div class="notice" role="status" data-kept="" hidden>
            <Icon shape=Shape::Info />
            <p class="notice__title">"We kept what you had typed."</p>
        </div>
    }
}

#[component]
fn TopBar(viewer: Viewer, section: &'static str) -> impl IntoView {
    let current = move |entry: &str| (entry == section).then_some("page");
    let name = viewer.name.clone();
    let settings = viewer.settings.first().map(|(address, _)| {
        view! {
            <a rel="external" class="topbar__link" href=address.clone() aria-current=current("settings").map(|_| "true")>
                "Settings"
            </a>
        }
    });
    view! {
        <header class="topbar">
            <div class="topbar__inner">
                <Brand />
                <nav class="topbar__links" aria-label="Main">
                    <a rel="external" class="topbar__link" href="/" aria-current=current("home")>
                        "Home"
                    </a>
                    <a rel="external" class="topbar__link" href="/profile" aria-current=current("profile").map(|_| "true")>
                        "Profile"
                    </a>
                    {settings}
                </nav>
                <div class="topbar__end">
                    <a rel="external" class="topbar__user" href="/profile">
                        <Avatar viewer />
                        <span class="topbar__name">{name}</span>
                    </a>
                    <form class="button-form" method="post" action="/sign-out">
                        <FormFields />
                        <button class="button button--quiet button--small">"Sign out"</button>
                    </form>
                </div>
            </div>
        </header>
    }
}

/// A page of an anonymous visitor, or one thing to decide: a card in the middle.
#[component]
pub fn Narrow(
    title: &'static str,
    /// For more than a few fields.
    #[prop(optional)]
    wide: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title />
        <NarrowFrame wide>{children()}</NarrowFrame>
    }
}

/// In the context of what a [`Narrow`] page holds: it has no heading but that.
#[derive(Debug, Clone, Copy)]
pub struct HasNoPageAround;

/// [`Narrow`] without a title of its own.
#[component]
pub fn NarrowFrame(#[prop(optional)] wide: bool, children: Children) -> impl IntoView {
    provide_context(HasNoPageAround);
    let main = if wide {
        "auth__main auth__main--wide"
    } else {
        "auth__main"
    };
    view! {
        <div class="auth">
            <header>
                <Link class="brand brand--large" href="/">
                    <BrandInside />
                </Link>
            </header>
            <main class=main id="main">{children()}</main>
        </div>
    }
}

#[component]
fn Brand() -> impl IntoView {
    view! {
        <Link class="brand" href="/">
            <BrandInside />
        </Link>
    }
}

#[component]
fn BrandInside() -> impl IntoView {
    view! {
        <Mark class="brand__mark" />
        <span class="brand__name">"Curfew"</span>
    }
}

/// Covers a page that comes back from sleep until the server has said that its user is still
/// signed in. `public/guard.js` draws and lifts it.
#[component]
pub fn Veil() -> impl IntoView {
    view! {
        <div class="veil">
            <Mark class="veil__mark" />
            <div class="veil__checking" role="status">
                <p class="veil__title">"Checking that you’re still signed in…"</p>
            </div>
            <div class="veil__offline" role="status">
                <p class="veil__title">"Curfew can’t be reached"</p>
                <p class="veil__text">
                    "This page comes back when Curfew has checked that you’re still signed in."
                </p>
                <button class="button" type="button" data-veil-retry="">"Try again"</button>
            </div>
        </div>
    }
}

/// The line of tabs over the pages of one section: address and label each.
#[component]
pub fn Tabs(
    label: &'static str,
    tabs: Vec<(String, String)>,
    current: &'static str,
) -> impl IntoView {
    let links = tabs
        .into_iter()
        .map(|(href, label)| {
            let here = (href == current).then_some("page");
            view! {
                <li>
                    <a rel="external" class="tabs__link" href=href aria-current=here>
                        {label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=label>
            <ul class="tabs__list" role="list">{links}</ul>
        </nav>
    }
}
