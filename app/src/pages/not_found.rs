//! Nothing is at this address.

use leptos::prelude::*;

use crate::{
    boot::viewer,
    parts::{
        icon::{Disc, Shape},
        layout::{Narrow, Page},
        link::Link,
    },
};

/// With the navigation for a user, and with the way to it for a visitor.
#[component]
pub fn NotFound() -> impl IntoView {
    crate::context::set_status(crate::error::Code::NotFound);
    if viewer().is_some() {
        return view! {
            <Page title="Not found" section="">
                <div class="card">
                    <div class="empty">
                        <Disc shape=Shape::Search tint="plain" large=true />
                        <h2 class="empty__title">"There’s nothing at this address"</h2>
                        <p class="empty__text">"Check the address, or start from the home page."</p>
                        <div class="empty__actions">
                            <Link class="button button--primary" href="/">"Go home"</Link>
                            <Link class="button" href="/profile/security">"See your devices"</Link>
                        </div>
                    </div>
                </div>
            </Page>
        }
        .into_any();
    }
    view! {
        <Narrow title="Not found">
            <div class="card card--lifted">
                <div class="empty">
                    <Disc shape=Shape::Search tint="plain" large=true />
                    <h1 class="empty__title">"There’s nothing at this address"</h1>
                    <p class="empty__text">"Check the address, or sign in and start from the home page."</p>
                    <div class="empty__actions">
                        <Link class="button button--primary" href="/">"Go home"</Link>
                        <Link class="button" href="/sign-in">"Sign in"</Link>
                    </div>
                </div>
            </div>
        </Narrow>
    }
    .into_any()
}
