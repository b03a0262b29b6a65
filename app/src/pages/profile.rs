//! Profile: four tabs, each its own address.

pub mod about;
pub mod login;
pub mod password;
pub mod security;
pub mod two_factor;

use leptos::prelude::*;

use crate::parts::layout::{Page, Tabs};

const TABS: &[(&str, &str)] = &[
    ("/profile", "Profile"),
    ("/profile/login", "Login"),
    ("/profile/password", "Password"),
    ("/profile/security", "Security"),
];

/// A tab of Profile; `here` is its address.
#[component]
fn ProfilePage(here: &'static str, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <Page title="Profile" section="profile" tab=title>
            <Tabs label="Profile" tabs=TABS current=here />
            {children()}
        </Page>
    }
}
