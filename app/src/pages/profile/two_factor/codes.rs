//! The 16 recovery codes, to be downloaded, printed or copied; and a new set of them.

use leptos::prelude::*;

use super::{
    draft::{Draft, two_factor_draft},
    functions::{AbandonTwoFactor, NewRecoveryCodes, UseRecoveryCodes},
};
use crate::{
    boot::viewer,
    parts::{
        button::Submit,
        copy::Copy,
        error_summary::ErrorSummary,
        form::{FormState, PostForm},
        layout::Narrow,
        link::Link,
        loaded::loaded,
        notice::{Notice, Tone},
    },
    step_up::Confirmation,
    time::When,
};

/// The codes and the ways to keep them. What is printed says whose they are and where they work.
#[component]
pub fn Codes(draft: Draft) -> impl IntoView {
    let email = viewer().map(|v| v.email).unwrap_or_default();
    let all = draft.codes.join("\n");
    let codes = draft
        .codes
        .into_iter()
        .map(|code| view! { <li>{code}</li> })
        .collect_view();
    view! {
        <div class="printed">
            <p class="printed__title">"Curfew recovery codes"</p>
            <dl class="printed__facts">
                <div>
                    <dt>"Account"</dt>
                    <dd>{email}</dd>
                </div>
                <div>
                    <dt>"Address"</dt>
                    <dd>{draft.install}</dd>
                </div>
                <div>
                    <dt>"Created"</dt>
                    <dd><When at=draft.created /></dd>
                </div>
            </dl>
            <ol class="codes" role="list" aria-label="Recovery codes">{codes}</ol>
            <p class="printed__note">"Each code works once, instead of a code from your authenticator app."</p>
        </div>
        <p class="cluster">
            <a class="button" rel="external" href="/profile/two-factor/recovery-codes.txt" download="">
                "Download"
            </a>
            <button class="button needs-script" type="button" data-print="">"Print"</button>
            <Copy text=all what="the recovery codes" />
        </p>
    }
}

/// `/profile/two-factor/new-codes`.
#[component]
pub fn NewCodes() -> impl IntoView {
    let draft = Resource::new_blocking(|| (), |()| two_factor_draft());
    view! {
        <Narrow title="New recovery codes" wide=true>
            <div class="card card--lifted">
                <div class="card__body">
                    <h1 class="auth__title">"New recovery codes"</h1>
                    {loaded(draft, |draft| match draft {
                        Some(draft) => view! { <Use draft /> }.into_any(),
                        None => view! { <Ask /> }.into_any(),
                    })}
                </div>
            </div>
        </Narrow>
    }
}

#[component]
fn Ask() -> impl IntoView {
    let form = FormState::<NewRecoveryCodes>::of("new_recovery_codes");
    let error = Signal::derive(move || form.error());
    view! {
        <p>"You’ll get 16 new codes. Your current ones keep working until you’ve saved the new ones."</p>
        <ErrorSummary error />
        <PostForm state=form class="form">
            <Confirmation error />
            <div class="form__actions">
                <Link class="button" href="/profile/security">"Cancel"</Link>
                <Submit busy=form.busy()>"Create new codes"</Submit>
            </div>
        </PostForm>
    }
}

#[component]
fn Use(draft: Draft) -> impl IntoView {
    let form = FormState::<UseRecoveryCodes>::of("use_recovery_codes");
    let error = Signal::derive(move || form.error());
    view! {
        <Notice
            tone=Tone::Info
            title="Save these codes first"
            text="They’re shown here until you start using them. From then on, your old codes no longer work."
        />
        <Codes draft />
        <ErrorSummary error />
        <PostForm state=form class="form">
            <Confirmation error />
            <div class="form__actions">
                <Submit busy=form.busy()>"I’ve saved them, use these codes"</Submit>
            </div>
        </PostForm>
        <Abandon />
    }
}

/// Leaves a set-up or a new set of codes, with nothing changed.
#[component]
pub fn Abandon() -> impl IntoView {
    let form = FormState::<AbandonTwoFactor>::of("abandon_two_factor");
    view! {
        <PostForm state=form class="button-form">
            <Submit look="button--quiet" busy=form.busy()>"Cancel without changes"</Submit>
        </PostForm>
    }
}
