//! `/sign-in`: the form, and above it why you are here.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    boot::boot,
    flash::Flash,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::{Checkbox, Field},
        form::{FormState, PostForm},
        layout::Narrow,
        link::Link,
        loaded::awaited,
    },
    sign_in::{SignIn as SignInForm, same_site},
};

use super::why_here::{WhyHere, way_to_receipt};

#[component]
pub fn SignIn() -> impl IntoView {
    let boot = boot();
    let form = FormState::<SignInForm>::of("sign_in");
    let next = use_query_map().read_untracked().get("next");
    // An application that sends its user here may know who that is.
    let email = use_query_map().read_untracked().get("email");
    let email = email.unwrap_or_default();
    let next = same_site(next.as_deref());
    let days = boot.remember_days;
    let shows_receipt = matches!(boot.flash, Some(Flash::Receipt(_)));
    view! {
        <Narrow title="Sign in">
            {boot.flash.map(|flash| view! { <WhyHere flash /> })}
            <div class="card card--lifted">
                <div class="card__body">
                    <div>
                        <h1 class="auth__title">"Sign in"</h1>
                    </div>
                    <ErrorSummary error=Signal::derive(move || form.error()) />
                    <PostForm state=form class="form">
                        <input type="hidden" name="next" value=next />
                        <Field
                            name="email"
                            label="Email"
                            kind="email"
                            autocomplete="username"
                            value=form.typed("email", &email)
                            autofocus=true
                            error=form.field_error("email")
                        />
                        <Field
                            name="password"
                            label="Password"
                            kind="password"
                            autocomplete="current-password"
                            error=form.field_error("password")
                        />
                        <p class="field__aside">
                            <Link href="/forgot-password">"Forgot your password?"</Link>
                        </p>
                        <Checkbox
                            name="remember_me"
                            label="Remember me"
                            hint=format!("For {days} days on this device.")
                            ticked=form.ticked("remember_me")
                        />
                        <div class="form__actions">
                            <Submit look="button--primary button--wide" busy=form.busy()>
                                "Sign in"
                            </Submit>
                        </div>
                    </PostForm>
                </div>
            </div>
            {boot
                .sign_up_open
                .then(|| {
                    view! {
                        <p class="auth__aside">
                            "New here? " <Link href="/sign-up">"Create an account"</Link>
                        </p>
                    }
                })}
            {(!shows_receipt).then(|| awaited(way_to_receipt))}
        </Narrow>
    }
}
