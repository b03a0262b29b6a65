//! `/confirm-email`: the link that was emailed to a new address. Opening it changes nothing; the button does.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{link_expired::LinkExpired, password::email_link_of};
use crate::{
    error::AppError,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        form::{FormState, PostForm},
        layout::Narrow,
        loaded::loaded,
    },
};

/// Changes the email address with the token of an emailed link. Signs no one in or out.
///
/// # Errors
/// `link_expired`, `conflict`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "confirm_email")]
pub async fn confirm_email(token: String) -> Result<(), AppError> {
    use accounts::{
        change_email::{ChangeEmailError, confirm},
        secret::Token,
    };

    use crate::{
        context::{Presence, leave, operation, visit},
        flash::{Done, Flash},
    };

    let visit = visit()?;
    let token = Token::presented(&token).ok_or(ChangeEmailError::Expired)?;
    let mut op = operation().await?;
    confirm(&mut op, &token).await?;
    op.commit().await?;
    leave(&Flash::Done(Done::EmailChanged))?;
    leptos_axum::redirect(match visit.presence {
        Presence::SignedIn(_) => "/profile/login",
        _ => "/sign-in",
    });
    Ok(())
}

#[component]
pub fn ConfirmEmail() -> impl IntoView {
    let token = use_query_map()
        .read_untracked()
        .get("token")
        .unwrap_or_default();
    let asked = token.clone();
    let whose = Resource::new_blocking(
        || (),
        move |()| email_link_of("change_email".into(), asked.clone()),
    );
    view! {
        <Narrow title="Confirm your email address">
            {loaded(whose, move |whose| {
                let token = token.clone();
                if whose.is_some() {
                    view! { <Confirm token /> }.into_any()
                } else {
                    view! { <LinkExpired again="/profile/login" /> }.into_any()
                }
            })}
        </Narrow>
    }
}

#[component]
fn Confirm(token: String) -> impl IntoView {
    let form = FormState::<ConfirmEmail>::of("confirm_email");
    view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div>
                    <h1 class="auth__title">"Confirm your email address"</h1>
                    <p class="card__text">"From then on, you sign in with the new address."</p>
                </div>
                <ErrorSummary error=Signal::derive(move || form.error()) />
                <PostForm state=form class="form">
                    <input type="hidden" name="token" value=token />
                    <div class="form__actions">
                        <Submit look="button--primary button--wide" busy=form.busy()>"Use this address"</Submit>
                    </div>
                </PostForm>
            </div>
        </div>
    }
}
