//! Account Settings: each tab its own address.

pub mod tokens;

use leptos::prelude::*;

use crate::parts::layout::{Page, Tabs};

const TABS: &[(&str, &str)] = &[("/settings/api", "API"), ("/settings/mcp", "MCP")];

/// A tab of Account Settings; `here` is its address.
#[component]
fn SettingsPage(here: &'static str, tab: &'static str, children: Children) -> impl IntoView {
    view! {
        <Page title="Account settings" section="settings" tab>
            <Tabs label="Account settings" tabs=TABS current=here />
            {children()}
        </Page>
    }
}
