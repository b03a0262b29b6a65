//! `/gate/confirm`: a code is asked for, because the application behind the gate requires a second factor and this session was
//! started without one.

use accounts::{applications, secret::Secret, step_up, text::visible};
use leptos::prelude::*;

use crate::{
    boot::boot,
    context::{curfew, now, query, query_string, reader, set_cookie, signed_in, visit},
    error::AppError,
    flash::Flash,
    parts::{
        button::Submit,
        field::{Field, WhosePassword},
        form_fields::FormFields,
        icon::{Disc, Shape},
        layout::Narrow,
        link::Link,
        loaded::awaited,
    },
    step_up::{CODE, wrong},
};

/// This page.
pub const CONFIRM: &str = "/gate/confirm";

#[component]
pub fn GateConfirm() -> impl IntoView {
    view! {
        <Narrow title="Continue to an application">{awaited(draw)}</Narrow>
    }
}

/// Goes on to an application behind the gate: `request` is what its host asked `/gate/sign-in` for, `confirmation` a code.
///
/// # Errors
/// `step_up_required` beside the field, `too_many_attempts`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "continue_behind_gate")]
pub async fn continue_behind_gate(
    request: String,
    confirmation: Option<String>,
) -> Result<(), AppError> {
    let (curfew, visit, me, now) = (curfew()?, visit()?, signed_in()?, now());
    let shown = Secret::new(confirmation.unwrap_or_default());
    // A password is no second factor, and would be asked for again at once.
    if !step_up::is_code(&shown) {
        return Err(AppError::step_up(CODE));
    }
    match step_up::confirm(&curfew.instance, &visit.client, now, &me, &shown).await {
        Ok(session) => set_cookie(&curfew.cookies.session(&session.token)),
        Err(step_up::StepUpError::Wrong) => return Err(AppError::step_up(wrong(&me))),
        Err(error) => return Err(error.into()),
    }
    leptos_axum::redirect(&format!("/gate/sign-in?{request}"));
    Ok(())
}

async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let host = query("host").unwrap_or_default();
    let mut conn = reader().await?;
    let application = applications::find_gate(&mut conn, &host).await?;
    drop(conn);
    let application = application.filter(|found| found.account_id == me.user.account_id);
    let name = application.map_or_else(
        || "the application".to_owned(),
        |application| visible(&application.name).into_owned(),
    );
    let why = match boot().flash {
        Some(Flash::Form(refused)) => refused.error.fields.get("confirmation").cloned(),
        _ => None,
    };
    let email = visible(&me.user.email).into_owned();
    Ok(view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::Shield tint="plain" />
                    <h1 class="auth__title">{format!("Continue to {name}")}</h1>
                </div>
                <p class="card__text">"You’re signed in as " <strong>{email.clone()}</strong> "."</p>
                <form class="form" method="post" action="/api/fn/continue_behind_gate" novalidate>
                    <FormFields />
                    <input type="hidden" name="request" value=query_string() />
                    <WhosePassword email />
                    <Field
                        name="confirmation"
                        label="Code"
                        kind="code"
                        autocomplete="one-time-code"
                        hint="It asks for a second factor: a code from your authenticator app."
                        error=Signal::derive(move || why.clone())
                    />
                    <div class="form__actions">
                        <Link class="button" href="/">"Cancel"</Link>
                        <Submit look="button--primary" busy=false>"Continue"</Submit>
                    </div>
                </form>
                <form class="button-form" method="post" action="/sign-out">
                    <FormFields />
                    <input type="hidden" name="next" value=format!("/gate/sign-in?{}", query_string()) />
                    <button class="button button--quiet button--small">"No code? Sign in again"</button>
                </form>
            </div>
        </div>
    }
    .into_any())
}
