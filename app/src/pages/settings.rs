//! Settings: six tabs, each its own address, shown by role.

pub mod applications;
pub mod audit_log;
mod general;
mod members;
mod plain_pages;
pub mod tokens;

pub use plain_pages::*;

use accounts::permissions::Permission;
use leptos::prelude::*;

use crate::{
    boot::viewer,
    parts::layout::{Page, Tabs},
};

/// Every tab: its address, its label, and the permission that shows it.
pub(crate) const TABS: &[(&str, &str, Permission)] = &[
    ("/settings", "General", Permission::ViewAccount),
    ("/settings/members", "Members", Permission::ViewMembers),
    (
        "/settings/applications",
        "Applications",
        Permission::ViewApplications,
    ),
    ("/settings/api", "API", Permission::OwnTokens),
    ("/settings/mcp", "MCP", Permission::OwnTokens),
    ("/settings/audit-log", "Audit log", Permission::ReadAuditLog),
];

/// A tab of Settings; `here` is its address.
#[component]
pub fn SettingsPage(here: &'static str, tab: &'static str, children: Children) -> impl IntoView {
    let tabs = viewer().map(|v| v.settings).unwrap_or_default();
    view! {
        <Page title="Settings" section="settings" tab>
            {(!tabs.is_empty()).then(|| view! { <Tabs label="Settings" tabs current=here /> })}
            {children()}
        </Page>
    }
}
