//! `/sign-in`: the form, and above it why one is here.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    boot::boot,
    error::listed,
    flash::{Done, Flash, Reason, Receipt, counted},
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::{Checkbox, Field},
        form::{FormState, PostForm},
        icon::{Icon, Shape},
        layout::Narrow,
        link::Link,
        notice::{Notice, Tone},
    },
    sign_in::{SignIn as Deed, same_site},
    time::{Show, When},
};

#[component]
pub fn SignIn() -> impl IntoView {
    let boot = boot();
    let form = FormState::<Deed>::of("sign_in");
    let next = use_query_map().read_untracked().get("next");
    let next = same_site(next.as_deref());
    let days = boot.remember_days;
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
                            value=form.typed("email", "")
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
        </Narrow>
    }
}

#[component]
fn WhyHere(flash: Flash) -> impl IntoView {
    match flash {
        Flash::Receipt(receipt) => view! { <ReceiptCard receipt /> }.into_any(),
        Flash::Ended(reason) => view! { <ReasonCard reason /> }.into_any(),
        Flash::Done(Done::SignedOut) => {
            view! { <Notice tone=Tone::Success title="You’re signed out on this device" /> }
                .into_any()
        }
        Flash::Done(_) | Flash::Form(_) | Flash::Said(_) => ().into_any(),
    }
}

/// After a press: what ended, and when.
#[component]
fn ReceiptCard(receipt: Receipt) -> impl IntoView {
    let sessions = counted(receipt.sessions, "session", "sessions");
    let devices = counted(
        receipt.remembered_devices,
        "remembered device",
        "remembered devices",
    );
    let tokens = |n: Option<u64>, one, many| match n {
        Some(n) => (Some(counted(n, one, many)), None),
        None => (None, Some(many)),
    };
    let (api, api_stay) = tokens(receipt.api_tokens, "API token", "API tokens");
    let (mcp, mcp_stay) = tokens(receipt.mcp_tokens, "MCP token", "MCP tokens");
    let gone: Vec<String> = api.into_iter().chain(mcp).collect();
    let stay: Vec<String> = [api_stay, mcp_stay, Some("two-factor authentication")]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    let stay = format!("Not touched: {}.", listed(&stay));
    let rest = if gone.is_empty() {
        stay
    } else {
        format!("Revoked: {}. {stay}", listed(&gone))
    };
    view! {
        <section class="receipt" aria-labelledby="receipt-title" role="status">
            <Icon shape=Shape::CheckCircle />
            <h2 class="receipt__title" id="receipt-title">"You’re signed out everywhere"</h2>
            <p class="receipt__text">
                {format!("{sessions} and {devices} ended at ")} <When at=receipt.at show=Show::Clock /> "."
            </p>
            <p class="receipt__meta">{rest}</p>
            <details class="receipt__meta">
                <summary>"Audit event " <code>{receipt.event.get(..12).unwrap_or_default().to_owned()}</code></summary>
                <code class="receipt__hash">{receipt.event}</code>
            </details>
        </section>
    }
}

/// After being refused: how the session ended. Says only what the store says.
#[component]
fn ReasonCard(reason: Reason) -> impl IntoView {
    let Reason {
        at,
        before,
        after,
        ask,
        ..
    } = reason;
    view! {
        <section class="receipt receipt--reason" aria-labelledby="reason-title" role="status">
            <Icon shape=Shape::LogOut />
            <h2 class="receipt__title" id="reason-title">"You were signed out"</h2>
            <p class="receipt__text">{before} <When at show=Show::Clock /> {after}</p>
            {ask
                .then(|| {
                    view! {
                        <p class="receipt__actions">
                            "If it was not, sign in and "
                            <Link href="/sign-in?next=/profile/password">"change your password"</Link> "."
                        </p>
                    }
                })}
        </section>
    }
}
