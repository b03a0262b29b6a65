//! `/profile/login`: what you sign in with, and a new email address.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::ProfilePage;
#[cfg(feature = "ssr")]
use crate::{
    boot::{boot, viewer},
    flash::{Done, Flash},
    parts::{
        form::Sent,
        form_fields::FormFields,
        link::Link,
        loaded::awaited,
        notice::{Notice, Tone},
    },
    time::{Show, When},
};
use crate::{
    error::AppError,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::Field,
        form::{FormState, PostForm},
    },
    step_up::Confirmation,
};

/// Emails a link to a new email address, which takes effect when the link is used.
///
/// # Errors
/// `validation_failed`, `step_up_required`, `too_many_attempts`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "change_email")]
pub async fn change_email(
    email: String,
    confirmation: Option<String>,
    for_user: Option<String>,
) -> Result<(), AppError> {
    use accounts::change_email::request;

    use crate::{
        context::{leave, operation},
        step_up::confirmed,
    };

    drop(for_user);
    let me = confirmed(confirmation)?;
    let mut op = operation().await?;
    request(&mut op, &me, &email).await?;
    op.commit().await?;
    leave(&Flash::Done(Done::EmailSent))?;
    leptos_axum::redirect("/profile/login");
    Ok(())
}

/// Cancels the change of address that is pending: the link that was sent no longer works.
///
/// # Errors
/// `conflict`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "cancel_email_change")]
pub async fn cancel_email_change() -> Result<(), AppError> {
    use accounts::change_email::cancel;

    use crate::context::{leave, operation, signed_in};

    let me = signed_in()?;
    let mut op = operation().await?;
    let cancelled = cancel(&mut op, &me).await?;
    op.commit().await?;
    let done = match cancelled {
        0 => Done::EmailChangeGone,
        _ => Done::EmailChangeCancelled,
    };
    leave(&Flash::Done(done))?;
    leptos_axum::redirect("/profile/login");
    Ok(())
}

#[cfg(feature = "ssr")]
#[component]
pub fn Login() -> impl IntoView {
    let just = boot().flash;
    viewer().map(|viewer| {
        view! {
            <ProfilePage here="/profile/login" title="Login">
                {match just {
                    Some(Flash::Done(Done::EmailSent)) => view! {
                        <Notice
                            tone=Tone::Success
                            title="Check your email at the new address"
                            text="To confirm the address, use the link we sent there within 30 minutes. Until then, sign in as before."
                        />
                    }.into_any(),
                    Some(Flash::Done(Done::EmailChanged)) => view! {
                        <Notice tone=Tone::Success title="Your email address has been changed" text="Sign in with the new one from now on." />
                    }.into_any(),
                    Some(Flash::Done(Done::EmailChangeCancelled)) => view! {
                        <Notice tone=Tone::Success title="The change has been cancelled" text="Your email address stays as it is. No link that was sent for it works any more." />
                    }.into_any(),
                    Some(Flash::Done(Done::EmailChangeGone)) => view! {
                        <Notice tone=Tone::Info title="No change was waiting any more" text="It was confirmed, was cancelled before, or has expired. Your email address is the one below." />
                    }.into_any(),
                    _ => ().into_any(),
                }}
                {Sent::of(&["cancel_email_change"]).summary()}
                {awaited(pending)}
                <section class="card" aria-labelledby="login-title">
                    <div class="card__body">
                        <div class="card__header">
                            <h2 class="card__title" id="login-title">"How you sign in"</h2>
                            <p class="card__text">
                                "With your email address and your password, which only you know."
                            </p>
                        </div>
                        <dl class="facts">
                            <div class="facts__row">
                                <dt class="facts__label">"Email"</dt>
                                <dd class="facts__value">{viewer.email.clone()}</dd>
                            </div>
                            <div class="facts__row">
                                <dt class="facts__label">"Password"</dt>
                                <dd class="facts__value">
                                    "Changed " <When at=viewer.password_changed show=Show::Ago />
                                    <span class="facts__note">
                                        <Link href="/profile/password">"Change it"</Link>
                                    </span>
                                </dd>
                            </div>
                            <div class="facts__row">
                                <dt class="facts__label">"Two-factor authentication"</dt>
                                <dd class="facts__value">
                                    {if viewer.two_factor.is_some() { "On" } else { "Off" }}
                                    <span class="facts__note">
                                        <Link href="/profile/security">"See Security"</Link>
                                    </span>
                                </dd>
                            </div>
                            <div class="facts__row">
                                <dt class="facts__label">"Signed in here"</dt>
                                <dd class="facts__value"><When at=viewer.signed_in show=Show::Ago /></dd>
                            </div>
                        </dl>
                    </div>
                </section>
                <section class="card" aria-labelledby="email-title" translate="no">
                    <NewAddress />
                </section>
            </ProfilePage>
        }
    })
}

/// A change of address that waits for its link, if there is one.
#[cfg(feature = "ssr")]
async fn pending() -> Result<AnyView, AppError> {
    use accounts::change_email;

    use crate::context::{reader, signed_in};

    let me = signed_in()?;
    let pending = change_email::pending(&mut reader().await?, &me.user.id).await?;
    if pending.is_empty() {
        return Ok(().into_any());
    }
    let asked = pending
        .into_iter()
        .map(|change| {
            view! {
                <p class="card__text">
                    "You asked to change to " <strong>{change.email}</strong>
                    ". Confirm it with the link we sent there, which expires at "
                    <When at=change.expires_at show=Show::Clock /> "."
                </p>
            }
        })
        .collect_view();
    let card = view! {
        <section class="card" aria-labelledby="pending-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="pending-title">"A new email address waits for you"</h2>
                    {asked}
                </div>
            </div>
            <div class="card__footer">
                <p>
                    "If that wasn’t you, cancel it and "
                    <Link href="/profile/password">"change your password"</Link> "."
                </p>
                <form class="button-form" method="post" action="/api/fn/cancel_email_change">
                    <FormFields />
                    <button class="button">"Cancel the change"</button>
                </form>
            </div>
        </section>
    };
    Ok(card.into_any())
}

/// The form for a new email address.
#[island]
fn NewAddress() -> impl IntoView {
    let form = FormState::<ChangeEmail>::of("change_email");
    let error = Signal::derive(move || form.error());
    view! {
            <PostForm state=form>
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="email-title">"Change your email address"</h2>
                        <p class="card__text">
                            "We’ll email a link to the new address, and a notice to your current one."
                        </p>
                    </div>
                    <ErrorSummary error />
                    <div class="form">
                        <Field
                            name="email"
                            label="New email"
                            kind="email"
                            autocomplete="email"
                            value=form.typed("email", "")
                            error=form.field_error("email")
                        />
                        <Confirmation error />
                    </div>
                </div>
                <div class="card__footer">
                    <p>"The change takes effect when you use the link."</p>
                    <Submit busy=form.busy()>"Send link"</Submit>
                </div>
            </PostForm>
    }
}
