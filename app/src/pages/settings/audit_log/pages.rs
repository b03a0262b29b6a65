//! The ways from one page of the log to others.

use accounts::audit::{Cut, Found, LOOKED_THROUGH};
use leptos::prelude::*;

use super::asked::Asked;
use crate::{
    counted,
    parts::link::Link,
    time::{Show, Time, When},
};

/// The numbers of the newest and the oldest event of a page.
pub(super) type Ends = Option<(i64, i64)>;

/// The way to newer and older ones, and back to the newest from everywhere else. `more` is whether more follow, away from the cut.
pub(super) fn around(asked: &Asked, ends: Ends, more: bool) -> Option<impl IntoView + use<>> {
    let is_newest = asked.cut == Cut::Before(i64::MAX);
    if is_newest && ends.is_none() {
        return None;
    }
    let button = |label: &'static str, cut: &str| {
        view! { <Link class="button button--small" href=asked.page(cut)>{label}</Link> }
    };
    let newer_than = match (asked.cut, ends) {
        (Cut::Before(i64::MAX), _) => None,
        (Cut::Before(_), Some((newest, _))) => Some(newest),
        (Cut::Before(number), None) => Some(number.saturating_sub(1)),
        (Cut::After(_), ends) => ends.filter(|_| more).map(|(newest, _)| newest),
    };
    let older_than = match (asked.cut, ends) {
        (Cut::Before(_), ends) => ends.filter(|_| more).map(|(_, oldest)| oldest),
        (Cut::After(_), Some((_, oldest))) => Some(oldest),
        (Cut::After(number), None) => Some(number.saturating_add(1)),
    };
    let newest = (!is_newest).then(|| button("Newest", ""));
    let newer = newer_than.map(|number| button("Newer", &format!("after={number}")));
    let older = older_than.map(|number| button("Older", &format!("before={number}")));
    Some(view! {
        <nav class="cluster cluster--spread" aria-label="Pages of the log">
            <div class="cluster">{newest} {newer}</div>
            <div class="cluster">{older}</div>
        </nav>
    })
}

/// Says where the look stopped, and goes on from there.
pub(super) fn further(asked: &Asked, found: &Found) -> Option<impl IntoView + use<>> {
    let stopped = found.stopped?;
    let (cut, word, to) = match found.next(asked.cut)? {
        Cut::Before(number) => (format!("before={number}"), "older", "back to"),
        Cut::After(number) => (format!("after={number}"), "newer", "up to"),
    };
    let at: Time = stopped.at.into();
    let looked = counted::grouped(usize::try_from(LOOKED_THROUGH).unwrap_or_default());
    let found_any = if found.events.is_empty() {
        "Nothing found yet. "
    } else {
        ""
    };
    Some(view! {
        <div class="log-stopped" role="status">
            <p>
                {found_any} {format!("Looked through {looked} events, {to} ")} <When at show=Show::Full /> "."
            </p>
            <Link class="button button--small" href=asked.page(&cut)>{format!("Look through {word} events")}</Link>
        </div>
    })
}
