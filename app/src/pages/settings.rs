//! Account Settings: six tabs, each its own address, shown by role.

#[cfg(feature = "ssr")]
pub mod applications;
#[cfg(feature = "ssr")]
pub mod audit_log;
#[cfg(feature = "ssr")]
mod general;
#[cfg(feature = "ssr")]
mod members;
#[cfg(feature = "ssr")]
mod plain_pages;
pub mod tokens;

#[cfg(feature = "ssr")]
pub use plain_pages::*;

#[cfg(feature = "ssr")]
use accounts::permissions::Permission;
use leptos::prelude::*;

use crate::{
    boot::viewer,
    parts::layout::{Page, Tabs},
};

/// Every tab: its address, its label, and the permission that shows it.
#[cfg(feature = "ssr")]
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

/// A tab of Account Settings; `here` is its address.
#[component]
pub fn SettingsPage(here: &'static str, tab: &'static str, children: Children) -> impl IntoView {
    let tabs = viewer().map(|v| v.settings).unwrap_or_default();
    view! {
        <Page title="Account settings" section="settings" tab>
            {(!tabs.is_empty()).then(|| view! { <Tabs label="Account settings" tabs current=here /> })}
            {children()}
        </Page>
    }
}
