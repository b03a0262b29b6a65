//! The picture: one bar a session over the last 30 days, and a line where a remote logout cut them. Drawn as
//! SVG that takes its colours from the style sheet; a table beside it has the same facts.

use std::time::Duration;

use accounts::{
    end_reason::EndReason,
    sessions::Past,
    time::{Moment, UnixMillis},
};
use leptos::prelude::*;

use crate::{
    counted::counted,
    devices::named,
    time::{Show, Time, When},
};

/// How far back it goes.
pub(super) const SPAN: Duration = Duration::from_hours(30 * 24);

/// Fewer sessions than this are told by the list alone.
const FEWEST: usize = 3;

/// Units of the drawing, which the page scales.
const WIDTH: i64 = 640;
const BAR: i64 = 7;
/// A session of minutes is still to be seen.
const NARROWEST: i64 = 3;
/// Height of a name above its bar, and width of a character of it, about.
const NAME: i64 = 14;
const CHARACTER: i64 = 6;

/// Lanes drawn; sessions beyond that share the last one. With names there is room for fewer.
const LANES: usize = 24;
const LANES_WITH_NAMES: usize = 10;

/// Days at which a line with its date stands.
const DAYS: [u64; 4] = [30, 22, 15, 7];

/// A bar and where it is drawn.
struct Bar<'a> {
    past: &'a Past,
    name: String,
    from: i64,
    to: i64,
    lane: usize,
}

/// Gives each session, the oldest first, the first lane that is free; with names a lane is free where the name has room.
fn bars<'a>(
    past: &'a [Past],
    x: impl Fn(UnixMillis) -> i64,
    now: Moment,
    names: bool,
) -> Vec<Bar<'a>> {
    // Where the last bar of each lane ends.
    let mut lanes: Vec<i64> = Vec::new();
    let mut oldest_first: Vec<&Past> = past.iter().collect();
    oldest_first.sort_by_key(|p| p.from);
    let most = if names { usize::MAX } else { LANES };
    let place = |past: &'a Past| {
        let (name, _) = named(past.label.clone(), &past.user_agent);
        let from = x(past.from);
        let to = x(past.ended.map_or(now.at, |(_, at)| at)).max(from + NARROWEST);
        let wide = if names { width(&name) } else { 0 };
        let (left, right) = (from.min(to - wide).max(0), to.max(from + wide));
        let (start, end) = if reads_backwards(from) {
            (left, to)
        } else {
            (from, right)
        };
        let free = lanes.iter().position(|end| *end + 1 < start);
        let lane = free.unwrap_or(lanes.len()).min(most - 1);
        if lane == lanes.len() {
            lanes.push(end);
        } else {
            lanes[lane] = lanes[lane].max(end);
        }
        Bar {
            past,
            name,
            from,
            to,
            lane,
        }
    };
    oldest_first.into_iter().map(place).collect()
}

fn width(name: &str) -> i64 {
    i64::try_from(name.chars().count()).unwrap_or(0) * CHARACTER
}

/// A name begins where its bar does; near the right edge it ends where its bar does.
fn reads_backwards(from: i64) -> bool {
    from > WIDTH * 3 / 4
}

/// What a pointer over a bar is told: its name, from when until when, and how it ended.
fn tip(bar: &Bar<'_>) -> String {
    let utc = |at: UnixMillis| Time::from(at).utc;
    let from = utc(bar.past.from);
    match bar.past.ended {
        Some((why, at)) => format!("{}: {from} to {} ({})", bar.name, utc(at), word(why)),
        None => format!("{}: since {from}, still open", bar.name),
    }
}

/// The picture; nothing while it would show next to nothing.
pub(super) fn section(
    past: &[Past],
    remote_logouts: &[UnixMillis],
    now: Moment,
) -> impl IntoView + use<> {
    (past.len() >= FEWEST).then(|| picture(past, remote_logouts, now))
}

fn picture(past: &[Past], remote_logouts: &[UnixMillis], now: Moment) -> impl IntoView + use<> {
    let since = now.at - SPAN;
    let span = now.at.0 - since.0;
    let x = |at: UnixMillis| ((at.0 - since.0).clamp(0, span) * WIDTH) / span;
    let with_names = bars(past, x, now, true);
    let names = with_names.iter().all(|bar| bar.lane < LANES_WITH_NAMES);
    let placed = if names {
        with_names
    } else {
        bars(past, x, now, false)
    };
    let above = if names { NAME } else { 0 };
    let lane = BAR + 3 + above;
    let lanes = placed
        .iter()
        .map(|bar| bar.lane + 1)
        .max()
        .unwrap_or(0)
        .max(2);
    let height = i64::try_from(lanes).unwrap_or(2) * lane + 4;
    let bars = placed
        .iter()
        .map(|bar| drawn(bar, lane, above))
        .collect_view();
    let cuts = remote_logouts
        .iter()
        .map(|at| cut(*at, x(*at), height))
        .collect_view();
    let days = DAYS.map(|days| now.at - Duration::from_hours(days * 24));
    let marks = days.map(|day| {
        let x = x(day).to_string();
        view! { <line class="timeline__axis" x1=x.clone() x2=x y1="0" y2=height.to_string()></line> }
    });
    let dates = days.map(|day| view! { <span><When at=day show=Show::Date /></span> });
    let sessions = counted(past.len() as u64, "session", "sessions");
    let live = past.iter().filter(|p| p.ended.is_none()).count();
    let cut_words = match remote_logouts.len() {
        0 => "No remote logouts.".to_owned(),
        n => format!("{}.", counted(n as u64, "remote logout", "remote logouts")),
    };
    let caption = format!("{sessions} in the last 30 days, {live} still open. {cut_words}");
    let axis = height.to_string();
    let rows = past.iter().map(row).collect_view();
    view! {
        <section class="section" aria-labelledby="timeline-title">
            <div class="section__header">
                <h2 class="section__title" id="timeline-title">"The last 30 days"</h2>
            </div>
            <figure class="timeline">
                <svg
                    class="timeline__svg"
                    viewBox=format!("0 0 {WIDTH} {height}")
                    role="img"
                    aria-label=caption.clone()
                >
                    <line class="timeline__axis" x1="0" x2=WIDTH.to_string() y1=axis.clone() y2=axis></line>
                    {marks.into_iter().collect_view()}
                    {bars}
                    {cuts}
                </svg>
                <div class="timeline__labels" aria-hidden="true">
                    {dates.into_iter().collect_view()}
                    <span>"Now"</span>
                </div>
                <figcaption class="timeline__caption">{caption}</figcaption>
                <details class="fold">
                    <summary class="fold__summary">"Show as a table"</summary>
                    <div class="table-frame" tabindex="0" role="region" aria-label="Sessions of the last 30 days">
                        <table class="table">
                            <thead>
                                <tr>
                                    <th scope="col">"Device"</th>
                                    <th scope="col">"From"</th>
                                    <th scope="col">"Until"</th>
                                    <th scope="col">"Ended by"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </details>
            </figure>
        </section>
    }
}

/// A bar, with its name above it where there is room.
fn drawn(bar: &Bar<'_>, lane: i64, above: i64) -> impl IntoView + use<> {
    let class = if bar.past.ended.is_none() {
        "timeline__bar timeline__bar--live"
    } else {
        "timeline__bar"
    };
    let y = i64::try_from(bar.lane).unwrap_or(0) * lane + 2 + above;
    let (start, anchor) = if reads_backwards(bar.from) {
        (bar.to, "end")
    } else {
        (bar.from, "start")
    };
    let name = (above > 0).then(|| {
        view! {
            <text class="timeline__name" x=start.to_string() y=(y - 3).to_string() text-anchor=anchor>
                {bar.name.clone()}
            </text>
        }
    });
    view! {
        {name}
        <rect
            class=class
            x=bar.from.to_string()
            y=y.to_string()
            width=(bar.to - bar.from).to_string()
            height=BAR.to_string()
            rx="2"
        >
            <title>{tip(bar)}</title>
        </rect>
    }
}

/// A remote logout: a line through all that it cut.
fn cut(at: UnixMillis, x: i64, height: i64) -> impl IntoView + use<> {
    let tip = format!("Remote logout: {}", Time::from(at).utc);
    let x = x.to_string();
    view! {
        <line class="timeline__cut" x1=x.clone() x2=x y1="0" y2=height.to_string()>
            <title>{tip}</title>
        </line>
    }
}

fn row(past: &Past) -> impl IntoView + use<> {
    let (name, _) = named(past.label.clone(), &past.user_agent);
    let (until, how) = match past.ended {
        Some((end_reason, at)) => (
            view! { <When at=at show=Show::Full /> }.into_any(),
            word(end_reason),
        ),
        None => ("Now".into_any(), "Still open"),
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td><When at=past.from show=Show::Full /></td>
            <td>{until}</td>
            <td>{how}</td>
        </tr>
    }
}

/// What ended a session, in a word or two.
fn word(end_reason: EndReason) -> &'static str {
    match end_reason {
        EndReason::SignedOut => "Sign-out",
        EndReason::RemoteLogout => "Remote logout",
        EndReason::PasswordChanged => "New password",
        EndReason::TwoFactorChanged => "Two-factor change",
        EndReason::Expired => "Expiry",
        EndReason::Limit => "Device limit",
        EndReason::Reused => "Copied sign-in",
        EndReason::Superseded => "Signed in again",
        EndReason::Disabled => "Account disabled",
        EndReason::Removed => "Account removed",
        EndReason::EndedElsewhere => "Another device",
        EndReason::Curfew => "Curfew",
        EndReason::InstanceEpochRaised => "Restored backup",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1_000;

    fn past(agent: &str, from: i64, until: Option<i64>) -> Past {
        Past {
            user_agent: agent.into(),
            label: None,
            from: UnixMillis(from * HOUR),
            ended: until.map(|at| (EndReason::SignedOut, UnixMillis(at * HOUR))),
        }
    }

    #[test]
    fn names_take_the_room_they_need_and_bars_that_follow_each_other_share_a_lane() {
        let now = Moment::at(UnixMillis(720 * HOUR));
        let x = |at: UnixMillis| at.0 * WIDTH / (720 * HOUR);
        let sessions = [
            past("", 0, Some(10)),
            past("", 20, Some(30)),
            past("", 400, None),
        ];
        let lanes = |names| -> Vec<usize> {
            bars(&sessions, x, now, names)
                .iter()
                .map(|bar| bar.lane)
                .collect()
        };
        assert_eq!(lanes(false), [0, 0, 0]);
        // "Unknown device" is wider than a bar of ten hours.
        assert_eq!(lanes(true), [0, 1, 0]);
    }

    #[test]
    fn a_bar_says_what_it_is() {
        let now = Moment::at(UnixMillis(720 * HOUR));
        let x = |at: UnixMillis| at.0 / HOUR;
        let sessions = [past("", 0, Some(10)), past("", 20, None)];
        let tips: Vec<String> = bars(&sessions, x, now, true).iter().map(tip).collect();
        assert_eq!(
            tips,
            [
                "Unknown device: 1 Jan 1970, 00:00 UTC to 1 Jan 1970, 10:00 UTC (Sign-out)",
                "Unknown device: since 1 Jan 1970, 20:00 UTC, still open",
            ]
        );
    }
}
