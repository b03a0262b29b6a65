//! Sessions as the screens show them: devices, with a name, what they look like, and times.

#[cfg(feature = "ssr")]
use accounts::{
    db::DatabaseError,
    device,
    instance::Reader,
    sessions::{LastUse, SignedIn, list},
    text::visible,
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use crate::{parts::icon::Shape, time::Time};

/// A session that was used so lately is in use: what is written down of its use is gathered for up to a minute.
#[cfg(feature = "ssr")]
const ACTIVE: std::time::Duration = std::time::Duration::from_mins(2);

/// A session as a list shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    pub label: String,
    pub ip: String,
    pub looks: Looks,
    pub this: bool,
    pub signed_in: Time,
    pub last_active: Time,
    /// It is in use right now.
    pub active: bool,
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
    #[must_use]
    pub fn shape(self) -> Shape {
        match self {
            Self::Desktop => Shape::Desktop,
            Self::Phone => Shape::Phone,
            Self::Unknown => Shape::Globe,
        }
    }
}

#[cfg(feature = "ssr")]
impl From<device::Kind> for Looks {
    fn from(kind: device::Kind) -> Self {
        match kind {
            device::Kind::Phone | device::Kind::Tablet => Self::Phone,
            device::Kind::Desktop => Self::Desktop,
            device::Kind::Program | device::Kind::Unknown => Self::Unknown,
        }
    }
}

/// Up to `most` sessions of the user, this one first.
#[cfg(feature = "ssr")]
pub(crate) async fn listed(
    conn: &mut Reader,
    me: &SignedIn,
    most: i64,
) -> Result<Vec<Session>, DatabaseError> {
    let limits = conn.limits;
    let now = conn.now.at;
    let mut listed: Vec<Session> = list(conn, &me.user.id, &me.session, LastUse::Any, most)
        .await?
        .into_iter()
        .map(|session| {
            let ends_at = session.ends_at(&limits);
            let active = is_active(&session, me, now);
            let device = device::of(&session.user_agent);
            let unknown = session.ip.is_empty().then(|| "Unknown".to_owned());
            Session {
                label: match session.label {
                    Some(label) => visible(&label).into_owned(),
                    None => device.label(),
                },
                looks: device.kind.into(),
                ip: unknown.unwrap_or(session.ip),
                this: session.id == me.session,
                active,
                signed_in: session.started_at.into(),
                last_active: session.last_active_at.into(),
                expires: ends_at.into(),
                remembered: session.remembered,
            }
        })
        .collect();
    listed.sort_by_key(|session| !session.this);
    Ok(listed)
}

/// Whether a session is in use right now.
#[cfg(feature = "ssr")]
pub(crate) fn is_active(
    session: &accounts::sessions::Listed,
    me: &SignedIn,
    now: UnixMillis,
) -> bool {
    session.id == me.session || session.last_active_at + ACTIVE > now
}

/// The name that the user gave the device, and beside it what its browser is called; without a name, the browser
/// alone.
#[cfg(feature = "ssr")]
pub(crate) fn named(label: Option<String>, user_agent: &str) -> (String, Option<String>) {
    let browser = device::of(user_agent).label();
    match label {
        Some(label) => (visible(&label).into_owned(), Some(browser)),
        None => (browser, None),
    }
}
