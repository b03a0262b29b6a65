//! Times on the screen: written on the server in UTC, turned into the reader's own zone by script.

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

/// In the browser a time is shown in the reader's zone at once.
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
        match (show, self.utc.split_once(", ")) {
            (Show::Clock, Some((_, clock))) if today => clock.to_owned(),
            (Show::Clock, Some((day, clock))) => format!("{clock} on {day}"),
            (Show::Day, Some((day, _))) => day.to_owned(),
            (Show::Date, Some((day, _))) => day.rsplit_once(' ').map_or(day, |(d, _)| d).to_owned(),
            _ => self.utc.clone(),
        }
    }
}

impl Show {
    /// What `public/times.js` goes by.
    fn key(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Clock => "clock",
            Self::Day => "day",
            Self::Date => "date",
        }
    }
}

/// A `<time>` in the reader's zone and language once script runs, in UTC before. `public/times.js` sees
/// to those that come with the page, the effect here to those that are drawn in the browser later.
#[component]
pub fn When(#[prop(into)] at: Time, #[prop(default = Show::Full)] show: Show) -> impl IntoView {
    let text = RwSignal::new(at.text(show, now()));
    let Time { unix_ms, iso, .. } = at;
    Effect::new(move |_| {
        if let Some(local) = local(unix_ms, show) {
            text.set(local);
        }
    });
    view! {
        <time datetime=iso data-local=show.key()>
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

#[cfg(feature = "hydrate")]
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds fit 53 bits for 285,000 years"
)]
fn date(unix_ms: i64) -> js_sys::Date {
    js_sys::Date::new(&(unix_ms as f64).into())
}

#[cfg(not(feature = "ssr"))]
fn iso(unix_ms: i64) -> String {
    #[cfg(feature = "hydrate")]
    return date(unix_ms).to_iso_string().into();
    #[cfg(not(feature = "hydrate"))]
    unix_ms.to_string()
}

#[cfg(feature = "hydrate")]
fn local(unix_ms: i64, show: Show) -> Option<String> {
    use js_sys::{Array, Date, Intl::DateTimeFormat, JsString, Object, Reflect};

    let date = date(unix_ms);
    let said = |fields: &[(&str, &str)]| {
        let options = Object::new();
        for (name, value) in fields {
            let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
        }
        let format = DateTimeFormat::new(&Array::new(), &options).format();
        let text = format.call1(&wasm_bindgen::JsValue::NULL, &date).ok()?;
        wasm_bindgen::JsCast::dyn_into::<JsString>(text)
            .ok()
            .map(String::from)
    };
    let clock = [("hour", "numeric"), ("minute", "2-digit")];
    let day = [("day", "numeric"), ("month", "short"), ("year", "numeric")];
    match show {
        Show::Full => said(&[&clock[..], &day[..]].concat()),
        Show::Day => said(&day[..]),
        Show::Date => said(&day[..2]),
        Show::Clock if date.to_date_string() == Date::new_0().to_date_string() => said(&clock[..]),
        Show::Clock => Some(format!("{} on {}", said(&clock[..])?, said(&day[..])?)),
    }
}

#[cfg(not(feature = "hydrate"))]
fn local(_: i64, _: Show) -> Option<String> {
    None
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
}
