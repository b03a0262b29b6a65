//! `/profile/security`: remote logout, every device one is signed in on, the curfew, recent activity.

#[cfg(feature = "ssr")]
mod activity;
pub mod curfew;
#[cfg(feature = "ssr")]
mod curfew_card;
#[cfg(feature = "ssr")]
mod devices;
#[cfg(feature = "ssr")]
mod drawing;
pub mod functions;
#[cfg(feature = "ssr")]
mod timeline;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use super::{ProfilePage, two_factor::TwoFactor};
use crate::{
    error::AppError,
    parts::{drawn::drawn, icon::Shape},
    remote_logout::{Place, RemoteLogout},
    time::Time,
};

/// A session as the list shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    pub label: String,
    pub ip: String,
    pub looks: Looks,
    pub this: bool,
    pub signed_in: Time,
    pub last_active: Time,
    pub expires: Time,
    pub remembered: bool,
}

/// What a device looks like, for its icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Looks {
    Desktop,
    Phone,
    Unknown,
}

impl Looks {
    /// Its icon.
    pub fn shape(self) -> Shape {
        match self {
            Self::Desktop => Shape::Desktop,
            Self::Phone => Shape::Phone,
            Self::Unknown => Shape::Globe,
        }
    }
}

/// The first 500 are shown; nobody reads more.
#[cfg(feature = "ssr")]
const SHOWN: i64 = 500;

/// The sessions of the user signed in, this one first.
///
/// # Errors
/// When nobody is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "sessions")]
pub async fn sessions() -> Result<Vec<Session>, AppError> {
    use crate::context::{curfew, now, signed_in};

    let (curfew, me) = (curfew()?, signed_in()?);
    let database = |e| AppError::database(&e);
    let mut conn = curfew.db.read().await.map_err(database)?;
    listed(&mut conn, &me, SHOWN, now()).await.map_err(database)
}

/// The user's sessions in words, this one first.
#[cfg(feature = "ssr")]
pub(crate) async fn listed(
    conn: &mut accounts::db::Conn,
    me: &accounts::sessions::SignedIn,
    most: i64,
    now: accounts::time::Moment,
) -> Result<Vec<Session>, accounts::db::DatabaseError> {
    use accounts::{device, sessions};

    let limits = crate::context::curfew()
        .map(|c| c.limits)
        .unwrap_or_default();
    let mut listed: Vec<Session> =
        sessions::list(conn, &me.user.id, &me.session, most, &limits, now)
            .await?
            .into_iter()
            .map(|s| {
                let device = device::of(&s.user_agent);
                let ends_at = s.ends_at(&limits);
                Session {
                    label: s.label.clone().unwrap_or_else(|| device.label()),
                    looks: match device.kind {
                        device::Kind::Phone | device::Kind::Tablet => Looks::Phone,
                        device::Kind::Desktop => Looks::Desktop,
                        device::Kind::Program | device::Kind::Unknown => Looks::Unknown,
                    },
                    ip: if s.ip.is_empty() {
                        "Unknown".into()
                    } else {
                        s.ip
                    },
                    this: s.id == me.session,
                    signed_in: s.started_at.into(),
                    last_active: s.last_active_at.into(),
                    expires: ends_at.into(),
                    remembered: s.remembered,
                }
            })
            .collect();
    listed.sort_by_key(|s| !s.this);
    Ok(listed)
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

#[cfg(feature = "ssr")]
fn pieces(all: bool) -> impl Future<Output = Result<String, AppError>> + Send + 'static {
    drawing::drawing(all)
}

/// The server has drawn them.
#[cfg(not(feature = "ssr"))]
fn pieces(_: bool) -> impl Future<Output = Result<String, AppError>> + Send + 'static {
    std::future::ready(Ok(String::new()))
}
