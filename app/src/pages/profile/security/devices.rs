//! The devices: this one first, and what you may do to each. The list follows the database while it is looked at.

mod forms;
#[cfg(feature = "ssr")]
mod read;
mod row;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub(super) use read::read;

use crate::{devices::Looks, error::AppError, islands::following, parts::icon::Shape, time::Time};
use forms::EndOthers;
use row::Row;

/// The sessions and remembered devices of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceList {
    /// Whose they are, and the epoch under which they are live: what a form names that this is shown with.
    pub user: String,
    pub epoch: i64,
    /// This one first, then last active first.
    pub devices: Vec<Device>,
    /// How many there are in all that were used in the last 30 days.
    pub all: usize,
    /// What signing out the others ends.
    pub other_sessions: u64,
    pub remembered_devices: u64,
}

/// One of them.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that the row shows"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub id: String,
    /// It is signed in nowhere.
    pub remembered_only: bool,
    pub this: bool,
    pub name: String,
    /// The name that the user gave it.
    pub label: Option<String>,
    /// What its browser is called, beside a name that the user gave it.
    pub browser: Option<String>,
    pub looks: Looks,
    pub ip: Option<String>,
    pub signed_in: Time,
    pub last_active: Time,
    /// It is in use right now.
    pub active: bool,
    /// It was not used for 30 days.
    pub unused: bool,
    pub expires: Time,
    pub how: String,
}

impl Device {
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.looks.shape()
    }
}

/// The devices of the user signed in. With `all` every one, else the first of those used in the last 30 days.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "devices")]
pub async fn devices(all: bool) -> Result<DeviceList, AppError> {
    use crate::context::{reader, signed_in};

    let me = signed_in()?;
    let mut conn = reader().await?;
    Ok(read(&mut conn, &me, all).await?)
}

/// The section. `list` is what the page came with.
#[island]
pub fn Devices(list: DeviceList, all: bool) -> impl IntoView {
    let list = following(list, move || devices(all));
    let ids = move |unused: bool| {
        list.with(|list| {
            let devices = list.devices.iter().filter(|device| device.unused == unused);
            devices.map(|device| device.id.clone()).collect::<Vec<_>>()
        })
    };
    let used = Memo::new(move |_| ids(false));
    let unused = Memo::new(move |_| ids(true));
    let hidden = Memo::new(move |_| list.with(|list| list.all.saturating_sub(used.with(Vec::len))));
    let others =
        Memo::new(move |_| list.with(|list| list.other_sessions + list.remembered_devices > 0));
    view! {
        <section class="section" aria-labelledby="devices-title" translate="no">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="devices-title">"Devices"</h2>
                    <p class="section__lead">"Where you’re signed in or remembered right now."</p>
                </div>
                {move || others.get().then(|| view! { <EndOthers list /> })}
            </div>
            <ul class="devices" role="list">
                <For each=move || used.get() key=Clone::clone let(id)>
                    <Row list id />
                </For>
            </ul>
            {move || {
                (hidden.get() > 0)
                    .then(|| {
                        view! {
                            <p class="cluster">
                                <a rel="external" class="button" href="/profile/security?devices=all#devices-title">
                                    {move || format!("Show all {}", list.with(|list| list.all))}
                                </a>
                            </p>
                        }
                    })
            }}
            {move || {
                unused
                    .with(|unused| !unused.is_empty())
                    .then(|| {
                        view! {
                            <details class="fold">
                                <summary class="fold__summary">
                                    {move || format!("Not used for 30 days ({})", unused.with(Vec::len))}
                                </summary>
                                <ul class="devices" role="list">
                                    <For each=move || unused.get() key=Clone::clone let(id)>
                                        <Row list id />
                                    </For>
                                </ul>
                            </details>
                        }
                    })
            }}
        </section>
    }
}
