//! The screens, and the functions they call.
//!
//! Every address is a page of its own that the server draws and that works as plain HTML. What is alive in it is an
//! island (`#[island]`), which the WASM takes over; a page without one loads none.
//! [`boot`] is what a page knows before it asks for anything, `context` (server side) is what a
//! server function may ask for, [`pages`] has one file an address, [`parts`] has no business words.

pub mod alert;
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
pub mod islands;
pub mod live;
pub mod pages;
pub mod parts;
#[cfg(feature = "ssr")]
mod plan_names;
pub mod reason;
pub mod remote_logout;
#[cfg(feature = "ssr")]
pub mod sign_in;
#[cfg(feature = "ssr")]
mod signed_out;
pub mod step_up;
#[cfg(feature = "ssr")]
pub mod theme;
pub mod time;
#[cfg(feature = "ssr")]
mod viewer;

#[cfg(feature = "ssr")]
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos_meta::{MetaTags, Title, provide_meta_context};
#[cfg(feature = "ssr")]
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

#[cfg(feature = "ssr")]
use crate::{boot::boot, parts::layout::Veil};

/// What search engines and link previews say of every page: none shows more to a visitor who is not signed in.
#[cfg(feature = "ssr")]
pub(crate) const DESCRIPTION: &str = "A single sign-in for all your applications. See every device that’s signed in, and log out everywhere with a click.";

/// The addresses of the built files, whose names carry their hash.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    pub js: String,
    pub wasm: String,
    pub css: String,
    pub guard: String,
    pub tabs: String,
    pub drafts: String,
    pub times: String,
    pub forms: String,
}

/// The whole document around the app.
#[cfg(feature = "ssr")]
pub fn shell(assets: &Assets) -> impl IntoView + use<> {
    let Assets {
        js,
        wasm,
        css,
        guard,
        tabs,
        drafts,
        times,
        forms,
    } = assets.clone();
    let theme = theme::Theme::chosen();
    let nonce = leptos::nonce::use_nonce();
    context::set_content_security_policy(nonce.as_ref());
    // What only the server draws sends no data along; an island gets its own from its properties.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let boot = viewer::boot();
    provide_context(boot.clone());
    let made_for = context::made_for();
    // The pages of a user who is signed in have islands, the others none.
    let guarded = made_for.is_some();
    let (user, access) = made_for.unzip();
    let for_islands = guarded.then(|| boot.to_attribute());
    let loader = guarded.then(|| {
        let script = hydration_script(&js, &wasm);
        view! {
            <link rel="modulepreload" href=js />
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script type="module" nonce=nonce.clone()>{script}</script>
        }
    });
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
                <script src=forms nonce=nonce.clone() defer></script>
                <script src=times nonce=nonce.clone() defer></script>
                {guarded
                    .then(|| {
                        view! {
                            <script src=tabs nonce=nonce.clone() defer></script>
                            <script src=drafts nonce=nonce.clone() defer></script>
                            <signed_out::Templates />
                        }
                    })}
                {loader}
                <MetaTags />
            </head>
            <body data-boot=for_islands>
                <App />
            </body>
        </html>
    }
}

/// Loads the WASM and has it take over each island. Ours and not Leptos', because the built files are named by their hash;
/// and what goes wrong leaves the page as the server has drawn it, whose forms the browser sends: see `public/guard.js`.
#[cfg(feature = "ssr")]
fn hydration_script(js: &str, wasm: &str) -> String {
    // A page whose session ended before it was taken over has nothing left to take over.
    format!(
        "import * as app from {js:?};\
         const root = document.documentElement;\
         app.default({{ module_or_path: {wasm:?} }}).then(() => {{\
         if (root.hasAttribute(\"data-over\")) return;\
         try {{\
         app.hydrate();\
         for (const island of document.querySelectorAll(\"leptos-island\")) app[island.dataset.component](island);\
         root.setAttribute(\"data-live\", \"\");\
         }} catch (error) {{\
         root.setAttribute(\"data-broken\", \"\");\
         throw error;\
         }}\
         }});"
    )
}

/// Every page. `SsrMode::Async` everywhere: without JavaScript a page must arrive whole.
#[cfg(feature = "ssr")]
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let shown = match boot().refused {
        // Nothing of the page itself is asked for.
        Some(error) => view! { <pages::refused::Refused error /> }.into_any(),
        None => view! { <Addresses /> }.into_any(),
    };
    let signed_in = boot().viewer.is_some();
    view! {
        <Name />
        {shown}
        {signed_in.then(|| view! { <live::LiveNotices /> })}
        <Veil />
    }
}

/// "Sign in · Curfew".
#[cfg(feature = "ssr")]
#[component]
fn Name() -> impl IntoView {
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Curfew".into() } else { format!("{title} · Curfew") }
        } />
    }
}

#[cfg(feature = "ssr")]
#[component]
fn Addresses() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=pages::not_found::NotFound>
                <Route path=path!("/") view=pages::home::Home ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=pages::sign_in::SignIn ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=pages::sign_up::SignUp ssr=SsrMode::Async />
                <Route path=path!("/sign-in/code") view=pages::sign_in::Code ssr=SsrMode::Async />
                <Route path=path!("/forgot-password") view=pages::sign_in::Forgot ssr=SsrMode::Async />
                <Route path=path!("/reset-password") view=pages::sign_in::Reset ssr=SsrMode::Async />
                <Route path=path!("/confirm-email") view=pages::sign_in::ConfirmEmail ssr=SsrMode::Async />
                <Route path=path!("/confirm-sign-up") view=pages::sign_in::ConfirmSignUp ssr=SsrMode::Async />
                <Route path=path!("/receipt") view=pages::receipt::ReceiptPage ssr=SsrMode::Async />
                <Route path=path!("/not-me") view=pages::sign_in::NotMe ssr=SsrMode::Async />
                <Route path=path!("/profile") view=pages::profile::about::About ssr=SsrMode::Async />
                <Route path=path!("/profile/login") view=pages::profile::login::Login ssr=SsrMode::Async />
                <Route path=path!("/profile/password") view=pages::profile::password::Password ssr=SsrMode::Async />
                <Route path=path!("/profile/security") view=pages::profile::security::Security ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor") view=pages::profile::two_factor::SetUp ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor/app") view=pages::profile::two_factor::App ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor/new-codes") view=pages::profile::two_factor::NewCodes ssr=SsrMode::Async />
                <Route path=path!("/profile/two-factor/off") view=pages::profile::two_factor::Off ssr=SsrMode::Async />
                <Route path=path!("/profile/confirm") view=pages::profile::confirm::Confirm ssr=SsrMode::Async />
                <Route path=path!("/profile/delete") view=pages::profile::delete::Delete ssr=SsrMode::Async />
                <Route path=path!("/oauth/confirm") view=pages::oauth::Confirm ssr=SsrMode::Async />
                <Route path=path!("/gate/confirm") view=pages::gate_confirm::GateConfirm ssr=SsrMode::Async />
                <Route path=path!("/oauth/sign-out") view=pages::oauth::SignOut ssr=SsrMode::Async />
                <Route path=path!("/profile/remote-logout") view=remote_logout::confirm::Confirm ssr=SsrMode::Async />
                <Route path=path!("/join") view=pages::join::Join ssr=SsrMode::Async />
                <Route path=path!("/settings") view=pages::settings::General ssr=SsrMode::Async />
                <Route path=path!("/settings/plan") view=pages::settings::Plan ssr=SsrMode::Async />
                <Route path=path!("/settings/members") view=pages::settings::Members ssr=SsrMode::Async />
                <Route path=path!("/settings/members/confirm") view=pages::settings::ConfirmMember ssr=SsrMode::Async />
                <Route path=path!("/settings/members/everyone") view=pages::settings::Everyone ssr=SsrMode::Async />
                <Route path=path!("/settings/members/second-factor") view=pages::settings::SecondFactor ssr=SsrMode::Async />
                <Route path=path!("/settings/audit-log") view=pages::settings::AuditLog ssr=SsrMode::Async />
                <Route path=path!("/settings/audit-log/webhook") view=pages::settings::Webhook ssr=SsrMode::Async />
                <Route path=path!("/settings/applications") view=pages::settings::Applications ssr=SsrMode::Async />
                <Route path=path!("/settings/applications/new") view=pages::settings::NewApplication ssr=SsrMode::Async />
                <Route path=path!("/settings/applications/one") view=pages::settings::Application ssr=SsrMode::Async />
                <Route path=path!("/settings/applications/remove") view=pages::settings::RemoveApplication ssr=SsrMode::Async />
                <Route path=path!("/settings/api") view=pages::settings::tokens::Api ssr=SsrMode::Async />
                <Route path=path!("/settings/mcp") view=pages::settings::tokens::Mcp ssr=SsrMode::Async />
                <Route path=path!("/settings/api/revoke") view=pages::settings::tokens::revoke::RevokeApi ssr=SsrMode::Async />
                <Route path=path!("/settings/mcp/revoke") view=pages::settings::tokens::revoke::RevokeMcp ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
