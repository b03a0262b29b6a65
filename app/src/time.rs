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
    /// Time of day only, for something that has just happened.
    Clock,
    /// Day only.
    Day,
}

impl Time {
    /// In words, in UTC.
    #[must_use]
    pub fn text(&self, show: Show) -> String {
        match (show, self.utc.split_once(", ")) {
            (Show::Clock, Some((_, clock))) => clock.to_owned(),
            (Show::Day, Some((day, _))) => day.to_owned(),
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
        }
    }
}

/// A `<time>` in the reader's zone and language once script runs, in UTC before. `public/times.js` sees
/// to those that come with the page, the effect here to those that are drawn in the browser later.
#[component]
pub fn When(#[prop(into)] at: Time, #[prop(default = Show::Full)] show: Show) -> impl IntoView {
    let text = RwSignal::new(at.text(show));
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
    use js_sys::{Array, Intl::DateTimeFormat, JsString, Object, Reflect};

    let options = Object::new();
    let set = |name: &str, value: &str| Reflect::set(&options, &name.into(), &value.into()).is_ok();
    if show != Show::Day {
        set("hour", "numeric");
        set("minute", "2-digit");
    }
    if show != Show::Clock {
        set("day", "numeric");
        set("month", "short");
        set("year", "numeric");
    }
    let date = date(unix_ms);
    let format = DateTimeFormat::new(&Array::new(), &options).format();
    let text = format.call1(&wasm_bindgen::JsValue::NULL, &date).ok()?;
    wasm_bindgen::JsCast::dyn_into::<JsString>(text)
        .ok()
        .map(String::from)
}

#[cfg(not(feature = "hydrate"))]
fn local(_: i64, _: Show) -> Option<String> {
    None
}
