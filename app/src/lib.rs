//! The screens, and the functions they call.
//!
//! Every address is a page of its own that works as plain HTML; the WASM only makes it nicer.
//! [`boot`] is what a page knows before it asks for anything, `context` (server side) is what a
//! server function may ask for, [`pages`] has one file an address, [`parts`] has no business words.

pub mod boot;
#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod cookies;
pub mod counted;
pub mod devices;
pub mod error;
pub mod flash;
#[cfg(feature = "ssr")]
mod forms;
#[cfg(feature = "hydrate")]
pub mod hydrate;
pub mod pages;
pub mod parts;
pub mod reason;
pub mod remote_logout;
pub mod sign_in;
#[cfg(feature = "ssr")]
mod signed_out;
pub mod step_up;
pub mod theme;
pub mod time;
#[cfg(feature = "ssr")]
mod viewer;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos_meta::MetaTags;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::{boot::Boot, parts::layout::Veil};

/// What search engines and link previews say of every page: none shows more to a visitor who is not signed in.
pub(crate) const DESCRIPTION: &str = "A single sign-in for all your applications. See every device that’s signed in, and log out everywhere with a click.";

/// The addresses of the built files, whose names carry their hash.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    pub js: String,
    pub wasm: String,
    pub css: String,
    pub guard: String,
    pub live: String,
    pub drafts: String,
    pub times: String,
    pub plain: String,
}

/// How a page comes to life in the browser.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderMode {
    /// The WASM takes it over.
    Hydrated,
    /// It is plain HTML: see [`PlainApp`].
    Plain,
}

/// The whole document around the app.
#[cfg(feature = "ssr")]
pub fn shell(assets: &Assets, render_mode: RenderMode) -> impl IntoView + use<> {
    let Assets {
        js,
        wasm,
        css,
        guard,
        live,
        drafts,
        times,
        plain,
    } = assets.clone();
    let theme = theme::Theme::chosen();
    let nonce = leptos::nonce::use_nonce();
    context::set_content_security_policy(nonce.as_ref());
    // The module is named by its hash, so it is told where its WASM is instead of guessing.
    // A page whose session ended before it was taken over has nothing left to take over.
    let start = format!(
        "import init, {{ hydrate }} from {js:?}; \
         init({{ module_or_path: {wasm:?} }}).then(() => document.documentElement.hasAttribute(\"data-over\") || hydrate());"
    );
    let made_for = context::made_for();
    let guarded = made_for.is_some();
    let (user, access) = made_for.unzip();
    let scripts = match render_mode {
        RenderMode::Hydrated => view! {
            <link rel="modulepreload" href=js />
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script type="module" nonce=nonce.clone()>{start}</script>
        }
        .into_any(),
        RenderMode::Plain => {
            view! { <script src=plain nonce=nonce.clone() defer></script> }.into_any()
        }
    };
    let body = match render_mode {
        RenderMode::Hydrated => view! { <App /> }.into_any(),
        RenderMode::Plain => view! { <PlainApp /> }.into_any(),
    };
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute() data-guarded=guarded.then_some("") data-user=user data-access=access>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.color_scheme() />
                <meta name="description" content=DESCRIPTION />
                <link rel="stylesheet" href=css />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <script src=guard nonce=nonce.clone()></script>
                <script src=times nonce=nonce.clone() defer></script>
                {guarded
                    .then(|| {
                        view! {
                            <script src=live nonce=nonce.clone() defer></script>
                            <script src=drafts nonce=nonce.clone() defer></script>
                            <signed_out::Templates />
                        }
                    })}
                {scripts}
                <MetaTags />
            </head>
            <body>{body}</body>
        </html>
    }
}

/// The addresses whose pages are plain HTML: forms and text that need no script of their own, so
/// that none is downloaded for them. `public/plain.js` adds what is nice to have.
#[cfg(feature = "ssr")]
#[component]
pub fn PlainApp() -> impl IntoView {
    provide_meta_context();
    let boot = shared_boot();
    let refused = boot.refused.clone();
    provide_context(boot);
    let shown = match refused {
        // Nothing of the page itself is asked for.
        Some(error) => view! { <pages::refused::Refused error /> }.into_any(),
        None => view! { <PlainAddresses /> }.into_any(),
    };
    view! {
        <Name />
        {shown}
        <Veil />
    }
}

#[cfg(feature = "ssr")]
#[component]
fn PlainAddresses() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=pages::not_found::NotFound>
                <Route path=path!("/sign-in/code") view=pages::sign_in::Code ssr=SsrMode::Async />
                <Route path=path!("/forgot-password") view=pages::sign_in::Forgot ssr=SsrMode::Async />
                <Route path=path!("/reset-password") view=pages::sign_in::Reset ssr=SsrMode::Async />
                <Route path=path!("/confirm-email") view=pages::sign_in::ConfirmEmail ssr=SsrMode::Async />
                <Route path=path!("/confirm-sign-up") view=pages::sign_in::ConfirmSignUp ssr=SsrMode::Async />
                <Route path=path!("/not-me") view=pages::sign_in::NotMe ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor") view=pages::profile::two_factor::SetUp ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor/app") view=pages::profile::two_factor::App ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor/new-codes") view=pages::profile::two_factor::NewCodes ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor/off") view=pages::profile::two_factor::Off ssr=SsrMode::Async />
                <Route path=path!("/profile/confirm") view=pages::profile::confirm::Confirm ssr=SsrMode::Async />
                <Route path=path!("/profile/delete") view=pages::profile::delete::Delete ssr=SsrMode::Async />
                <Route path=path!("/oauth/confirm") view=pages::oauth::Confirm ssr=SsrMode::Async />
                <Route path=path!("/oauth/sign-out") view=pages::oauth::SignOut ssr=SsrMode::Async />
                <Route path=path!("/join") view=pages::join::Join ssr=SsrMode::Async />
                <Route path=path!("/settings") view=pages::settings::General ssr=SsrMode::Async />
                <Route path=path!("/settings/plan") view=pages::settings::Plan ssr=SsrMode::Async />
                <Route path=path!("/settings/members") view=pages::settings::Members ssr=SsrMode::Async />
                <Route path=path!("/settings/members/confirm") view=pages::settings::ConfirmMember ssr=SsrMode::Async />
                <Route path=path!("/settings/members/everyone") view=pages::settings::Everyone ssr=SsrMode::Async />
                <Route path=path!("/settings/audit-log") view=pages::settings::AuditLog ssr=SsrMode::Async />
                <Route path=path!("/settings/audit-log/webhook") view=pages::settings::Webhook ssr=SsrMode::Async />
                <Route path=path!("/settings/api") view=pages::settings::tokens::Api ssr=SsrMode::Async />
                <Route path=path!("/settings/mcp") view=pages::settings::tokens::Mcp ssr=SsrMode::Async />
                <Route path=path!("/settings/api/revoke") view=pages::settings::tokens::revoke::RevokeApi ssr=SsrMode::Async />
                <Route path=path!("/settings/mcp/revoke") view=pages::settings::tokens::revoke::RevokeMcp ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

/// "Sign in · Curfew".
#[component]
fn Name() -> impl IntoView {
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Curfew".into() } else { format!("{title} · Curfew") }
        } />
    }
}

/// Every other address. `SsrMode::Async` everywhere: without JavaScript a page must arrive whole.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(shared_boot());
    view! {
        <Name />
        <Router>
            <Routes fallback=pages::not_found::NotFound>
                <Route path=path!("/") view=pages::home::Home ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=pages::sign_in::SignIn ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=pages::sign_up::SignUp ssr=SsrMode::Async />
                <Route path=path!("/profile") view=pages::profile::about::About ssr=SsrMode::Async />
                <Route path=path!("/profile/login") view=pages::profile::login::Login ssr=SsrMode::Async />
                <Route path=path!("/profile/password") view=pages::profile::password::Password ssr=SsrMode::Async />
                <Route path=path!("/profile/security") view=pages::profile::security::Security ssr=SsrMode::Async />
                <Route path=path!("/profile/remote-logout") view=remote_logout::confirm::Confirm ssr=SsrMode::Async />
            </Routes>
        </Router>
        <Veil />
    }
}

/// What a page is drawn with: collected on the server, read from the page in the browser.
fn shared_boot() -> Boot {
    SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let boot = viewer::boot();
        #[cfg(not(feature = "ssr"))]
        let boot = Boot::default();
        boot
    })
    .into_inner()
}
