//! `/profile/two-factor/off`: turning two-factor authentication off, after asking.

use leptos::prelude::*;

use super::functions::TurnOffTwoFactor;
use crate::{
    boot::viewer,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        form::{FormState, PostForm},
        icon::{Disc, Shape},
        layout::Narrow,
        link::Link,
        notice::{Notice, Tone},
    },
    step_up::Confirmation,
};

#[component]
pub fn Off() -> impl IntoView {
    let form = FormState::<TurnOffTwoFactor>::of("turn_off_two_factor");
    let error = Signal::derive(move || form.error());
    let required = viewer().is_some_and(|viewer| viewer.second_factor_required);
    view! {
        <Narrow title="Turn off two-factor authentication?" wide=true>
            <div class="card card--lifted">
                <div class="card__body">
                    <div class="cluster">
                        <Disc shape=Shape::Shield tint="danger" />
                        <h1 class="auth__title">"Turn off two-factor authentication?"</h1>
                    </div>
                    <p>
                        "You’ll sign in with just your password. The secret in your app and your recovery codes stop working, and all other sessions and all remembered devices end."
                    </p>
                    {required
                        .then(|| {
                            view! {
                                <Notice
                                    tone=Tone::Warning
                                    title="Your account requires a second factor"
                                    text="After turning it off you can only set it up again: the other pages lead there until you have."
                                />
                            }
                        })}
                    <ErrorSummary error />
                    <PostForm state=form class="form">
                        <Confirmation error />
                        <div class="form__actions">
                            <Link class="button" href="/profile/security">"Keep it on"</Link>
                            <Submit look="button--danger" busy=form.busy()>"Turn off"</Submit>
                        </div>
                    </PostForm>
                </div>
            </div>
        </Narrow>
    }
}
