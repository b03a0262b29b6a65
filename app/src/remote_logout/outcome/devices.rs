//! The sessions that end, by name and by when they were last used.

use leptos::prelude::*;

use crate::{
    parts::icon::Icon,
    remote_logout::facts::Device,
    time::{Show, When},
};

/// Rows that are shown at once, so that the list is never cut in the middle; the others are behind "and 15 more".
const FEW: usize = 4;

/// The sessions by name: the first few, and the others behind "and 15 more".
#[component]
pub(super) fn Devices(devices: Vec<Device>, sessions: u64) -> impl IntoView {
    let few = if devices.len() > FEW { FEW - 1 } else { FEW };
    let mut devices = devices
        .into_iter()
        .map(|device| view! { <DeviceRow device /> });
    let first: Vec<_> = devices.by_ref().take(few).collect();
    let rest: Vec<_> = devices.collect();
    let count = |n: usize| u64::try_from(n).unwrap_or(0);
    let hidden = sessions.saturating_sub(count(first.len()));
    let nameless = hidden.saturating_sub(count(rest.len()));
    view! {
        <ul class="outcome__devices" role="list" aria-label="Sessions that will end">
            {first}
        </ul>
        {(hidden > 0)
            .then(|| {
                view! {
                    <details class="outcome__rest">
                        <summary>{format!("and {hidden} more")}</summary>
                        <ul
                            class="outcome__devices outcome__devices--rest"
                            role="list"
                            tabindex="0"
                            aria-label="More sessions that will end"
                        >
                            {rest}
                            {(nameless > 0).then(|| view! { <li><span>{format!("and {nameless} more")}</span></li> })}
                        </ul>
                    </details>
                }
            })}
    }
}

#[component]
fn DeviceRow(device: Device) -> impl IntoView {
    view! {
        <li>
            <Icon shape=device.looks.shape() />
            <span class="outcome__device">{device.label}</span>
            {device.this.then(|| view! { <span class="badge badge--accent">"This device"</span> })}
            <span class="outcome__where">
                {device.ip} " · "
                {match device.last_active {
                    Some(at) => view! { <When at show=Show::Ago /> }.into_any(),
                    None => "active now".into_any(),
                }}
            </span>
        </li>
    }
}
