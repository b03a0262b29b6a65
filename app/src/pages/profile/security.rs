//! `/profile/security`: remote logout, every device you are signed in on, the curfew, recent activity.

pub(crate) mod activity;
#[cfg(feature = "ssr")]
pub(crate) mod applications;
mod asked;
pub mod curfew;
mod curfew_card;
mod devices;
#[cfg(feature = "ssr")]
mod drawing;
pub mod functions;
#[cfg(feature = "ssr")]
mod timeline;

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::{ProfilePage, two_factor::JustDone};
#[cfg(feature = "ssr")]
use crate::{
    boot::viewer,
    parts::{
        link::Link,
        loaded::awaited,
        notice::{Notice, Tone},
    },
    remote_logout::{Place, RemoteLogout},
};
use crate::{devices::Session, error::AppError};

/// The first 500 are shown, because a longer list is of no use to a reader.
#[cfg(feature = "ssr")]
const SHOWN: i64 = 500;

/// The sessions of the user signed in, this one first.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "sessions")]
pub async fn sessions() -> Result<Vec<Session>, AppError> {
    use crate::{
        context::{reader, signed_in},
        devices::listed,
    };

    let me = signed_in()?;
    let mut conn = reader().await?;
    Ok(listed(&mut conn, &me, SHOWN).await?)
}

#[cfg(feature = "ssr")]
#[component]
pub fn Security() -> impl IntoView {
    let asked = asked::Asked::of_page();
    view! {
        <ProfilePage here="/profile/security" title="Security">
            {viewer().is_some_and(|viewer| viewer.owes_second_factor()).then(set_up_first)}
            <RemoteLogout from=Place::Security />
            <JustDone />
            {awaited(move || drawing::drawing(asked.clone()))}
        </ProfilePage>
    }
}

/// Why every other page has led here.
#[cfg(feature = "ssr")]
fn set_up_first() -> impl IntoView {
    let account = viewer().map(|viewer| viewer.account).unwrap_or_default();
    view! {
        <Notice
            tone=Tone::Warning
            title=format!("{account} requires a second factor")
            text="Set up two-factor authentication to continue. It takes two minutes; until then the other pages lead here, and your tokens and applications wait. You can still sign out anywhere, log out from all devices, and delete your account."
        />
        <p class="cluster">
            <Link class="button button--primary" href="/profile/two-factor">"Set up two-factor authentication"</Link>
            <Link class="button button--quiet" href="/profile/delete">"Delete your account"</Link>
        </p>
    }
}
