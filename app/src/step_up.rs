//! "Confirm it’s you": a field of the very form whose operation asks for it, so that nothing typed is
//! lost and the operation continues by itself.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::error::AppError;
use crate::{
    boot::viewer,
    error::{AppError as Refusal, Code},
    parts::field::Field,
};

/// The user signed in, who has shown a password or a code within the last ten minutes, or shows
/// one now. Their cookie changes then.
///
/// # Errors
/// `step_up_required` beside the field `confirmation`, and those of being signed in.
#[cfg(feature = "ssr")]
pub async fn confirmed(
    confirmation: Option<String>,
) -> Result<accounts::sessions::SignedIn, AppError> {
    use accounts::{
        secret::Secret,
        step_up::{confirm, is_needed},
    };

    use crate::context::{curfew, now, set_cookie, signed_in, visit};

    let (curfew, mut me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let instance = &curfew.instance;
    if !is_needed(&me, &instance.limits, now) {
        return Ok(me);
    }
    let shown = Secret::new(confirmation.unwrap_or_default());
    if shown.expose().is_empty() {
        return Err(AppError::step_up(if me.user.two_factor_since.is_some() {
            "Enter your password, or a code from your authenticator app."
        } else {
            "Enter your password."
        }));
    }
    let session = confirm(instance, &visit.client, now, &me, &shown).await?;
    set_cookie(&curfew.cookies.session(&session.token));
    me.confirmed_at = Some(now.at);
    Ok(me)
}

/// The field, there when the operation asks for it: known when the page was drawn, or told by its refusal.
#[component]
pub fn Confirmation(#[prop(into)] error: Signal<Option<Refusal>>) -> impl IntoView {
    let viewer = viewer();
    let asked = viewer.as_ref().is_some_and(|v| v.confirm);
    let two_factor = viewer.as_ref().is_some_and(|v| v.two_factor.is_some());
    let email = viewer.map(|v| v.email).unwrap_or_default();
    let refused =
        move || error.with(|e| e.as_ref().is_some_and(|e| e.code == Code::StepUpRequired));
    // Once asked for it stays, whatever else is wrong with the form.
    let shown = Memo::new(move |before: Option<&bool>| asked || refused() || before == Some(&true));
    let why =
        Signal::derive(move || error.with(|e| e.as_ref()?.fields.get("confirmation").cloned()));
    view! {
        <div class="confirmation" hidden=move || !shown.get()>
            // Password managers look for whose password it is.
            <input type="text" autocomplete="username" value=email readonly hidden />
            <Field
                name="confirmation"
                label="Confirm it’s you"
                kind="password"
                autocomplete="current-password"
                hint=if two_factor {
                    "Your password, or the 6 digits from your authenticator app. We ask because this change is sensitive."
                } else {
                    "Your password. We ask because this change is sensitive."
                }
                error=why
            />
        </div>
    }
}
