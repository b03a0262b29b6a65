//! `/profile`: name and username.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::ProfilePage;
#[cfg(feature = "ssr")]
use crate::{
    boot::boot,
    flash::{Done, Flash},
    parts::{
        link::Link,
        notice::{Notice, Tone},
    },
    theme::{Theme, ThemeCard},
};
use crate::{
    boot::viewer,
    error::AppError,
    parts::{
        avatar::Avatar,
        button::Submit,
        error_summary::ErrorSummary,
        field::Field,
        form::{FormState, PostForm},
    },
};

/// Changes the name and the username of the user signed in.
///
/// # Errors
/// `validation_failed`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "update_profile")]
pub async fn update_profile(
    name: String,
    username: Option<String>,
    for_user: Option<String>,
) -> Result<(), AppError> {
    use accounts::profile::update_profile;

    use crate::context::{leave, operation, signed_in};

    drop(for_user);
    let me = signed_in()?;
    let mut op = operation().await?;
    let username = username.unwrap_or_default();
    update_profile(&mut op, &me, &name, &username).await?;
    op.commit().await?;
    leave(&Flash::Done(Done::ProfileSaved))?;
    leptos_axum::redirect("/profile");
    Ok(())
}

#[cfg(feature = "ssr")]
#[component]
pub fn About() -> impl IntoView {
    let saved = boot().flash == Some(Flash::Done(Done::ProfileSaved));
    viewer().map(|_| {
        view! {
            <ProfilePage here="/profile" title="Profile">
                {saved.then(|| view! { <Notice tone=Tone::Success title="Saved" /> })}
                <section class="card" aria-labelledby="about-title" translate="no">
                    <AboutForm />
                </section>
                <ThemeCard chosen=Theme::chosen() />
                <section class="card" aria-labelledby="delete-title">
                    <div class="card__footer">
                        <div>
                            <h2 class="card__title" id="delete-title">"Delete your account"</h2>
                            <p class="card__text">"You’ll be asked to confirm before anything happens."</p>
                        </div>
                        <Link class="button button--danger-quiet" href="/profile/delete">"Delete account"</Link>
                    </div>
                </section>
            </ProfilePage>
        }
    })
}

/// Name and username.
#[island]
fn AboutForm() -> impl IntoView {
    let form = FormState::<UpdateProfile>::of("update_profile");
    viewer().map(|viewer| {
        let (name, username) = (
            viewer.name.clone(),
            viewer.username.clone().unwrap_or_default(),
        );
        let (account, role) = (viewer.account.clone(), viewer.role.clone());
        view! {
            <PostForm state=form>
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="about-title">"About you"</h2>
                        <p class="card__text">"How others in your account see you."</p>
                    </div>
                    <div class="user">
                        <Avatar viewer large=true />
                        <div>
                            <p class="user__name">{name.clone()}</p>
                            <p class="user__note">{format!("{role}, {account}")}</p>
                        </div>
                    </div>
                    <ErrorSummary error=Signal::derive(move || form.error()) />
                    <div class="form">
                        <Field
                            name="name"
                            label="Name"
                            autocomplete="name"
                            value=form.typed("name", &name)
                            error=form.field_error("name")
                        />
                        <Field
                            name="username"
                            label="Username"
                            autocomplete="nickname"
                            hint="Optional. 3 to 32 letters, digits, hyphens or underscores."
                            prefix="@"
                            value=form.typed("username", &username)
                            error=form.field_error("username")
                        />
                    </div>
                </div>
                <div class="card__footer">
                    <p>"Your picture is drawn from your initials."</p>
                    <Submit busy=form.busy()>"Save"</Submit>
                </div>
            </PostForm>
        }
    })
}
