//! What a form that calls a server function remembers: its error and what was typed, whether it was
//! sent by script or without.

use leptos::{
    prelude::*,
    server_fn::{Http, ServerFn, client::Client, codec::PostUrl, request::ClientReq},
};
use serde::de::DeserializeOwned;

use super::{
    error_summary::ErrorSummary,
    form_fields::{AboutUser, OnPage},
};
use crate::{
    boot::boot,
    error::AppError,
    flash::{Flash, Refused},
};

/// What was wrong with a form that was sent without script, and what was typed.
#[derive(Clone, Default)]
pub struct Sent(Option<Refused>);

impl Sent {
    /// Of the form that calls one of these functions.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        match boot().flash {
            Some(Flash::Form(refused)) if names.contains(&refused.form.as_str()) => {
                Self(Some(refused))
            }
            _ => Self(None),
        }
    }

    /// Why it was refused.
    #[must_use]
    pub fn error(&self) -> Option<AppError> {
        self.0.as_ref().map(|refused| refused.error.clone())
    }

    /// What is wrong with one field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.error.fields.get(name).cloned()
    }

    /// What was typed into a field; `otherwise` when the form is new.
    #[must_use]
    pub fn typed(&self, name: &str, otherwise: &str) -> String {
        self.0
            .as_ref()
            .and_then(|refused| refused.typed.get(name).cloned())
            .unwrap_or_else(|| otherwise.to_owned())
    }

    /// Whether a box was ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|refused| refused.typed.contains_key(name))
    }

    /// The summary above the form.
    pub fn summary(&self) -> impl IntoView + use<> {
        let error = self.error();
        view! { <ErrorSummary error=Signal::derive(move || error.clone()) /> }
    }
}

/// A form's state. Copy, so that closures may have it.
pub struct FormState<S: ServerFn<Output = (), Error = AppError> + Send + Sync + Clone + 'static> {
    pub action: ServerAction<S>,
    sent: StoredValue<Sent>,
}

#[expect(
    clippy::expl_impl_clone_on_copy,
    reason = "deriving would ask the server function to be Copy"
)]
impl<S: ServerFn<Output = (), Error = AppError> + Send + Sync + Clone + 'static> Clone
    for FormState<S>
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: ServerFn<Output = (), Error = AppError> + Send + Sync + Clone + 'static> Copy
    for FormState<S>
{
}

impl<S> FormState<S>
where
    S: ServerFn<Output = (), Error = AppError> + Send + Sync + Clone + DeserializeOwned + 'static,
{
    /// The state of the form that calls the server function `name`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self {
            action: ServerAction::new(),
            sent: StoredValue::new(Sent::of(&[name])),
        }
    }

    /// Why the form was refused the last time.
    pub fn error(self) -> Option<AppError> {
        match self.action.value().get() {
            Some(Err(error)) => Some(error),
            Some(Ok(())) => None,
            // Not sent by script yet: what came with the page.
            None => self.sent.with_value(Sent::error),
        }
    }

    /// What is wrong with one field.
    pub fn field_error(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.error()?.fields.get(name).cloned())
    }

    /// What was typed into a field the last time; `otherwise` when the form is new.
    pub fn typed(self, name: &str, otherwise: &str) -> String {
        self.sent.with_value(|sent| sent.typed(name, otherwise))
    }

    /// Whether a box was ticked the last time.
    pub fn ticked(self, name: &str) -> bool {
        self.sent.with_value(|sent| sent.ticked(name))
    }

    /// Whether it is on its way.
    pub fn busy(self) -> Signal<bool> {
        self.action.pending().into()
    }
}

/// A `<form>` that is sent by script once the page is live, and by the browser before. Its fields
/// keep what was typed either way.
#[component]
pub fn PostForm<S, O>(
    state: FormState<S>,
    #[prop(optional)] class: &'static str,
    /// It says itself whom it is about.
    #[prop(optional)]
    names_user: bool,
    children: Children,
) -> impl IntoView
where
    S: ServerFn<Output = (), Error = AppError, Protocol = Http<PostUrl, O>>
        + Send
        + Sync
        + Clone
        + DeserializeOwned
        + 'static,
    S::Client: Client<AppError>,
    <<S::Client as Client<AppError>>::Request as ClientReq<AppError>>::FormData:
        From<leptos::web_sys::FormData>,
{
    Effect::new(move |_| {
        if let Some(Err(error)) = state.action.value().get()
            && error.is_signed_out()
        {
            leave_for_sign_in();
        }
    });
    view! {
        <ActionForm action=state.action attr:class=class attr:novalidate="">
            <OnPage />
            {(!names_user).then(|| view! { <AboutUser /> })}
            {children()}
        </ActionForm>
    }
}

/// The session has ended: to the sign-in page, which says why, and afterwards back here.
pub fn leave_for_sign_in() {
    #[cfg(feature = "hydrate")]
    crate::hydrate::leave_for_sign_in();
}
