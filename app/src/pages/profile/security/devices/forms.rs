//! What you may do to your devices: sign out the others, and rename or sign out one. Folded away: opening it is the
//! first step, the button the second.

use accounts::{
    sessions::{self, LONGEST_NAME},
    text::visible,
};
use leptos::prelude::*;

use super::super::page_request::{PageRequest, field_error};
use crate::{counted::counted, parts::form_fields::FormFields};

/// The device that a form is about.
pub(super) struct Target<'a> {
    pub id: &'a str,
    pub remembered_only: bool,
    pub this: bool,
    /// The name that the user gave it.
    pub label: Option<&'a str>,
    /// What it is called on the page.
    pub name: &'a str,
}

/// Signs out every other device.
pub(super) fn end_others(open: &sessions::Facts, request: &PageRequest) -> impl IntoView + use<> {
    let form = "end_other_sessions";
    let refused = request.confirmation_error(form).is_some();
    let field = request.confirmation_field(form);
    let sessions = counted(
        (open.sessions - 1).max(0).unsigned_abs(),
        "other session",
        "other sessions",
    );
    view! {
        <details class="fold fold--end" open=refused>
            <summary class="button button--small button--danger-quiet">"Sign out all others"</summary>
            <form class="fold__panel" method="post" action="/api/fn/end_other_sessions">
                <FormFields />
                <p>
                    {format!(
                        "This ends {sessions} and forgets every remembered device except this one. You stay signed in here.",
                    )}
                </p>
                {field}
                <button class="button button--danger">"Sign out all other devices"</button>
            </form>
        </details>
    }
}

/// Renames a device or signs it out.
pub(super) fn manage(device: &Target<'_>, request: &PageRequest) -> impl IntoView + use<> {
    let unconfirmed = request.confirmation_error(device.id).is_some();
    let confirmation = request.confirmation_field(device.id);
    let (id, name) = (device.id.to_owned(), device.name.to_owned());
    let field = format!("label-{id}");
    let error_id = format!("{field}-error");
    let refused = request
        .refused("rename_device")
        .filter(|refused| refused.typed.get("id").is_some_and(|id| id == device.id));
    let error = refused.and_then(|refused| refused.error.fields.get("label").cloned());
    let typed = refused.and_then(|refused| refused.typed.get("label"));
    let value = match typed {
        Some(typed) => typed.to_owned(),
        None => visible(device.label.unwrap_or_default()).into_owned(),
    };
    let wrong = error.is_some();
    let kind = device.remembered_only.then_some("remembered");
    let hidden = move |id: String| {
        view! {
            <input type="hidden" name="id" value=id />
            {kind.map(|kind| view! { <input type="hidden" name="kind" value=kind /> })}
        }
    };
    let this = device.this;
    let words = if this { "Rename" } else { "Rename or sign out" };
    let end = (!this).then(|| {
        view! {
            <form class="fold__panel" method="post" action="/api/fn/end_session">
                <FormFields />
                {hidden(id.clone())}
                <p>"This signs the device out and forgets it. It can’t be undone."</p>
                {confirmation}
                <button class="button button--danger">
                    "Sign out" <span class="visually-hidden">" "{name.clone()}</span>
                </button>
            </form>
        }
    });
    view! {
        <details class="fold device__manage" open=wrong || unconfirmed>
            <summary class="button button--small button--quiet">
                {words} <span class="visually-hidden">" "{name.clone()}</span>
            </summary>
            <form class="fold__panel" method="post" action="/api/fn/rename_device">
                <FormFields />
                {hidden(id.clone())}
                <div class="field">
                    <label class="field__label" for=field.clone()>
                        "Name" <span class="visually-hidden">" of "{name.clone()}</span>
                    </label>
                    {field_error(error, error_id.clone())}
                    <input
                        class="input"
                        id=field.clone()
                        name="label"
                        value=value
                        maxlength=LONGEST_NAME.to_string()
                        autocomplete="off"
                        aria-invalid=wrong.then_some("true")
                        aria-describedby=wrong.then_some(error_id)
                    />
                </div>
                <button class="button">"Save name"</button>
            </form>
            {end}
        </details>
    }
}
