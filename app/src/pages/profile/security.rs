//! `/profile/security`: remote logout, and every device one is signed in on.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ProfilePage, two_factor::TwoFactor};
use crate::{
    error::AppError,
    pages::loaded,
    parts::icon::{Disc, Shape},
    remote_logout::{Place, RemoteLogout},
    time::{Show, Time, When},
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

/// The sessions of the person signed in, this one first.
///
/// # Errors
/// When nobody is signed in or the store is away.
#[server(prefix = "/api/fn", endpoint = "sessions")]
pub async fn sessions() -> Result<Vec<Session>, AppError> {
    use crate::context::{curfew, now, signed_in};

    let (curfew, me) = (curfew()?, signed_in()?);
    let store = |e| AppError::store(&e);
    let mut conn = curfew.db.read().await.map_err(store)?;
    listed(&mut conn, &me, SHOWN, now()).await.map_err(store)
}

/// The person's sessions in words, this one first.
#[cfg(feature = "ssr")]
pub(crate) async fn listed(
    conn: &mut accounts::db::Conn,
    me: &accounts::sessions::SignedIn,
    most: i64,
    now: accounts::time::Moment,
) -> Result<Vec<Session>, accounts::db::StoreError> {
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
                let idle_end = s.last_active_at + limits.session_idle;
                Session {
                    label: device.label(),
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
                    expires: s.expires_at.min(idle_end).into(),
                    remembered: s.remembered,
                }
            })
            .collect();
    listed.sort_by_key(|s| !s.this);
    Ok(listed)
}

#[component]
pub fn Security() -> impl IntoView {
    let sessions = Resource::new_blocking(|| (), |()| sessions());
    view! {
        <ProfilePage here="/profile/security" title="Security">
            <RemoteLogout from=Place::Security />
            <TwoFactor />
            <section class="section" aria-labelledby="devices-title">
                <div class="section__header">
                    <div>
                        <h2 class="section__title" id="devices-title">"Devices"</h2>
                        <p class="section__lead">"Where you are signed in right now."</p>
                    </div>
                </div>
                {loaded(sessions, |sessions| {
                    view! {
                        <ul class="devices" role="list">
                            {sessions.into_iter().map(|s| view! { <Row session=s /> }).collect_view()}
                        </ul>
                    }
                })}
            </section>
        </ProfilePage>
    }
}

#[component]
fn Row(session: Session) -> impl IntoView {
    let tint = if session.this { "" } else { "plain" };
    view! {
        <li class="device">
            <Disc shape=session.looks.shape() tint />
            <h3 class="device__name">
                {session.label} " "
                {session.this.then(|| view! { <span class="badge badge--accent">"This device"</span> })}
            </h3>
            <dl class="device__facts">
                <div>
                    <dt>"IP address"</dt>
                    <dd>{session.ip}</dd>
                </div>
                <div>
                    <dt>"Signed in"</dt>
                    <dd><When at=session.signed_in /></dd>
                </div>
                <div>
                    <dt>"Last active"</dt>
                    <dd>
                        {if session.this {
                            "Now".into_any()
                        } else {
                            view! { <When at=session.last_active /> }.into_any()
                        }}
                    </dd>
                </div>
                <div>
                    <dt>"Expires"</dt>
                    <dd><When at=session.expires show=Show::Day /></dd>
                </div>
                <div>
                    <dt>"Remembered"</dt>
                    <dd>{if session.remembered { "Yes" } else { "No" }}</dd>
                </div>
            </dl>
        </li>
    }
}
