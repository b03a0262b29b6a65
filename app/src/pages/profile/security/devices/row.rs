//! A device in the list.

use leptos::prelude::*;

use super::{
    Device, DeviceList,
    forms::{End, Rename},
};
use crate::{
    parts::icon::Disc,
    time::{Show, When},
};

/// The device with this id. What is half typed in its forms stays when something else about it changes.
#[component]
pub(super) fn Row(list: ReadSignal<DeviceList>, id: String) -> impl IntoView {
    let found = Memo::new(move |before: Option<&Option<Device>>| {
        let now = list.with(|list| list.find(&id).cloned());
        // Taken out of the list a moment later.
        now.or_else(|| before.cloned().flatten())
    });
    let may_rename = list.with_untracked(|list| list.may_rename);
    found
        .get_untracked()
        .map(|first| row(first, found, may_rename))
}

fn row(first: Device, found: Memo<Option<Device>>, may_rename: bool) -> impl IntoView {
    let (this, remembered_only) = (first.this, first.remembered_only);
    let shape = first.shape();
    let tint = if this { "" } else { "plain" };
    let name =
        Memo::new(move |_| found.with(|d| d.as_ref().map(|d| d.name.clone()).unwrap_or_default()));
    let browser = Memo::new(move |_| found.with(|d| d.as_ref().and_then(|d| d.browser.clone())));
    let active = Memo::new(move |_| {
        found.with(|d| {
            d.as_ref()
                .filter(|d| !d.active)
                .map(|d| d.last_active.clone())
        })
    });
    let ip = first.ip.clone().unwrap_or_else(|| "Unknown".into());
    let (signed_in, expires, how) = (
        first.signed_in.clone(),
        first.expires.clone(),
        first.how.clone(),
    );
    view! {
        <li class="device">
            <Disc shape tint />
            <h3 class="device__name">
                {name} " " {this.then(|| view! { <span class="badge badge--accent">"This device"</span> })}
                {remembered_only.then(|| view! { <span class="badge">"Not signed in"</span> })}
                {move || browser.get().map(|browser| view! { <span class="device__browser">{browser}</span> })}
            </h3>
            {may_rename.then(|| view! { <Rename device=first.clone() name /> })}
            {(!this).then(|| view! { <End device=first name /> })}
            <dl class="device__facts">
                <div>
                    <dt>"IP address"</dt>
                    <dd>{ip}</dd>
                </div>
                <div>
                    <dt>"Signed in"</dt>
                    <dd><When at=signed_in show=Show::Ago /></dd>
                </div>
                <div>
                    <dt>"Last active"</dt>
                    <dd>
                        {move || match active.get() {
                            Some(at) => view! { <When at show=Show::Ago /> }.into_any(),
                            None => "Now".into_any(),
                        }}
                    </dd>
                </div>
                <div>
                    <dt>"Expires"</dt>
                    <dd><When at=expires show=Show::Day /></dd>
                </div>
                <div>
                    <dt>"Method"</dt>
                    <dd>{how}</dd>
                </div>
            </dl>
        </li>
    }
}
