//! Times on the screen: written on the server in UTC, turned into the reader's own zone by script. The exact time with its
//! zone is in `title`, whatever is shown.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A time, as stored and as shown where no script runs. It crosses as its Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct Time {
    pub unix_ms: i64,
    /// RFC 3339, for `datetime` and programs.
    pub iso: String,
    /// "22 Nov 2026, 14:02 UTC".
    pub utc: String,
}

impl From<Time> for i64 {
    fn from(time: Time) -> Self {
        time.unix_ms
    }
}

#[cfg(feature = "ssr")]
impl From<i64> for Time {
    fn from(unix_ms: i64) -> Self {
        let stamp = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
        let zoned = stamp.to_zoned(jiff::tz::TimeZone::UTC);
        Self {
            unix_ms,
            iso: zoned.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            utc: zoned.strftime("%-d %b %Y, %H:%M UTC").to_string(),
        }
    }
}

/// What the browser draws, `public/times.js` writes anew in the reader's zone before it is seen.
#[cfg(not(feature = "ssr"))]
impl From<i64> for Time {
    fn from(unix_ms: i64) -> Self {
        let iso = iso(unix_ms);
        Self {
            unix_ms,
            utc: iso.clone(),
            iso,
        }
    }
}

#[cfg(feature = "ssr")]
impl From<accounts::time::UnixMillis> for Time {
    fn from(at: accounts::time::UnixMillis) -> Self {
        at.0.into()
    }
}

/// How much of a time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// How long ago: "2 hours ago"; the day when that is a month or more. For what is past.
    Ago,
    /// Day and time of day.
    Full,
    /// Time of day, and the day unless that is today: for what has mostly just happened. "14:02", "14:02 on 22 Nov 2026".
    Clock,
    /// Day only.
    Day,
    /// Day without its year, for what is a few weeks old at the most.
    Date,
}

impl Time {
    /// In words, in UTC; `now` says which day is today, in milliseconds like the time itself.
    #[must_use]
    pub fn text(&self, show: Show, now: i64) -> String {
        const DAY: i64 = 24 * 60 * 60 * 1_000;
        let today = self.unix_ms.div_euclid(DAY) == now.div_euclid(DAY);
        if let (Show::Ago, Some(ago)) = (show, self.ago(now)) {
            return ago;
        }
        match (show, self.utc.split_once(", ")) {
            (Show::Ago, Some((day, _))) if self.unix_ms < now => day.to_owned(),
            (Show::Clock, Some((_, clock))) if today => clock.to_owned(),
            (Show::Clock, Some((day, clock))) => format!("{clock} on {day}"),
            (Show::Day, Some((day, _))) => day.to_owned(),
            (Show::Date, Some((day, _))) => day.rsplit_once(' ').map_or(day, |(d, _)| d).to_owned(),
            _ => self.utc.clone(),
        }
    }

    /// The same words as in `public/times.js`. None for what is still to come, and for what a number of days says worse than
    /// its date.
    fn ago(&self, now: i64) -> Option<String> {
        let minutes = (now - self.unix_ms).div_euclid(60_000);
        let (n, unit) = match minutes {
            // Two clocks never quite agree.
            -1..1 => return Some("just now".to_owned()),
            1..60 => (minutes, "minute"),
            60..1_440 => (minutes / 60, "hour"),
            1_440..43_200 => (minutes / 1_440, "day"),
            _ => return None,
        };
        let many = if n == 1 { "" } else { "s" };
        Some(format!("{n} {unit}{many} ago"))
    }
}

impl Show {
    /// What `public/times.js` goes by.
    fn key(self) -> &'static str {
        match self {
            Self::Ago => "ago",
            Self::Full => "full",
            Self::Clock => "clock",
            Self::Day => "day",
            Self::Date => "date",
        }
    }
}

/// A `<time>` in UTC. `public/times.js` puts it into the reader's zone and language, and keeps "2 hours ago" true: with the
/// page, and whenever an island draws one.
#[component]
pub fn When(#[prop(into)] at: Time, #[prop(default = Show::Full)] show: Show) -> impl IntoView {
    let text = at.text(show, now());
    let Time { iso, utc, .. } = at;
    view! {
        <time datetime=iso title=utc data-local=show.key()>
            {text}
        </time>
    }
}

#[cfg(feature = "ssr")]
fn now() -> i64 {
    accounts::time::Moment::now().at.0
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn now() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds are whole")]
    let now = js_sys::Date::now() as i64;
    now
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
fn now() -> i64 {
    0
}

#[cfg(not(feature = "ssr"))]
fn iso(unix_ms: i64) -> String {
    #[cfg(feature = "hydrate")]
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit 53 bits for 285,000 years"
    )]
    return js_sys::Date::new(&(unix_ms as f64).into())
        .to_iso_string()
        .into();
    #[cfg(not(feature = "hydrate"))]
    unix_ms.to_string()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use accounts::time::UnixMillis;

    use super::*;

    #[test]
    fn a_time_of_day_has_its_day_unless_that_is_today() {
        const HOUR: i64 = 60 * 60 * 1_000;
        let at = Time::from(UnixMillis(1_795_356_120_000));
        assert_eq!(at.utc, "22 Nov 2026, 14:02 UTC");
        let now = at.unix_ms + HOUR;
        assert_eq!(at.text(Show::Clock, now), "14:02 UTC");
        let tomorrow = at.unix_ms + 10 * HOUR;
        let said = "14:02 UTC on 22 Nov 2026";
        assert_eq!(at.text(Show::Clock, tomorrow), said);
        assert_eq!(at.text(Show::Clock, at.unix_ms - 15 * HOUR), said);
        assert_eq!(at.text(Show::Full, now), at.utc);
        assert_eq!(at.text(Show::Day, now), "22 Nov 2026");
        assert_eq!(at.text(Show::Date, now), "22 Nov");
    }

    #[test]
    fn what_is_past_is_so_long_ago_and_what_is_long_past_has_its_day() {
        const MINUTE: i64 = 60_000;
        let at = Time::from(UnixMillis(1_795_356_120_000));
        for (minutes, said) in [
            (0, "just now"),
            (1, "1 minute ago"),
            (59, "59 minutes ago"),
            (60, "1 hour ago"),
            (23 * 60 + 59, "23 hours ago"),
            (24 * 60, "1 day ago"),
            (30 * 24 * 60 - 1, "29 days ago"),
            (30 * 24 * 60, "22 Nov 2026"),
            // Another clock's.
            (-1, "just now"),
            (-2, "22 Nov 2026, 14:02 UTC"),
        ] {
            assert_eq!(at.text(Show::Ago, at.unix_ms + minutes * MINUTE), said);
        }
    }
}
