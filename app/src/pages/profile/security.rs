//! `/profile/security`: remote logout, every device you are signed in on, the curfew, recent activity.

pub(crate) mod activity;
#[cfg(feature = "ssr")]
pub(crate) mod applications;
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
use crate::{devices::Session, error::AppError};
#[cfg(feature = "ssr")]
use crate::{
    parts::loaded::awaited,
    remote_logout::{Place, RemoteLogout},
};

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
    let asked = devices::Asked::of_page();
    view! {
        <ProfilePage here="/profile/security" title="Security">
            <RemoteLogout from=Place::Security />
            <JustDone />
            {awaited(move || drawing::drawing(asked.clone()))}
        </ProfilePage>
    }
}
