//! What a form that calls a server function remembers: its error and what was typed, whether it was
//! sent by script or without.

#[cfg(feature = "hydrate")]
mod send;

use std::marker::PhantomData;

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};

use super::{
    error_summary::ErrorSummary,
    form_fields::{AboutUser, OnPage},
};
use crate::{boot::boot, error::AppError, flash::Refused};

/// What was wrong with a form that was sent without script, and what was typed.
#[derive(Clone, Default)]
pub struct Sent(Option<Refused>);

impl Sent {
    /// Of the form that calls one of these functions.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        let refused = boot().refused_form;
        Self(refused.filter(|refused| names.contains(&refused.form.as_str())))
    }

    /// Of the one among several that is about the thing with this id.
    #[must_use]
    pub fn about(name: &str, id: &str) -> Self {
        let Self(refused) = Self::of(&[name]);
        Self(refused.filter(|refused| refused.typed.get("id").is_some_and(|of| of == id)))
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

/// A form's state. Copy, so that closures may have it. `S` is the server function that the form calls.
pub struct FormState<S> {
    answer: RwSignal<Option<Result<(), AppError>>>,
    busy: RwSignal<bool>,
    sent: StoredValue<Sent>,
    calls: PhantomData<fn() -> S>,
}

// Deriving would ask the server function to be Copy.
impl<S> Clone for FormState<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for FormState<S> {}

impl<S: 'static> FormState<S> {
    /// The state of the form that calls the server function `name`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::new(Sent::of(&[name]))
    }

    /// The state of one of several forms that call the server function `name`: of the one about the thing with this id.
    #[must_use]
    pub fn about(name: &str, id: &str) -> Self {
        Self::new(Sent::about(name, id))
    }

    fn new(sent: Sent) -> Self {
        Self {
            answer: RwSignal::new(None),
            busy: RwSignal::new(false),
            sent: StoredValue::new(sent),
            calls: PhantomData,
        }
    }

    /// Forgets how it went the last time that it was sent by script.
    pub fn clear(self) {
        self.answer.set(None);
    }

    /// Whether it came back with the page, refused.
    pub fn was_sent(self) -> bool {
        self.sent.with_value(|sent| sent.error().is_some())
    }

    /// Whether it was sent by script, and carried out.
    pub fn is_done(self) -> bool {
        self.answer.with(|answer| matches!(answer, Some(Ok(()))))
    }

    /// Why it was refused when it was sent by script.
    pub fn refusal(self) -> Option<AppError> {
        self.answer.with(|answer| answer.clone()?.err())
    }

    /// [`Self::refusal`], unless a field says it. What came with the page is said above all forms.
    pub fn answered(self) -> Signal<Option<AppError>> {
        Signal::derive(move || self.refusal().filter(|error| error.fields.is_empty()))
    }

    /// Why the form was refused the last time.
    pub fn error(self) -> Option<AppError> {
        match self.answer.get() {
            Some(answer) => answer.err(),
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
        self.busy.into()
    }
}

/// A `<form>` that is sent by script where it stands in an island that is alive, and by the browser else: the same fields
/// either way. They keep what was typed.
#[component]
pub fn PostForm<S>(
    state: FormState<S>,
    #[prop(optional)] class: &'static str,
    /// It says itself whom it is about.
    #[prop(optional)]
    names_user: bool,
    children: Children,
) -> impl IntoView
where
    S: ServerFn + 'static,
{
    let FormState { answer, busy, .. } = state;
    post_form(Post { answer, busy }, S::PATH, class, names_user, children)
}

/// What sending a form changes. The same for every server function, so that the browser has the code once.
#[derive(Clone, Copy)]
struct Post {
    answer: RwSignal<Option<Result<(), AppError>>>,
    busy: RwSignal<bool>,
}

fn post_form(
    post: Post,
    address: &'static str,
    class: &'static str,
    names_user: bool,
    children: Children,
) -> impl IntoView {
    Effect::new(move |_| {
        if post
            .answer
            .with(|answer| matches!(answer, Some(Err(error)) if error.is_signed_out()))
        {
            leave_for_sign_in();
        }
    });
    let submit = move |event: SubmitEvent| {
        #[cfg(feature = "hydrate")]
        send::send(&event, post);
        #[cfg(not(feature = "hydrate"))]
        drop((event, post.busy));
    };
    view! {
        <form action=address method="post" class=class novalidate="" on:submit=submit>
            <OnPage />
            {(!names_user).then(|| view! { <AboutUser /> })}
            {children()}
        </form>
    }
}

/// The session has ended: to the sign-in page, which says why, and afterwards back here.
pub fn leave_for_sign_in() {
    #[cfg(feature = "hydrate")]
    crate::hydrate::leave_for_sign_in();
}
