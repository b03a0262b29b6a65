//! The frames of the pages of Settings.

use leptos::prelude::*;

use super::{SettingsPage, applications, audit_log, general, members};
use crate::{
    error::AppError,
    parts::{layout::Narrow, loaded::awaited},
};

fn tab<F>(
    here: &'static str,
    tab: &'static str,
    draw: impl Fn() -> F + Send + Sync + 'static,
) -> impl IntoView
where
    F: Future<Output = Result<AnyView, AppError>> + Send + 'static,
{
    view! {
        <SettingsPage here tab>
            {awaited(draw)}
        </SettingsPage>
    }
}

fn question<F>(title: &'static str, draw: impl Fn() -> F + Send + Sync + 'static) -> impl IntoView
where
    F: Future<Output = Result<AnyView, AppError>> + Send + 'static,
{
    view! {
        <Narrow title wide=true>
            {awaited(draw)}
        </Narrow>
    }
}

#[component]
pub fn General() -> impl IntoView {
    tab("/settings", "General", general::draw)
}

#[component]
pub fn Plan() -> impl IntoView {
    question("Change the plan?", general::plan::draw)
}

#[component]
pub fn Members() -> impl IntoView {
    tab("/settings/members", "Members", members::draw)
}

#[component]
pub fn ConfirmMember() -> impl IntoView {
    question("Are you sure?", members::confirm::draw)
}

#[component]
pub fn Everyone() -> impl IntoView {
    question("Log everyone out?", members::everyone::draw)
}

#[component]
pub fn SecondFactor() -> impl IntoView {
    question("Second factor for everyone", members::second_factor::draw)
}

#[component]
pub fn AuditLog() -> impl IntoView {
    tab("/settings/audit-log", "Audit log", audit_log::draw)
}

#[component]
pub fn Webhook() -> impl IntoView {
    tab("/settings/audit-log", "Webhook", audit_log::webhook::draw)
}

#[component]
pub fn Applications() -> impl IntoView {
    tab("/settings/applications", "Applications", applications::draw)
}

#[component]
pub fn NewApplication() -> impl IntoView {
    tab(
        "/settings/applications",
        "New application",
        applications::new::draw,
    )
}

#[component]
pub fn Application() -> impl IntoView {
    tab(
        "/settings/applications",
        "Application",
        applications::one::draw,
    )
}

#[component]
pub fn RemoveApplication() -> impl IntoView {
    question("Remove the application?", applications::remove::draw)
}
