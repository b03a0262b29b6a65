//! Profile: four tabs, each its own address.

pub mod about;
#[cfg(feature = "ssr")]
pub mod confirm;
#[cfg(feature = "ssr")]
pub mod delete;
pub mod login;
#[cfg(feature = "ssr")]
mod others_ended;
pub mod password;
pub mod security;
pub mod two_factor;

#[cfg(feature = "ssr")]
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::parts::layout::{Page, Tabs};

#[cfg(feature = "ssr")]
const TABS: &[(&str, &str)] = &[
    ("/profile", "Profile"),
    ("/profile/login", "Login"),
    ("/profile/password", "Password"),
    ("/profile/security", "Security"),
];

/// A tab of Profile; `here` is its address.
#[cfg(feature = "ssr")]
#[component]
fn ProfilePage(here: &'static str, title: &'static str, children: Children) -> impl IntoView {
    let tabs = TABS
        .iter()
        .map(|&(address, label)| (address.to_owned(), label.to_owned()))
        .collect();
    view! {
        <Page title="Profile" section="profile" tab=title>
            <Tabs label="Profile" tabs=tabs current=here />
            {children()}
        </Page>
    }
}
