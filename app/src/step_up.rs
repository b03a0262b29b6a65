//! "Confirm it’s you": a field of the very form whose operation asks for it, so that nothing typed is
//! lost and the operation continues by itself.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::error::AppError;
use crate::{
    boot::viewer,
    error::{AppError as Refusal, Code},
    parts::field::{Field, WhosePassword},
};

/// The user signed in, of whom the server has asked a password or a code where its list of addresses says so.
/// `confirmation` is among a function's fields so that the page's script sends it.
///
/// # Errors
/// `step_up_required` beside the field `confirmation`, and those of being signed in.
#[cfg(feature = "ssr")]
pub fn confirmed(confirmation: Option<String>) -> Result<accounts::sessions::SignedIn, AppError> {
    use crate::context::{curfew, now, signed_in};

    drop(confirmation);
    let (curfew, me) = (curfew()?, signed_in()?);
    if accounts::step_up::is_needed(&me, &curfew.instance.limits, now()) {
        return Err(AppError::step_up(ask(&me)));
    }
    Ok(me)
}

/// What the field asks for.
#[cfg(feature = "ssr")]
#[must_use]
pub fn ask(me: &accounts::sessions::SignedIn) -> &'static str {
    if me.user.two_factor_since.is_some() {
        "Enter your password, or a code from your authenticator app."
    } else {
        "Enter your password."
    }
}

/// What a field asks for that takes no password.
#[cfg(feature = "ssr")]
pub const CODE: &str = "Enter a code from your authenticator app.";

/// Why what was shown is not good enough: no code is spoken of where there is none.
#[cfg(feature = "ssr")]
#[must_use]
pub fn wrong(me: &accounts::sessions::SignedIn) -> &'static str {
    if me.user.two_factor_since.is_some() {
        "That’s neither your password nor a valid code."
    } else {
        "That isn’t your password."
    }
}

/// The field, there when the operation asks for it: known when the page was drawn, or told by its refusal. `label` is for
/// a page whose heading says "Confirm it’s you" already.
#[component]
pub fn Confirmation(
    #[prop(into)] error: Signal<Option<Refusal>>,
    #[prop(default = "Confirm it’s you")] label: &'static str,
    /// Where several forms of the page ask for it.
    #[prop(optional, into)]
    id: Option<String>,
    /// Not there before the operation was refused for it: for a list, where every row would have one. Without script
    /// `/profile/confirm` asks.
    #[prop(optional)]
    only_once_asked: bool,
) -> impl IntoView {
    let viewer = viewer();
    let asked = !only_once_asked && viewer.as_ref().is_some_and(|v| v.confirm);
    let two_factor = viewer.as_ref().is_some_and(|v| v.two_factor.is_some());
    let email = viewer.map(|v| v.email).unwrap_or_default();
    let refused =
        move || error.with(|e| e.as_ref().is_some_and(|e| e.code == Code::StepUpRequired));
    // Once asked for it stays, whatever else is wrong with the form.
    let shown = Memo::new(move |before: Option<&bool>| asked || refused() || before == Some(&true));
    let why =
        Signal::derive(move || error.with(|e| e.as_ref()?.fields.get("confirmation").cloned()));
    let id = id.unwrap_or_else(|| "confirmation".to_owned());
    if only_once_asked {
        take_focus(id.clone(), shown);
    }
    let hint = if two_factor {
        "Your password, or the 6 digits from your authenticator app. We ask because this change is sensitive."
    } else {
        "Your password. We ask because this change is sensitive."
    };
    move || {
        let (id, email) = (id.clone(), email.clone());
        shown.get().then(|| {
            view! {
                <div class="confirmation">
                    <WhosePassword email />
                    <Field
                        name="confirmation"
                        id
                        label=label
                        kind="password"
                        autocomplete="current-password"
                        hint=hint
                        error=why
                    />
                </div>
            }
        })
    }
}

/// The field appears away from the button that was pressed: it takes the focus, so that what is asked is heard and answered.
fn take_focus(id: String, shown: Memo<bool>) {
    Effect::new(move |before: Option<bool>| {
        let shown = shown.get();
        if shown && before == Some(false) {
            #[cfg(feature = "hydrate")]
            crate::hydrate::focus(id.clone());
            #[cfg(not(feature = "hydrate"))]
            let _ = &id;
        }
        shown
    });
}
