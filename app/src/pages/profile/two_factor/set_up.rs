//! `/profile/two-factor`: first the recovery codes, then the authenticator app. Nothing is on before
//! its first code was right.

use leptos::prelude::*;

use super::{
    codes::{Abandon, Codes},
    draft::{Draft, two_factor_draft},
    functions::{BeginTwoFactor, TurnOnTwoFactor},
};
use crate::{
    boot::viewer,
    parts::{
        button::Submit,
        change_plan::ChangePlan,
        copy::Copy,
        error_summary::ErrorSummary,
        field::Field,
        form::{FormState, PostForm},
        layout::Narrow,
        link::Link,
        loaded::loaded,
        notice::{Notice, Tone},
    },
    step_up::Confirmation,
};

/// `/profile/two-factor`: what it is, then the codes to save.
#[component]
pub fn SetUp() -> impl IntoView {
    let draft = Resource::new_blocking(|| (), |()| two_factor_draft());
    view! {
        <Narrow title="Set up two-factor authentication" wide=true>
            <div class="card card--lifted">
                <div class="card__body">
                    <h1 class="auth__title">"Set up two-factor authentication"</h1>
                    {loaded(draft, |draft| match draft {
                        _ if viewer().is_some_and(|v| v.two_factor.is_some()) => {
                            view! { <OnAlready /> }.into_any()
                        }
                        Some(draft) => view! { <KeepCodes draft /> }.into_any(),
                        None => view! { <Begin /> }.into_any(),
                    })}
                </div>
            </div>
        </Narrow>
    }
}

#[component]
fn OnAlready() -> impl IntoView {
    view! {
        <Notice tone=Tone::Success title="It’s already on" />
        <p>
            <Link class="button" href="/profile/security">"Back to Security"</Link>
        </p>
    }
}

#[component]
fn Begin() -> impl IntoView {
    let form = FormState::<BeginTwoFactor>::of("begin_two_factor");
    let error = Signal::derive(move || form.error());
    let plans = viewer().and_then(|v| v.two_factor_plans);
    view! {
        <p>"It takes two minutes and an authenticator app on your phone: one you already have, or any that supports one-time codes."</p>
        <ol class="steps">
            <li>"Save 16 recovery codes, in case you lose your phone."</li>
            <li>"Scan a QR code with the app and enter the code it shows."</li>
        </ol>
        {plans
            .map(|plans| {
                view! {
                    <Notice tone=Tone::Info title=format!("This is available on {plans}.") />
                    <p><ChangePlan /></p>
                }
            })}
        <ErrorSummary error />
        <PostForm state=form class="form">
            <Confirmation error />
            <div class="form__actions">
                <Link class="button" href="/profile/security">"Cancel"</Link>
                <Submit busy=form.busy()>"Start"</Submit>
            </div>
        </PostForm>
    }
}

#[component]
fn KeepCodes(draft: Draft) -> impl IntoView {
    view! {
        <p class="card__text">"Step 1 of 2: save these recovery codes where you can find them without your phone."</p>
        <Codes draft />
        <div class="form__actions">
            <Link class="button button--primary" href="/profile/two-factor/app">"I’ve saved them, continue"</Link>
        </div>
        <Abandon />
    }
}

/// `/profile/two-factor/app`: the picture, the secret as text, the first code.
#[component]
pub fn App() -> impl IntoView {
    let draft = Resource::new_blocking(|| (), |()| two_factor_draft());
    view! {
        <Narrow title="Set up two-factor authentication" wide=true>
            <div class="card card--lifted">
                <div class="card__body">
                    <h1 class="auth__title">"Set up two-factor authentication"</h1>
                    {loaded(draft, |draft| match draft.and_then(|d| d.authenticator) {
                        Some((secret, link)) => view! { <Scan secret link /> }.into_any(),
                        None => {
                            view! {
                                <Notice
                                    tone=Tone::Warning
                                    title="No set-up is in progress"
                                    text="It took longer than an hour, or was cancelled. Start again."
                                />
                                <p>
                                    <Link class="button" href="/profile/two-factor">"Start again"</Link>
                                </p>
                            }
                                .into_any()
                        }
                    })}
                </div>
            </div>
        </Narrow>
    }
}

#[component]
fn Scan(secret: String, link: String) -> impl IntoView {
    let form = FormState::<TurnOnTwoFactor>::of("turn_on_two_factor");
    let plain = secret.replace(' ', "");
    let error = Signal::derive(move || form.error());
    view! {
        <p class="card__text">"Step 2 of 2: scan this QR code with your authenticator app, then enter the code it shows."</p>
        <div class="scan">
            <img class="qr" src="/profile/two-factor/qr.svg" width="192" height="192" alt="QR code for your authenticator app; the same secret is beside it as text" />
            <div class="scan__text">
                <p>"No camera? Enter this secret in the app:"</p>
                <code class="secret">{secret}</code>
                <p class="cluster">
                    <Copy text=plain what="the secret" />
                    <a class="button" href=link>"Open the app"</a>
                </p>
            </div>
        </div>
        <ErrorSummary error />
        <PostForm state=form class="form">
            <Field
                name="code"
                label="Authentication code"
                kind="code"
                autocomplete="one-time-code"
                hint="6 digits. Turning it on ends all other sessions and all remembered devices."
                error=form.field_error("code")
            />
            <Confirmation error />
            <div class="form__actions">
                <Link class="button" href="/profile/two-factor">"Back"</Link>
                <Submit busy=form.busy()>"Turn on"</Submit>
            </div>
        </PostForm>
        <Abandon />
    }
}
