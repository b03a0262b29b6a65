//! `/profile/password`: a new password, and remote logout.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::ProfilePage;
use crate::{
    boot::{boot, viewer},
    error::AppError,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::{Field, WhosePassword},
        form::{FormState, PostForm},
    },
    time::{Show, When},
};
#[cfg(feature = "ssr")]
use crate::{
    counted::others_ended,
    flash::{Done, Flash},
    parts::notice::{Notice, Tone},
    remote_logout::{Place, RemoteLogout},
};

/// Changes the password of the user signed in. Every other session ends, and all remembered devices.
///
/// # Errors
/// `validation_failed`, `too_many_attempts`, `conflict`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "change_password")]
pub async fn change_password(
    current_password: String,
    new_password: String,
    for_user: Option<String>,
) -> Result<(), AppError> {
    use accounts::{
        change_password::{PasswordChange, change_password},
        secret::Secret,
    };

    use crate::{
        context::{curfew, leave, now, set_cookie, signed_in, visit},
        cookies::Kind,
        pages::profile::others_ended::others_of,
    };

    drop(for_user);
    let (curfew, me, visit) = (curfew()?, signed_in()?, visit()?);
    let (current, new) = (Secret::new(current_password), Secret::new(new_password));
    let change = PasswordChange {
        current: &current,
        new: &new,
    };
    let changed = change_password(&curfew.instance, &visit.client, now(), &me, change).await?;
    set_cookie(&curfew.cookies.session(&changed.session.token));
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    let ended = others_of(&me.user.id, &changed).await;
    leave(&Flash::Done(Done::PasswordChanged(ended)))?;
    leptos_axum::redirect("/profile/password");
    Ok(())
}

#[cfg(feature = "ssr")]
#[component]
pub fn Password() -> impl IntoView {
    viewer().map(|_| {
        view! {
            <ProfilePage here="/profile/password" title="Password">
                {boot().flash.map(|flash| view! { <Changed flash /> })}
                <section class="card" aria-labelledby="password-title" translate="no">
                    <PasswordForm />
                </section>
                <RemoteLogout from=Place::Password />
            </ProfilePage>
        }
    })
}

/// The form for a new password.
#[island]
fn PasswordForm() -> impl IntoView {
    let form = FormState::<ChangePassword>::of("change_password");
    let shortest = boot().password_min;
    viewer().map(|viewer| {
        view! {
            <PostForm state=form>
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="password-title">"Change your password"</h2>
                        <p class="card__text">
                            "Last changed " <When at=viewer.password_changed show=Show::Ago />
                            ". Changing it signs out all your other devices."
                        </p>
                    </div>
                    <ErrorSummary error=Signal::derive(move || form.error()) />
                    <div class="form">
                        // Password managers look for whose password it is.
                        <WhosePassword email=viewer.email />
                        <Field
                            name="current_password"
                            label="Current password"
                            kind="password"
                            autocomplete="current-password"
                            error=form.field_error("current_password")
                        />
                        <Field
                            name="new_password"
                            label="New password"
                            kind="password"
                            autocomplete="new-password"
                            hint=format!("At least {shortest} characters. A few unrelated words work well.")
                            error=form.field_error("new_password")
                        />
                    </div>
                </div>
                <div class="card__footer">
                    <p>"All other sessions, all remembered devices and your sign-ins at applications will end."</p>
                    <Submit busy=form.busy()>"Change password"</Submit>
                </div>
            </PostForm>
        }
    })
}

#[cfg(feature = "ssr")]
#[component]
fn Changed(flash: Flash) -> impl IntoView {
    let Flash::Done(Done::PasswordChanged(ended)) = flash else {
        return ().into_any();
    };
    let text = others_ended(ended);
    view! { <Notice tone=Tone::Success title="Your password has been changed" text /> }.into_any()
}
