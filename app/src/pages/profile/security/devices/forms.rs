//! What you may do to your devices: sign out the others, and rename or sign out one. Signing out all others takes two
//! steps, opening it and the button; signing out one takes a single click.

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

/// Gives a device a name, or takes it away: folded away, because it is seldom wanted.
#[component]
pub(super) fn Rename(device: Device, name: Memo<String>) -> impl IntoView {
    let rename = FormState::<RenameDevice>::about("rename_device", &device.id);
    let id = format!("rename-{}-label", device.id);
    let label = device.label.clone().unwrap_or_default();
    view! {
        <details class="fold device__rename" open=rename.was_sent()>
            <summary class="button button--small button--quiet">
                "Rename" <span class="visually-hidden">" "{name}</span>
            </summary>
            <PostForm state=rename class="fold__panel">
                <Which device />
                <ErrorSummary error=rename.answered() />
                <Field
                    id
                    name="label"
                    label="Name"
                    of=name
                    value=rename.typed("label", &label)
                    error=rename.field_error("label")
                />
                <Submit look="" busy=rename.busy()>"Save name"</Submit>
            </PostForm>
        </details>
    }
}

/// Signs a device out and forgets it, with one click. Where a password or a code is asked for, its field appears below.
#[component]
pub(super) fn End(device: Device, name: Memo<String>) -> impl IntoView {
    let end = FormState::<EndSession>::about("end_session", &device.id);
    let error = Signal::derive(move || end.error());
    let id = format!("end-{}-confirmation", device.id);
    view! {
        <PostForm state=end class="device__end">
            <Which device />
            <Submit look="button--small button--danger-quiet" busy=end.busy()>
                "Sign out" <span class="visually-hidden">" "{name}</span>
            </Submit>
            <div class="device__asked">
                <ErrorSummary error=end.answered() />
                <Confirmation error id only_once_asked=true />
            </div>
        </PostForm>
    }
}

/// Which device a form is about.
#[component]
fn Which(device: Device) -> impl IntoView {
    let kind = device.remembered_only.then_some("remembered");
    view! {
        <input type="hidden" name="id" value=device.id />
        {kind.map(|kind| view! { <input type="hidden" name="kind" value=kind /> })}
    }
}
