//! When a curfew comes: a time of day in a time zone, correct across daylight saving changes.
//!
//! A session and a remembered device carry the moment of their next curfew (`curfew_ends_at`), worked out when
//! they start and when a curfew is set, because time zones are no work for SQL.

use std::sync::LazyLock;

use jiff::{
    Timestamp,
    civil::Time,
    tz::{Disambiguation, TimeZone},
};
use sqlx::FromRow;

use crate::{db::Conn, ids::UserId, on, time::UnixMillis};

/// A time of day in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curfew {
    hour: i8,
    minute: i8,
    zone: TimeZone,
}

/// What is wrong with a curfew as typed: a sentence for the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misspelt {
    Time(&'static str),
    Zone(&'static str),
}

impl Curfew {
    /// From what was typed: `22:30` and `Europe/Berlin`.
    ///
    /// # Errors
    /// What is wrong with the time or the zone.
    pub fn typed(time: &str, zone: &str) -> Result<Self, Misspelt> {
        let time = time.trim();
        let number = |part: &str| {
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i8>().ok().filter(|_| digits)
        };
        let parsed = time
            .split_once(':')
            .and_then(|(hour, minute)| Some((number(hour)?, number(minute)?)))
            .filter(|(hour, minute)| *hour < 24 && *minute < 60);
        let Some((hour, minute)) = parsed else {
            return Err(Misspelt::Time("Enter a time like 22:30."));
        };
        let zone = find(zone).ok_or(Misspelt::Zone(
            "Choose a time zone from the list, like Europe/Berlin.",
        ))?;
        Ok(Self { hour, minute, zone })
    }

    fn stored(at: i64, zone: &str) -> Option<Self> {
        Some(Self {
            hour: i8::try_from(at / 60).ok()?,
            minute: i8::try_from(at % 60).ok()?,
            zone: TimeZone::get(zone).ok()?,
        })
    }

    /// `22:30`.
    #[must_use]
    pub fn time(&self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// `Europe/Berlin`.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    pub(crate) fn minutes(&self) -> i64 {
        i64::from(self.hour) * 60 + i64::from(self.minute)
    }

    /// The curfews of the days around `at`, one a calendar day. On the day on which clocks are put
    /// forward over it, it is as much later as they are; where a clock shows it twice, it is the
    /// first time.
    fn around(&self, at: UnixMillis) -> impl Iterator<Item = UnixMillis> {
        let here = Timestamp::from_millisecond(at.0)
            .unwrap_or_default()
            .to_zoned(self.zone.clone());
        let today = here.date();
        let time = Time::new(self.hour, self.minute, 0, 0).unwrap_or_default();
        (-2..=2).filter_map(move |days| {
            let day = today.checked_add(jiff::Span::new().days(days)).ok()?;
            let there = self.zone.to_ambiguous_zoned(day.to_datetime(time));
            let there = there.disambiguate(Disambiguation::Compatible).ok()?;
            Some(UnixMillis(there.timestamp().as_millisecond()))
        })
    }

    /// The first curfew after `at`.
    #[must_use]
    pub fn next(&self, at: UnixMillis) -> Option<UnixMillis> {
        self.around(at).filter(|curfew| *curfew > at).min()
    }
}

/// A zone by its name in the IANA database, or by its city alone: "Berlin", "new york".
fn find(typed: &str) -> Option<TimeZone> {
    let typed = typed.trim().replace(' ', "_");
    if typed.is_empty() || typed.len() > 64 || !typed.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    if let Ok(zone) = TimeZone::get(&typed) {
        return Some(zone);
    }
    // Where a city has two names in the database, both are of one zone.
    let mut of_city = zones().iter().filter(|zone| {
        let city = zone.rsplit('/').next().unwrap_or_default();
        city.eq_ignore_ascii_case(&typed)
    });
    TimeZone::get(of_city.next()?).ok()
}

/// The zones to choose from: one for each place of the IANA database, by name, and UTC. Its other names (of countries, of
/// fixed offsets) are understood as well.
#[must_use]
pub fn zones() -> &'static [String] {
    /// What stands before the slash in the name of a place.
    const REGIONS: [&str; 10] = [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ];
    static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let names = jiff::tz::db().available().map(|name| name.to_string());
        let of_place = |name: &String| {
            let region = name.split_once('/').map(|(region, _)| region);
            region.is_some_and(|region| REGIONS.contains(&region))
        };
        let mut zones: Vec<String> = names.filter(of_place).collect();
        zones.push("UTC".to_owned());
        zones.sort();
        zones.dedup();
        zones
    });
    &ZONES
}

/// The curfews of a user and of their account.
#[derive(Debug, Clone, Default, FromRow)]
pub(crate) struct Schedule {
    curfew_at: Option<i64>,
    curfew_zone: Option<String>,
    account_curfew_at: Option<i64>,
    account_curfew_zone: Option<String>,
}

impl Schedule {
    /// The curfews of a user.
    pub(crate) async fn of(conn: &mut Conn, user: &UserId) -> Result<Self, sqlx::Error> {
        on!(conn, c => sqlx::query_as(
            "select u.curfew_at, u.curfew_zone, a.curfew_at as account_curfew_at, a.curfew_zone as account_curfew_zone
             from users u join accounts a on a.id = u.account_id where u.id = $1")
            .bind(user)
            .fetch_optional(c)
            .await)
        .map(Option::unwrap_or_default)
    }

    /// The user's own.
    pub(crate) fn own(&self) -> Option<Curfew> {
        Curfew::stored(self.curfew_at?, self.curfew_zone.as_ref()?)
    }

    /// The account's.
    pub(crate) fn account(&self) -> Option<Curfew> {
        Curfew::stored(self.account_curfew_at?, self.account_curfew_zone.as_ref()?)
    }

    /// When a session that is live at `at` ends by curfew: at the first of the two curfews after `at`.
    pub(crate) fn ends_after(&self, at: UnixMillis) -> Option<UnixMillis> {
        [self.own(), self.account()]
            .into_iter()
            .flatten()
            .filter_map(|curfew| curfew.next(at))
            .min()
    }
}
