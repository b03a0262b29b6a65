//! `/sign-in/code`: the second factor, after a right password.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::Field,
        form::{FormState, PostForm},
        layout::Narrow,
        link::Link,
    },
    sign_in::VerifyCode,
};

#[component]
pub fn Code() -> impl IntoView {
    let form = FormState::<VerifyCode>::of("verify_code");
    let recovery = use_query_map().read_untracked().get("with").as_deref() == Some("recovery-code");
    let (title, lead) = if recovery {
        (
            "Use a recovery code",
            "One of the 16 codes you saved when you set up two-factor authentication. Each works once.",
        )
    } else {
        (
            "Enter your code",
            "Open your authenticator app and enter the code it shows for Curfew.",
        )
    };
    view! {
        <Narrow title=title>
            <div class="card card--lifted">
                <div class="card__body">
                    <div>
                        <h1 class="auth__title">{title}</h1>
                        <p class="card__text">{lead}</p>
                    </div>
                    <ErrorSummary error=Signal::derive(move || form.error()) />
                    <PostForm state=form class="form">
                        <Field
                            name="code"
                            label=if recovery { "Recovery code" } else { "Authentication code" }
                            kind=if recovery { "text" } else { "code" }
                            autocomplete=if recovery { "off" } else { "one-time-code" }
                            hint=if recovery { "For example 4k7m-x9qd-2hzt-w3np" } else { "6 digits" }
                            autofocus=true
                            error=form.field_error("code")
                        />
                        <div class="form__actions">
                            <Submit look="button--primary button--wide" busy=form.busy()>
                                "Continue"
                            </Submit>
                        </div>
                    </PostForm>
                </div>
            </div>
            <p class="auth__aside">
                {if recovery {
                    view! { <Link href="/sign-in/code">"Use your authenticator app"</Link> }
                } else {
                    view! { <Link href="/sign-in/code?with=recovery-code">"Use a recovery code"</Link> }
                }} " · " <Link href="/sign-in">"Start over"</Link>
            </p>
        </Narrow>
    }
}
