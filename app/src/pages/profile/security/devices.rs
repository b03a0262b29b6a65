//! The devices: this one first, and what you may do to each.

mod forms;

use std::time::Duration;

use accounts::{
    device,
    sessions::{self, AuthMethod, Dormant, Listed},
    time::UnixMillis,
};
use leptos::prelude::*;

use super::page_request::PageRequest;
use crate::{
    devices::{Looks, named},
    parts::icon::Disc,
    time::{Show, When},
};

/// What was not used for this long is listed apart.
const UNUSED: Duration = Duration::from_hours(30 * 24);

/// A device in the list.
pub(super) struct Row {
    id: String,
    remembered_only: bool,
    this: bool,
    label: Option<String>,
    user_agent: String,
    ip: Option<String>,
    signed_in: UnixMillis,
    last_active: UnixMillis,
    expires: UnixMillis,
    how: &'static str,
}

/// Sessions and remembered devices as one list: this one first, then last active first.
pub(super) fn rows(listed: Vec<Listed>, dormant: Vec<Dormant>, request: &PageRequest) -> Vec<Row> {
    let sessions = listed.into_iter().map(|s| Row {
        expires: s.ends_at(&request.limits),
        this: s.id == request.me.session,
        id: s.id.0,
        remembered_only: false,
        label: s.label,
        user_agent: s.user_agent,
        ip: Some(s.ip).filter(|ip| !ip.is_empty()),
        signed_in: s.started_at,
        last_active: s.last_active_at,
        how: match (s.auth_method, s.second_factor.is_some(), s.remembered) {
            (AuthMethod::Remembered, ..) => "Remembered",
            (AuthMethod::Password, false, false) => "Password",
            (AuthMethod::Password, false, true) => "Password, remembered",
            (AuthMethod::Password, true, false) => "Password and code",
            (AuthMethod::Password, true, true) => "Password and code, remembered",
        },
    });
    let devices = dormant.into_iter().map(|d| Row {
        expires: d.ends_at(),
        id: d.id,
        remembered_only: true,
        this: false,
        label: d.label,
        user_agent: d.user_agent,
        ip: None,
        signed_in: d.created_at,
        last_active: d.last_used_at,
        how: "Remembered",
    });
    let mut rows: Vec<Row> = sessions.chain(devices).collect();
    rows.sort_by_key(|row| (!row.this, std::cmp::Reverse(row.last_active)));
    rows
}

/// The section. `most` rows are shown before the way to all of them.
pub(super) fn section(
    rows: Vec<Row>,
    open: &sessions::Facts,
    most: usize,
    request: &PageRequest,
) -> impl IntoView + use<> {
    let (used, unused): (Vec<Row>, Vec<Row>) = rows
        .into_iter()
        .partition(|row| row.this || row.last_active + UNUSED > request.now.at);
    let all = used.len();
    let more = all.saturating_sub(most);
    let others = (open.sessions - 1).max(0) + open.remembered_devices;
    let list = |rows: Vec<Row>| {
        let rows = rows.into_iter();
        rows.map(|row| device(row, request)).collect_view()
    };
    let unused_count = unused.len();
    let shown = list(used.into_iter().take(most).collect());
    let unused = list(unused);
    view! {
        <section class="section" aria-labelledby="devices-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="devices-title">"Devices"</h2>
                    <p class="section__lead">"Where you’re signed in or remembered right now."</p>
                </div>
                {(others > 0).then(|| forms::end_others(open, request))}
            </div>
            <ul class="devices" role="list">{shown}</ul>
            {(more > 0)
                .then(|| {
                    view! {
                        <p class="cluster">
                            <a rel="external" class="button" href="/profile/security?devices=all#devices-title">
                                {format!("Show all {all}")}
                            </a>
                        </p>
                    }
                })}
            {(unused_count > 0)
                .then(|| {
                    view! {
                        <details class="fold">
                            <summary class="fold__summary">
                                {format!("Not used for 30 days ({unused_count})")}
                            </summary>
                            <ul class="devices" role="list">{unused}</ul>
                        </details>
                    }
                })}
        </section>
    }
}

fn device(row: Row, request: &PageRequest) -> impl IntoView + use<> {
    let shape = Looks::from(device::of(&row.user_agent).kind).shape();
    let (name, browser) = named(row.label.clone(), &row.user_agent);
    let tint = if row.this { "" } else { "plain" };
    let seen = row.last_active + Duration::from_mins(2) > request.now.at;
    let active = if row.this || (seen && !row.remembered_only) {
        "Now".into_any()
    } else {
        view! { <When at=row.last_active show=Show::Full /> }.into_any()
    };
    let (this, remembered_only) = (row.this, row.remembered_only);
    let manage = forms::manage(
        &forms::Target {
            id: &row.id,
            remembered_only,
            this,
            label: row.label.as_deref(),
            name: &name,
        },
        request,
    );
    let ip = row.ip.clone().unwrap_or_else(|| "Unknown".into());
    view! {
        <li class="device">
            <Disc shape tint />
            <h3 class="device__name">
                {name.clone()} " " {this.then(|| view! { <span class="badge badge--accent">"This device"</span> })}
                {remembered_only.then(|| view! { <span class="badge">"Not signed in"</span> })}
                {browser.map(|browser| view! { <span class="device__browser">{browser}</span> })}
            </h3>
            {manage}
            <dl class="device__facts">
                <div>
                    <dt>"IP address"</dt>
                    <dd>{ip}</dd>
                </div>
                <div>
                    <dt>"Signed in"</dt>
                    <dd><When at=row.signed_in show=Show::Full /></dd>
                </div>
                <div>
                    <dt>"Last active"</dt>
                    <dd>{active}</dd>
                </div>
                <div>
                    <dt>"Expires"</dt>
                    <dd><When at=row.expires show=Show::Day /></dd>
                </div>
                <div>
                    <dt>"Method"</dt>
                    <dd>{row.how}</dd>
                </div>
            </dl>
        </li>
    }
}
