//! What a form that calls a server function remembers: its error and what was typed, whether it was
//! sent by script or without.

use leptos::{
    prelude::*,
    server_fn::{Http, ServerFn, client::Client, codec::PostUrl, request::ClientReq},
};
use serde::de::DeserializeOwned;

use crate::{
    boot::boot,
    error::AppError,
    flash::{Flash, Refused},
};

/// A form's state. Copy, so that closures may have it.
pub struct FormState<S: ServerFn<Output = (), Error = AppError> + Send + Sync + Clone + 'static> {
    pub action: ServerAction<S>,
    refused: StoredValue<Option<Refused>>,
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
        let refused = match boot().flash {
            Some(Flash::Form(refused)) if refused.form == name => Some(refused),
            _ => None,
        };
        Self {
            action: ServerAction::new(),
            refused: StoredValue::new(refused),
        }
    }

    /// Why the form was refused the last time.
    pub fn error(self) -> Option<AppError> {
        match self.action.value().get() {
            Some(Err(error)) => Some(error),
            Some(Ok(())) => None,
            // Not sent by script yet: what came with the page.
            None => self
                .refused
                .with_value(|r| r.as_ref().map(|r| r.error.clone())),
        }
    }

    /// What is wrong with one field.
    pub fn field_error(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.error()?.fields.get(name).cloned())
    }

    /// What was typed into a field the last time; `otherwise` when the form is new.
    pub fn typed(self, name: &str, otherwise: &str) -> String {
        self.refused
            .with_value(|r| r.as_ref()?.typed.get(name).cloned())
            .unwrap_or_else(|| otherwise.to_owned())
    }

    /// Whether a box was ticked the last time.
    pub fn ticked(self, name: &str) -> bool {
        self.refused
            .with_value(|r| r.as_ref().is_some_and(|r| r.typed.contains_key(name)))
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
            {children()}
        </ActionForm>
    }
}

/// The session has ended: to the sign-in page, which says why, and afterwards back here.
pub fn leave_for_sign_in() {
    #[cfg(feature = "hydrate")]
    crate::hydrate::leave_for_sign_in();
}
