//! Nothing is at this address.

use leptos::prelude::*;

use crate::parts::{
    icon::{Disc, Shape},
    layout::Narrow,
    link::Link,
};

#[component]
pub fn NotFound() -> impl IntoView {
    crate::context::set_status(crate::error::Code::NotFound);
    view! {
        <Narrow title="Not found">
            <div class="card card--lifted">
                <div class="empty">
                    <Disc shape=Shape::Search tint="plain" large=true />
                    <h1 class="empty__title">"There’s nothing at this address"</h1>
                    <p class="empty__text">"Check the address, or start from the home page."</p>
                    <div class="empty__actions">
                        <Link class="button button--primary" href="/">"Go home"</Link>
                    </div>
                </div>
            </div>
        </Narrow>
    }
}
