//! `/profile/security`: remote logout, every device you are signed in on, the curfew, recent activity.

#[cfg(feature = "ssr")]
pub(crate) mod activity;
pub mod curfew;
#[cfg(feature = "ssr")]
mod curfew_card;
#[cfg(feature = "ssr")]
mod devices;
#[cfg(feature = "ssr")]
mod drawing;
pub mod functions;
#[cfg(feature = "ssr")]
mod page_request;
#[cfg(feature = "ssr")]
mod timeline;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{ProfilePage, two_factor::TwoFactor};
use crate::{
    devices::Session,
    error::AppError,
    parts::drawn::drawn,
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

#[component]
pub fn Security() -> impl IntoView {
    let all = use_query_map().read_untracked().get("devices").as_deref() == Some("all");
    view! {
        <ProfilePage here="/profile/security" title="Security">
            <RemoteLogout from=Place::Security />
            <TwoFactor />
            {drawn(move || pieces(all))}
        </ProfilePage>
    }
}

/// The server draws them.
#[cfg(feature = "ssr")]
fn pieces(all: bool) -> impl Future<Output = Result<String, AppError>> + Send + 'static {
    drawing::drawing(all)
}

/// They come with the page.
#[cfg(not(feature = "ssr"))]
fn pieces(_: bool) -> impl Future<Output = Result<String, AppError>> + Send + 'static {
    std::future::ready(Ok(String::new()))
}
