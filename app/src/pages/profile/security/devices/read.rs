//! Reading the devices.

use std::{cmp::Reverse, time::Duration};

use accounts::{
    db::DatabaseError,
    device,
    instance::Reader,
    limits::Limits,
    permissions::{self, Permission},
    sessions::{self, AuthMethod, Dormant, LastUse, SignedIn},
    text::visible,
    time::UnixMillis,
};

use super::{Asked, Device, DeviceList, Listed};
use crate::devices::{Looks, is_active, named};

/// Devices on a page.
const SHOWN: usize = 20;

/// Most sessions, and most remembered devices, that are looked through. Only a limit of sessions set far above its default
/// lets a user come near it.
const MOST: usize = 20_000;

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
    let since = conn.now.at - UNUSED;
    let open = sessions::facts(conn, user).await?;
    let counted = sessions::count_unused(conn, user, &me.session, since).await?;
    let of_all = number(open.sessions + counted.dormant);
    let of_unused = number(counted.unused_sessions + counted.unused_dormant);
    let words = asked.q.to_lowercase();
    let words = words.as_str();
    let lately = Wanted {
        last_use: LastUse::Since(since),
        words,
        page: asked.page,
        counted: of_all.saturating_sub(of_unused),
    };
    let unused = Wanted {
        last_use: LastUse::Before(since),
        words,
        page: asked.unused.unwrap_or(1),
        counted: of_unused,
    };
    Ok(DeviceList {
        user: user.0.clone(),
        epoch: open.epoch,
        used: page(conn, me, lately).await?,
        unused: page(conn, me, unused).await?,
        many: of_all > SHOWN,
        may_rename: permissions::check(me.user.role, me.user.available(), Permission::OwnProfile)
            .is_ok(),
        other_sessions: (open.sessions - 1).max(0).unsigned_abs(),
        remembered_devices: open.remembered_devices.unsigned_abs(),
    })
}

fn number(counted: i64) -> usize {
    usize::try_from(counted).unwrap_or(0)
}

/// A page that is wanted.
struct Wanted<'a> {
    last_use: LastUse,
    /// In lower case; empty for all.
    words: &'a str,
    /// From 1. The last one is meant where there are fewer.
    page: usize,
    /// How many devices there are, whatever the words.
    counted: usize,
}

/// The words are looked for in what is shown of a device, which the database does not know: then all of them are read.
async fn page(
    conn: &mut Reader,
    me: &SignedIn,
    wanted: Wanted<'_>,
) -> Result<Listed, DatabaseError> {
    let Wanted {
        last_use,
        words,
        page,
        counted,
    } = wanted;
    let first = |all: usize| (page.clamp(1, all.div_ceil(SHOWN).max(1)) - 1) * SHOWN;
    let most = if words.is_empty() {
        first(counted) + SHOWN
    } else {
        MOST
    };
    let mut found = if counted == 0 {
        Vec::new()
    } else {
        found(conn, me, last_use, most).await?
    };
    let all = if words.is_empty() {
        counted
    } else {
        found.retain(|device| device.matches(words));
        found.len()
    };
    let before = first(all);
    let (limits, now) = (conn.limits, conn.now.at);
    let shown = |device: Found| match device {
        Found::Session(session) => of_session(session, &limits, me, now),
        Found::Remembered(remembered) => of_remembered(remembered),
    };
    let devices = found.into_iter().skip(before).take(SHOWN).map(shown);
    Ok(Listed {
        devices: devices.collect(),
        before,
        all,
    })
}

/// The first so many of them: this one, then last active first.
async fn found(
    conn: &mut Reader,
    me: &SignedIn,
    last_use: LastUse,
    most: usize,
) -> Result<Vec<Found>, DatabaseError> {
    let rows = i64::try_from(most).unwrap_or(i64::MAX);
    let listed = sessions::list(conn, &me.user.id, &me.session, last_use, rows).await?;
    let dormant = sessions::dormant(conn, &me.user.id, last_use, rows).await?;
    let listed = listed.into_iter().map(Found::Session);
    let mut found: Vec<Found> = listed
        .chain(dormant.into_iter().map(Found::Remembered))
        .collect();
    found.sort_by_key(|device| (!device.is(me), Reverse(device.last_active())));
    found.truncate(most);
    Ok(found)
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
