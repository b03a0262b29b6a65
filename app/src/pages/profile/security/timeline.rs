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
    time::{Show, When},
};

/// How far back it goes.
pub(super) const SPAN: Duration = Duration::from_hours(30 * 24);

/// Units of the drawing, which the page scales.
const WIDTH: i64 = 640;
const BAR: usize = 7;
const LANE: usize = 10;
/// A session of minutes is still to be seen.
const NARROWEST: i64 = 3;

/// Lanes drawn; sessions beyond that share the last one.
const LANES: usize = 24;

pub(super) fn section(
    past: &[Past],
    remote_logouts: &[UnixMillis],
    now: Moment,
) -> impl IntoView + use<> {
    let since = now.at - SPAN;
    let span = now.at.0 - since.0;
    let x = |at: UnixMillis| ((at.0 - since.0).clamp(0, span) * WIDTH) / span;
    // Where the last bar of each lane ends.
    let mut lanes: Vec<i64> = Vec::new();
    let mut oldest_first: Vec<&Past> = past.iter().collect();
    oldest_first.sort_by_key(|p| p.from);
    let bars = oldest_first
        .into_iter()
        .map(|p| {
            let from = x(p.from);
            let to = x(p.ended.map_or(now.at, |(_, at)| at)).max(from + NARROWEST);
            let free = lanes.iter().position(|end| *end + 1 < from);
            let lane = free.unwrap_or(lanes.len()).min(LANES - 1);
            if lane == lanes.len() {
                lanes.push(to);
            } else {
                lanes[lane] = lanes[lane].max(to);
            }
            let class = if p.ended.is_none() {
                "timeline__bar timeline__bar--live"
            } else {
                "timeline__bar"
            };
            let y = lane * LANE + 2;
            view! {
                <rect
                    class=class
                    x=from.to_string()
                    y=y.to_string()
                    width=(to - from).to_string()
                    height=BAR.to_string()
                    rx="2"
                ></rect>
            }
        })
        .collect_view();
    let height = lanes.len().max(2) * LANE + 4;
    let cuts = remote_logouts
        .iter()
        .map(|at| {
            let x = x(*at).to_string();
            view! {
                <line class="timeline__cut" x1=x.clone() x2=x y1="0" y2=height.to_string()></line>
            }
        })
        .collect_view();
    let sessions = counted(past.len() as u64, "session", "sessions");
    let live = past.iter().filter(|p| p.ended.is_none()).count();
    let cut = match remote_logouts.len() {
        0 => "No remote logouts.".to_owned(),
        n => format!("{}.", counted(n as u64, "remote logout", "remote logouts")),
    };
    let caption = format!("{sessions} in the last 30 days, {live} still open. {cut}");
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
                    {bars}
                    {cuts}
                </svg>
                <div class="timeline__labels" aria-hidden="true">
                    <span><When at=since show=Show::Day /></span>
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
    }
}
