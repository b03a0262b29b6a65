//! What a page of a signed-in user turns into when their session has ended, as templates that
//! `public/guard.js` fills: drawn on the server, so that they cost the browser nothing until then. Their
//! links are `external`: the app that has taken the page over must not follow them in its memory.

use leptos::prelude::*;

use crate::parts::{
    icon::{Icon, Shape},
    layout::NarrowFrame,
};

/// The templates, for the document's head.
#[component]
pub fn Templates() -> impl IntoView {
    view! {
        <template id="over">
            <NarrowFrame>
                <section class="receipt receipt--reason" aria-labelledby="over-title" role="alert">
                    <Icon shape=Shape::LogOut />
                    <h1 class="receipt__title" id="over-title" tabindex="-1">"You were signed out"</h1>
                    <p class="receipt__text" data-over-text=""></p>
                    <p class="receipt__actions" data-over-ask="">
                        "If not, sign in and "
                        <a rel="external" href="/sign-in?next=/profile/password">"change your password"</a> "."
                    </p>
                    <p class="receipt__actions" data-over-ask="password_changed">
                        "If not, reset it by email: "
                        <a rel="external" href="/forgot-password">"Forgot your password?"</a>
                    </p>
                </section>
                <a rel="external" class="button button--primary button--wide" data-over-again="" href="/sign-in">
                    "Sign in again"
                </a>
            </NarrowFrame>
        </template>
        <template id="changed">
            <div class="notice" role="status">
                <Icon shape=Shape::Info />
                <p class="notice__title" data-changed-text=""></p>
                <div class="notice__actions"><a rel="external" href="">"Reload this page"</a></div>
            </div>
        </template>
    }
}
