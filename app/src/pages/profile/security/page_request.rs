//! What the sections of Profile → Security share: who asks, the form that was refused, and whether an operation here
//! asks for a password or a code first.

use accounts::{
    curfew, curfew_schedule::Curfew, db::DatabaseError, instance::Reader, limits::Limits,
    sessions::SignedIn, step_up, time::Moment,
};
use leptos::prelude::*;

use crate::{
    error::Code,
    flash::Refused,
    parts::{
        field::WhosePassword,
        icon::{Icon, Shape},
    },
};

/// One request for the page.
pub(super) struct PageRequest {
    pub me: SignedIn,
    pub limits: Limits,
    pub now: Moment,
    pub curfews: Curfews,
    /// The form that was refused just now.
    pub refused: Option<Refused>,
}

/// The curfews that end the user's sessions.
pub(super) struct Curfews {
    pub own: Option<Curfew>,
    pub account: Option<Curfew>,
}

impl Curfews {
    pub(super) async fn read(conn: &mut Reader, me: &SignedIn) -> Result<Self, DatabaseError> {
        let (own, account) = curfew::of(conn, &me.user.id).await?;
        Ok(Self { own, account })
    }
}

impl PageRequest {
    /// The refusal, when it is of the form that calls the server function `name`.
    pub(super) fn refused(&self, name: &str) -> Option<&Refused> {
        self.refused.as_ref().filter(|refused| refused.form == name)
    }

    /// Why the password or code given in a form was refused. `form` is the id of the form's device where it has
    /// one, else the name of its server function.
    pub(super) fn confirmation_error(&self, form: &str) -> Option<String> {
        let refused = self.refused.as_ref()?;
        let asked = refused.error.code == Code::StepUpRequired;
        let from = refused.typed.get("id").unwrap_or(&refused.form);
        let why = refused.error.fields.get("confirmation");
        why.filter(|_| asked && from == form).cloned()
    }

    /// The field for a password or a code, where the operation asks for it.
    pub(super) fn confirmation_field(&self, form: &str) -> impl IntoView + use<> {
        let id = format!("confirmation-{form}");
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let error = self.confirmation_error(form);
        let wrong = error.is_some();
        let described = if wrong {
            format!("{error_id} {hint_id}")
        } else {
            hint_id.clone()
        };
        let hint = if self.me.user.two_factor_since.is_some() {
            "Your password, or the 6 digits from your authenticator app."
        } else {
            "Your password."
        };
        step_up::is_needed(&self.me, &self.limits, self.now).then(|| {
            view! {
                <WhosePassword email=self.me.user.email.clone() />
                <div class="field">
                    <label class="field__label" for=id.clone()>"Confirm it’s you"</label>
                    <p class="field__hint" id=hint_id>{hint}</p>
                    {field_error(error, error_id)}
                    <input
                        class="input"
                        type="password"
                        id=id.clone()
                        name="confirmation"
                        autocomplete="current-password"
                        aria-describedby=described
                        aria-invalid=wrong.then_some("true")
                    />
                </div>
            }
        })
    }
}

/// A field's error, where the form was refused.
pub(super) fn field_error(error: Option<String>, id: String) -> impl IntoView {
    error.map(|error| {
        view! {
            <p class="field__error" id=id>
                <Icon shape=Shape::AlertTriangle small=true />
                <span>{error}</span>
            </p>
        }
    })
}
