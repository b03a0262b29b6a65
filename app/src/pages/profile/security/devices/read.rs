//! Reading the devices.

use std::time::Duration;

use accounts::{
    db::DatabaseError,
    device,
    instance::Reader,
    sessions::{self, AuthMethod, Dormant, Listed, SignedIn},
    text::visible,
    time::UnixMillis,
};

use super::{Device, DeviceList};
use crate::devices::{Looks, named};

/// Devices shown before "Show all".
const SHOWN: usize = 20;

/// Most that are shown at all, because a longer list is of no use to a reader.
const MOST: i64 = 1_000;

/// What was not used for this long is listed apart.
const UNUSED: Duration = Duration::from_hours(30 * 24);

/// Sessions and remembered devices as one list.
pub(in super::super) async fn read(
    conn: &mut Reader,
    me: &SignedIn,
    all: bool,
) -> Result<DeviceList, DatabaseError> {
    let user = &me.user.id;
    let now = conn.now.at;
    let limits = conn.limits;
    let open = sessions::facts(conn, user).await?;
    let listed = sessions::list(conn, user, &me.session, MOST).await?;
    let dormant = sessions::dormant(conn, user, MOST).await?;
    let of_sessions = listed.into_iter().map(|session| {
        let expires = session.ends_at(&limits);
        (
            session.last_active_at,
            of_session(session, expires, me, now),
        )
    });
    let of_dormant = dormant
        .into_iter()
        .map(|remembered| (remembered.last_used_at, of_remembered(remembered, now)));
    let mut devices: Vec<(UnixMillis, Device)> = of_sessions.chain(of_dormant).collect();
    devices.sort_by_key(|(last_active, device)| (!device.this, std::cmp::Reverse(*last_active)));
    let (unused, mut shown): (Vec<Device>, Vec<Device>) = devices
        .into_iter()
        .map(|(_, device)| device)
        .partition(|device| device.unused);
    let count = shown.len();
    if !all {
        shown.truncate(SHOWN);
    }
    shown.extend(unused);
    Ok(DeviceList {
        user: user.0.clone(),
        epoch: open.epoch,
        devices: shown,
        all: count,
        other_sessions: (open.sessions - 1).max(0).unsigned_abs(),
        remembered_devices: open.remembered_devices.unsigned_abs(),
    })
}

fn of_session(session: Listed, expires: UnixMillis, me: &SignedIn, now: UnixMillis) -> Device {
    let this = session.id == me.session;
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
        active: this || session.last_active_at + Duration::from_mins(2) > now,
        unused: !this && session.last_active_at + UNUSED <= now,
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

fn of_remembered(remembered: Dormant, now: UnixMillis) -> Device {
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
        unused: remembered.last_used_at + UNUSED <= now,
        expires: expires.into(),
        how: "Remembered".to_owned(),
    }
}
