//! A redirect address that a sign-in was refused at, one click from being added.

use accounts::{applications::Application, text::visible};
use leptos::prelude::*;

use crate::parts::{form::Sent, form_fields::FormFields};

pub(super) fn offer(application: &Application, address: String) -> impl IntoView + use<> {
    let sent = Sent::of(&["add_redirect_address"]);
    let why = sent.error().map(|error| error.message);
    let shown = visible(&address).into_owned();
    let id = application.id.0.clone();
    view! {
        <section class="card" aria-labelledby="offer-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="offer-title">"Add this redirect address?"</h2>
                    <p class="card__text">
                        "A sign-in was refused, because the application asked to be answered at an address that isn’t registered. Add it only if it’s the application’s own: codes for signing in are sent there."
                    </p>
                </div>
                <code class="secret">{shown}</code>
                {why.map(|why| view! { <p class="field__error" role="alert">{why}</p> })}
            </div>
            <div class="card__footer">
                <p>"Nothing else changes."</p>
                <form class="button-form" method="post" action="/api/fn/add_redirect_address">
                    <FormFields />
                    <input type="hidden" name="application" value=id />
                    <input type="hidden" name="address" value=address />
                    <button class="button button--primary">"Add this address"</button>
                </form>
            </div>
        </section>
    }
}
