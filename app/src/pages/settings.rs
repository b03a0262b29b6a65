//! Account Settings: five tabs, each its own address, shown by role.

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

use leptos::prelude::*;

use crate::{
    boot::viewer,
    parts::layout::{Page, Tabs},
};

/// Every tab. Who sees which, `accounts::permissions` says.
#[cfg(feature = "ssr")]
pub(crate) const TABS: &[(&str, &str)] = &[
    ("/settings", "General"),
    ("/settings/members", "Members"),
    ("/settings/api", "API"),
    ("/settings/mcp", "MCP"),
    ("/settings/audit-log", "Audit log"),
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

/// Why an operation to a member or the account was refused. A dead session is told how it ended.
#[cfg(feature = "ssr")]
pub(crate) async fn refused(
    error: impl Into<accounts::members::MemberError>,
) -> crate::error::AppError {
    use accounts::members::MemberError;

    match error.into() {
        MemberError::Ended => crate::remote_logout::ended_meanwhile()
            .await
            .unwrap_or_else(|error| error),
        other => other.into(),
    }
}
