//! `/confirm-email`: the link that was mailed to a new address. Looking changes nothing; the button does.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{link_expired::LinkExpired, password::email_link_is_valid};
use crate::{
    error::AppError,
    pages::loaded,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        form::{FormState, PostForm},
        layout::Narrow,
    },
};

/// Changes the email address with the token of a emailed link. Signs nobody in or out.
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
        context::{Presence, curfew, leave, now, visit},
        flash::{Done, Flash},
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let token = Token::presented(&token).ok_or(ChangeEmailError::Expired)?;
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    confirm(&mut tx, &token, &visit.client, now()).await?;
    tx.commit().await.map_err(database)?;
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
    let stands = Resource::new_blocking(
        || (),
        move |()| email_link_is_valid("change_email".into(), asked.clone()),
    );
    view! {
        <Narrow title="Confirm your email address">
            {loaded(stands, move |stands| {
                let token = token.clone();
                if stands {
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
                    <p class="card__text">"Your account uses the new address from then on: you sign in with it."</p>
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
