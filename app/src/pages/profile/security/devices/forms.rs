//! What you may do to your devices: sign out the others, and rename or sign out one. Folded away: opening it is the
//! first step, the button the second.

use leptos::prelude::*;

use super::{
    super::functions::{EndOtherSessions, EndSession, RenameDevice},
    Device, DeviceList,
};
use crate::{
    counted::counted,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        field::Field,
        form::{FormState, PostForm},
        form_fields::About,
    },
    step_up::Confirmation,
};

/// Signs out every other device.
#[component]
pub(super) fn EndOthers(list: ReadSignal<DeviceList>) -> impl IntoView {
    let form = FormState::<EndOtherSessions>::of("end_other_sessions");
    let error = Signal::derive(move || form.error());
    let text = move || {
        let sessions =
            list.with(|list| counted(list.other_sessions, "other session", "other sessions"));
        format!(
            "This ends {sessions} and forgets every remembered device except this one. You stay signed in here."
        )
    };
    let about = Memo::new(move |_| list.with(|list| (list.user.clone(), list.epoch)));
    view! {
        <details class="fold fold--end" open=form.was_sent()>
            <summary class="button button--small button--danger-quiet">"Sign out all others"</summary>
            <PostForm state=form class="fold__panel" names_user=true>
                {move || {
                    let (user, epoch) = about.get();
                    view! { <About user epoch /> }
                }}
                <p>{text}</p>
                <ErrorSummary error=form.answered() />
                <Confirmation error id="end_other_sessions-confirmation" />
                <Submit look="button--danger" busy=form.busy()>"Sign out all other devices"</Submit>
            </PostForm>
        </details>
    }
}

/// Renames a device or signs it out.
#[component]
pub(super) fn Manage(device: Device, name: Memo<String>) -> impl IntoView {
    let id = device.id.clone();
    let rename = FormState::<RenameDevice>::about("rename_device", &id);
    let end = FormState::<EndSession>::about("end_session", &id);
    let error = Signal::derive(move || end.error());
    let kind = device.remembered_only.then_some("remembered");
    let hidden = move |id: String| {
        view! {
            <input type="hidden" name="id" value=id />
            {kind.map(|kind| view! { <input type="hidden" name="kind" value=kind /> })}
        }
    };
    let (of_this_form, of_the_other) = (hidden(id.clone()), hidden(id.clone()));
    let this = device.this;
    let words = if this { "Rename" } else { "Rename or sign out" };
    let label = device.label.unwrap_or_default();
    let (of_rename, of_end) = (format!("rename-{id}"), format!("end-{id}"));
    view! {
        <details class="fold device__manage" open=rename.was_sent() || end.was_sent()>
            <summary class="button button--small button--quiet">
                {words} <span class="visually-hidden">" "{name}</span>
            </summary>
            <PostForm state=rename class="fold__panel">
                {of_this_form}
                <ErrorSummary error=rename.answered() />
                <Field
                    id=format!("{of_rename}-label")
                    name="label"
                    label="Name"
                    of=name
                    value=rename.typed("label", &label)
                    error=rename.field_error("label")
                />
                <Submit look="" busy=rename.busy()>"Save name"</Submit>
            </PostForm>
            {(!this)
                .then(|| {
                    view! {
                        <PostForm state=end class="fold__panel">
                            {of_the_other}
                            <p>"This signs the device out and forgets it. It can’t be undone."</p>
                            <ErrorSummary error=end.answered() />
                            <Confirmation error id=format!("{of_end}-confirmation") />
                            <Submit look="button--danger" busy=end.busy()>
                                "Sign out" <span class="visually-hidden">" "{name}</span>
                            </Submit>
                        </PostForm>
                    }
                })}
        </details>
    }
}
