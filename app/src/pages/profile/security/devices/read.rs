//! Reading the devices.

use std::{cmp::Reverse, time::Duration};

use accounts::{
    db::DatabaseError,
    device,
    instance::Reader,
    limits::Limits,
    permissions::{self, Permission},
    sessions::{self, AuthMethod, Dormant, SignedIn},
    text::visible,
    time::UnixMillis,
};

use super::{Asked, Device, DeviceList, Listed};
use crate::devices::{Looks, is_active, named};

/// Devices on a page.
const SHOWN: usize = 20;

/// Most sessions, and most remembered devices, that are looked through. Only a limit of sessions set far above its default
/// lets a user come near it.
const MOST: i64 = 20_000;

/// What was not used for this long is listed apart.
const UNUSED: Duration = Duration::from_hours(30 * 24);

/// A device before it is known whether it is shown.
enum Found {
    Session(sessions::Listed),
    Remembered(Dormant),
}

/// Sessions and remembered devices as one list.
pub(in super::super) async fn read(
    conn: &mut Reader,
    me: &SignedIn,
    asked: &Asked,
) -> Result<DeviceList, DatabaseError> {
    let user = &me.user.id;
    let now = conn.now.at;
    let limits = conn.limits;
    let open = sessions::facts(conn, user).await?;
    let listed = sessions::list(conn, user, &me.session, MOST).await?;
    let dormant = sessions::dormant(conn, user, MOST).await?;
    let of_sessions = listed.into_iter().map(Found::Session);
    let of_dormant = dormant.into_iter().map(Found::Remembered);
    let mut found: Vec<Found> = of_sessions.chain(of_dormant).collect();
    let many = found.len() > SHOWN;
    let words = asked.q.to_lowercase();
    if !words.is_empty() {
        found.retain(|device| device.matches(&words));
    }
    found.sort_by_key(|device| (!device.is(me), Reverse(device.last_active())));
    let (unused, lately) = found
        .into_iter()
        .partition(|device| !device.is(me) && device.last_active() + UNUSED <= now);
    let shown = |device: Found| match device {
        Found::Session(session) => of_session(session, &limits, me, now),
        Found::Remembered(remembered) => of_remembered(remembered),
    };
    Ok(DeviceList {
        user: user.0.clone(),
        epoch: open.epoch,
        used: page(lately, asked.page, shown),
        unused: page(unused, asked.unused.unwrap_or(1), shown),
        many,
        may_rename: permissions::check(me.user.role, me.user.available(), Permission::OwnProfile)
            .is_ok(),
        other_sessions: (open.sessions - 1).max(0).unsigned_abs(),
        remembered_devices: open.remembered_devices.unsigned_abs(),
    })
}

impl Found {
    fn last_active(&self) -> UnixMillis {
        match self {
            Self::Session(session) => session.last_active_at,
            Self::Remembered(remembered) => remembered.last_used_at,
        }
    }

    fn is(&self, me: &SignedIn) -> bool {
        matches!(self, Self::Session(session) if session.id == me.session)
    }

    /// Whether the words, in lower case, are in what the list says of it.
    fn matches(&self, words: &str) -> bool {
        let (label, user_agent, ip) = match self {
            Self::Session(session) => (&session.label, &session.user_agent, session.ip.as_str()),
            Self::Remembered(remembered) => (&remembered.label, &remembered.user_agent, ""),
        };
        let (name, browser) = named(label.clone(), user_agent);
        let mut said = [Some(name), browser, Some(ip.to_owned())]
            .into_iter()
            .flatten();
        said.any(|said| said.to_lowercase().contains(words))
    }
}

/// A page of them, from 1; the last one where there are fewer.
fn page(found: Vec<Found>, page: usize, shown: impl Fn(Found) -> Device) -> Listed {
    let all = found.len();
    let last = all.div_ceil(SHOWN).max(1);
    let before = (page.clamp(1, last) - 1) * SHOWN;
    let devices = found.into_iter().skip(before).take(SHOWN).map(shown);
    Listed {
        devices: devices.collect(),
        before,
        all,
    }
}

fn of_session(
    session: sessions::Listed,
    limits: &Limits,
    me: &SignedIn,
    now: UnixMillis,
) -> Device {
    let this = session.id == me.session;
    let active = is_active(&session, me, now);
    let expires = session.ends_at(limits);
    let (name, browser) = named(session.label.clone(), &session.user_agent);
    Device {
        id: session.id.0,
        remembered_only: false,
        this,
        name,
        label: session.label.map(|label| visible(&label).into_owned()),
        browser,
        looks: Looks::from(device::of(&session.user_agent).kind),
        ip: Some(session.ip).filter(|ip| !ip.is_empty()),
        signed_in: session.started_at.into(),
        last_active: session.last_active_at.into(),
        active,
        expires: expires.into(),
        how: match (
            session.auth_method,
            session.second_factor.is_some(),
            session.remembered,
        ) {
            (AuthMethod::Remembered, ..) => "Remembered",
            (AuthMethod::Password, false, false) => "Password",
            (AuthMethod::Password, false, true) => "Password, remembered",
            (AuthMethod::Password, true, false) => "Password and code",
            (AuthMethod::Password, true, true) => "Password and code, remembered",
        }
        .to_owned(),
    }
}

fn of_remembered(remembered: Dormant) -> Device {
    let expires = remembered.ends_at();
    let (name, browser) = named(remembered.label.clone(), &remembered.user_agent);
    Device {
        id: remembered.id,
        remembered_only: true,
        this: false,
        name,
        label: remembered.label.map(|label| visible(&label).into_owned()),
        browser,
        looks: Looks::from(device::of(&remembered.user_agent).kind),
        ip: None,
        signed_in: remembered.created_at.into(),
        last_active: remembered.last_used_at.into(),
        active: false,
        expires: expires.into(),
        how: "Remembered".to_owned(),
    }
}
