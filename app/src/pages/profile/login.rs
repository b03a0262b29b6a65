//! `/profile/login`: what one signs in with, and a new email address.

use leptos::prelude::*;

use super::ProfilePage;
use crate::{
    boot::{boot, viewer},
    error::AppError,
    flash::{Done, Flash},
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::Field,
        form::{FormState, PostForm},
        link::Link,
        notice::{Notice, Tone},
    },
    step_up::Confirmation,
    time::When,
};

/// Mails a link to a new email address; it counts once the link was used.
///
/// # Errors
/// `validation_failed`, `step_up_required`, `too_many_attempts`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "change_email")]
pub async fn change_email(email: String, confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::change_email::request;

    use crate::{
        context::{curfew, leave, now, visit},
        step_up::confirmed,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let me = confirmed(confirmation).await?;
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    let (keys, limits) = (&curfew.keys, &curfew.limits);
    request(&mut tx, keys, limits, &me, &email, &visit.client, now()).await?;
    tx.commit().await.map_err(database)?;
    leave(&Flash::Done(Done::EmailSent))?;
    leptos_axum::redirect("/profile/login");
    Ok(())
}

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
                            title="Look into the new mailbox"
                            text="The address counts once you have used the link in it, within 30 minutes. Until then you sign in as before."
                        />
                    }.into_any(),
                    Some(Flash::Done(Done::EmailChanged)) => view! {
                        <Notice tone=Tone::Success title="Your email address is changed" text="Sign in with the new one from now on." />
                    }.into_any(),
                    _ => ().into_any(),
                }}
                <section class="card" aria-labelledby="login-title">
                    <div class="card__body">
                        <div class="card__header">
                            <h2 class="card__title" id="login-title">"How you sign in"</h2>
                            <p class="card__text">
                                "Your email address and your password. Nobody but you sees them together."
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
                                    "Changed " <When at=viewer.password_changed />
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
                                <dd class="facts__value"><When at=viewer.signed_in /></dd>
                            </div>
                        </dl>
                    </div>
                </section>
                <NewAddress />
            </ProfilePage>
        }
    })
}

#[component]
fn NewAddress() -> impl IntoView {
    let form = FormState::<ChangeEmail>::of("change_email");
    let error = Signal::derive(move || form.error());
    view! {
        <section class="card" aria-labelledby="email-title">
            <PostForm state=form>
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="email-title">"Change your email address"</h2>
                        <p class="card__text">
                            "We mail a link to the new address, and word of it to the one you have."
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
                    <p>"It counts once the link was used."</p>
                    <Submit busy=form.busy()>"Send the link"</Submit>
                </div>
            </PostForm>
        </section>
    }
}
