//! `/sign-up`: name, email, password, and the setup code of the first user who does not come from the machine itself.

use leptos::prelude::*;

use crate::{
    boot::boot,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::Field,
        form::{FormState, PostForm},
        icon::{Disc, Shape},
        layout::Narrow,
        link::Link,
    },
    sign_in::SignUp as SignUpForm,
};

#[component]
pub fn SignUp() -> impl IntoView {
    let boot = boot();
    view! {
        <Narrow title="Create an account">
            <div class="card card--lifted">
                {if boot.sign_up_open {
                    view! { <Form shortest=boot.password_min asks_setup_code=boot.asks_setup_code /> }.into_any()
                } else {
                    view! { <Closed /> }.into_any()
                }}
            </div>
            <p class="auth__aside">
                "Already have an account? " <Link href="/sign-in">"Sign in"</Link>
            </p>
        </Narrow>
    }
}

#[component]
fn Form(shortest: usize, asks_setup_code: bool) -> impl IntoView {
    let form = FormState::<SignUpForm>::of("sign_up");
    view! {
        <div class="card__body">
            <h1 class="auth__title">"Create an account"</h1>
            <ErrorSummary error=Signal::derive(move || form.error()) />
            <PostForm state=form class="form">
                <Field
                    name="name"
                    label="Name"
                    autocomplete="name"
                    value=form.typed("name", "")
                    autofocus=true
                    error=form.field_error("name")
                />
                <Field
                    name="email"
                    label="Email"
                    kind="email"
                    autocomplete="username"
                    value=form.typed("email", "")
                    error=form.field_error("email")
                />
                <Field
                    name="password"
                    label="Password"
                    kind="password"
                    autocomplete="new-password"
                    hint=format!("At least {shortest} characters. A few unrelated words work well.")
                    error=form.field_error("password")
                />
                {asks_setup_code
                    .then(|| {
                        view! {
                            <Field
                                name="setup_code"
                                label="Setup code"
                                hint="You’re the first here. The log of this Curfew shows the code, and the command “curfew setup-code” prints it."
                                error=form.field_error("setup_code")
                            />
                        }
                    })}
                <div class="form__actions">
                    <Submit look="button--primary button--wide" busy=form.busy()>
                        "Create account"
                    </Submit>
                </div>
            </PostForm>
        </div>
    }
}

#[component]
fn Closed() -> impl IntoView {
    view! {
        <div class="empty">
            <Disc shape=Shape::Lock tint="plain" large=true />
            <h1 class="empty__title">"Sign-up is closed"</h1>
            <p class="empty__text">"Ask the operator of this Curfew for an invitation."</p>
        </div>
    }
}
