//! `/profile/confirm`: "Confirm it’s you", where a plain form that has no field for it continues. What was typed there is
//! sent along, and the operation continues by itself.

use leptos::prelude::*;

use crate::{
    boot::{boot, viewer},
    flash::{Flash, Refused},
    parts::{
        button::Submit,
        form_fields::OnPage,
        icon::{Disc, Shape},
        layout::Narrow,
        link::Link,
    },
    sign_in::same_site,
    step_up::Confirmation,
};

#[component]
pub fn Confirm() -> impl IntoView {
    let inside = match boot().flash {
        Some(Flash::Form(refused)) => form(refused).into_any(),
        _ => nothing_waits().into_any(),
    };
    view! {
        <Narrow title="Confirm it’s you">
            <div class="card card--lifted">{inside}</div>
        </Narrow>
    }
}

fn form(refused: Refused) -> impl IntoView {
    let Refused {
        form,
        page,
        asked,
        error,
        typed,
    } = refused;
    let typed = typed
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view();
    // The heading says the first half already.
    let lead = match error.message.strip_prefix("Confirm it’s you to ") {
        Some(what) => format!("You’re about to {what}"),
        None => error.message.clone(),
    };
    let label = if viewer().is_some_and(|v| v.two_factor.is_some()) {
        "Password or code"
    } else {
        "Password"
    };
    let shown = (!asked).then_some(error);
    view! {
        <div class="card__body">
            <div class="cluster">
                <Disc shape=Shape::Key tint="plain" />
                <h1 class="auth__title">"Confirm it’s you"</h1>
            </div>
            <p class="card__text">{lead}</p>
            <form class="form" method="post" action=format!("/api/fn/{form}") novalidate>
                <OnPage />
                {typed}
                <Confirmation label error=Signal::derive(move || shown.clone()) />
                <div class="form__actions">
                    <Link class="button" href=same_site(page.as_deref())>"Cancel"</Link>
                    <Submit look="button--primary" busy=false>"Continue"</Submit>
                </div>
            </form>
        </div>
    }
}

/// The page was opened by itself, or once more.
fn nothing_waits() -> impl IntoView {
    view! {
        <div class="empty">
            <Disc shape=Shape::Key tint="plain" large=true />
            <h1 class="empty__title">"There’s nothing to confirm"</h1>
            <p class="empty__text">"Nothing was changed. Go back and send the form again."</p>
            <div class="empty__actions">
                <Link class="button" href="/">"Go home"</Link>
            </div>
        </div>
    }
}
