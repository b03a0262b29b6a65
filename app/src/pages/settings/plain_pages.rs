//! The pages of Account Settings that are plain HTML.

use leptos::prelude::*;

use super::{SettingsPage, audit_log, general, members};
use crate::{
    drawn_by,
    parts::{
        drawing::{Draw, Drawn},
        layout::Narrow,
    },
};

fn tab(here: &'static str, tab: &'static str, draw: Draw) -> impl IntoView {
    view! {
        <SettingsPage here tab>
            <Drawn draw />
        </SettingsPage>
    }
}

fn question(title: &'static str, draw: Draw) -> impl IntoView {
    view! {
        <Narrow title wide=true>
            <Drawn draw />
        </Narrow>
    }
}

#[component]
pub fn General() -> impl IntoView {
    tab("/settings", "General", drawn_by!(general::draw))
}

#[component]
pub fn Plan() -> impl IntoView {
    question("Change the plan?", drawn_by!(general::plan::draw))
}

#[component]
pub fn Members() -> impl IntoView {
    tab("/settings/members", "Members", drawn_by!(members::draw))
}

#[component]
pub fn ConfirmMember() -> impl IntoView {
    question("Are you sure?", drawn_by!(members::confirm::draw))
}

#[component]
pub fn Everyone() -> impl IntoView {
    question("Log everyone out?", drawn_by!(members::everyone::draw))
}

#[component]
pub fn AuditLog() -> impl IntoView {
    tab(
        "/settings/audit-log",
        "Audit log",
        drawn_by!(audit_log::draw),
    )
}
