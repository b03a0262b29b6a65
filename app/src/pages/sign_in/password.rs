//! `/forgot-password` and `/reset-password`: a new password for a user who cannot sign in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::link_expired::LinkExpired;
use crate::{
    boot::boot,
    error::AppError,
    flash::{Done, Flash},
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::{Field, WhosePassword},
        form::{FormState, PostForm},
        layout::Narrow,
        link::Link,
        loaded::loaded,
        notice::{Notice, Tone},
    },
};

/// Emails a link for a new password, if a user has the address. The answer does not tell.
///
/// # Errors
/// `validation_failed`, `too_many_attempts`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "request_password_reset")]
pub async fn request_password_reset(email: String) -> Result<(), AppError> {
    use crate::context::{leave, operation};

    let mut op = operation().await?;
    accounts::reset_password::request(&mut op, &email).await?;
    op.commit().await?;
    leave(&Flash::Done(Done::EmailSent))?;
    leptos_axum::redirect("/forgot-password");
    Ok(())
}

/// Sets a new password with the token of an emailed link. Signs no one in.
///
/// # Errors
/// `link_expired`, `validation_failed`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "reset_password")]
pub async fn reset_password(token: String, new_password: String) -> Result<(), AppError> {
    use accounts::{
        reset_password::{ResetError, reset},
        secret::{Secret, Token},
    };

    use crate::{
        context::{curfew, leave, now, set_cookie, visit},
        cookies::Kind,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let token = Token::presented(&token).ok_or(ResetError::Expired)?;
    let new = Secret::new(new_password);
    let done = reset(&curfew.instance, &visit.client, now(), &token, &new).await?;
    // A user who was signed in here is no longer.
    set_cookie(&curfew.cookies.removed(Kind::Session));
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    // So that a stranger's failures do not keep its user from signing in here.
    set_cookie(&curfew.cookies.known_device(&done.device));
    leave(&Flash::Done(Done::PasswordReset))?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// The email address of the user whose link it is, while the link is valid: `reset_password` or `change_email`. Does not
/// consume it.
///
/// # Errors
/// `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "check_email_link")]
pub async fn email_link_of(purpose: String, token: String) -> Result<Option<String>, AppError> {
    use accounts::{
        email_links::{Purpose, find},
        secret::Token,
        users,
    };

    use crate::context::reader;

    let purpose = match purpose.as_str() {
        "reset_password" => Purpose::ResetPassword,
        _ => Purpose::ChangeEmail,
    };
    let Some(token) = Token::presented(&token) else {
        return Ok(None);
    };
    let mut conn = reader().await?;
    let Some(link) = find(&mut conn, purpose, &token).await? else {
        return Ok(None);
    };
    let user = users::find(&mut conn, &link.user_id).await?;
    Ok(user.map(|user| user.email))
}

#[component]
pub fn Forgot() -> impl IntoView {
    let form = FormState::<RequestPasswordReset>::of("request_password_reset");
    let sent = boot().flash == Some(Flash::Done(Done::EmailSent));
    view! {
        <Narrow title="Forgot your password?">
            {sent
                .then(|| {
                    view! {
                        <Notice
                            tone=Tone::Success
                            title="Check your email"
                            text="If there’s an account with this address, we’ve sent a link to choose a new password. It works for 30 minutes."
                        />
                    }
                })}
            <div class="card card--lifted">
                <div class="card__body">
                    <div>
                        <h1 class="auth__title">"Forgot your password?"</h1>
                        <p class="card__text">"We’ll email you a link to choose a new one."</p>
                    </div>
                    <ErrorSummary error=Signal::derive(move || form.error()) />
                    <PostForm state=form class="form">
                        <Field
                            name="email"
                            label="Email"
                            kind="email"
                            autocomplete="username"
                            value=form.typed("email", "")
                            error=form.field_error("email")
                        />
                        <div class="form__actions">
                            <Submit look="button--primary button--wide" busy=form.busy()>"Send link"</Submit>
                        </div>
                    </PostForm>
                </div>
            </div>
            <p class="auth__aside">
                <Link href="/sign-in">"Back to sign in"</Link>
            </p>
        </Narrow>
    }
}

#[component]
pub fn Reset() -> impl IntoView {
    let token = use_query_map()
        .read_untracked()
        .get("token")
        .unwrap_or_default();
    let asked = token.clone();
    let whose = Resource::new_blocking(
        || (),
        move |()| email_link_of("reset_password".into(), asked.clone()),
    );
    view! {
        <Narrow title="Choose a new password">
            {loaded(whose, move |whose| {
                let token = token.clone();
                match whose {
                    Some(email) => view! { <Choose token email /> }.into_any(),
                    None => view! { <LinkExpired again="/forgot-password" /> }.into_any(),
                }
            })}
        </Narrow>
    }
}

#[component]
fn Choose(token: String, email: String) -> impl IntoView {
    let form = FormState::<ResetPassword>::of("reset_password");
    let shortest = boot().password_min;
    view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div>
                    <h1 class="auth__title">"Choose a new password"</h1>
                    <p class="card__text">
                        "All your sessions and remembered devices will end. Then sign in with the new password."
                    </p>
                </div>
                <ErrorSummary error=Signal::derive(move || form.error()) />
                <PostForm state=form class="form">
                    <input type="hidden" name="token" value=token />
                    <WhosePassword email />
                    <Field
                        name="new_password"
                        label="New password"
                        kind="password"
                        autocomplete="new-password"
                        hint=format!("At least {shortest} characters. A few unrelated words work well.")
                        error=form.field_error("new_password")
                    />
                    <div class="form__actions">
                        <Submit look="button--primary button--wide" busy=form.busy()>"Set new password"</Submit>
                    </div>
                </PostForm>
            </div>
        </div>
    }
}
