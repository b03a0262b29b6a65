//! The devices: this one first, and what you may do to each. The list follows the database while it is looked at.

mod forms;
mod pages;
#[cfg(feature = "ssr")]
mod read;
mod row;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub(super) use read::read;

use super::asked::Asked;
use crate::{devices::Looks, error::AppError, islands::following, parts::icon::Shape, time::Time};
use forms::EndOthers;
use pages::{DeviceGroup, NoMatch, Pages, Search};
use row::Row;

/// The sessions and remembered devices of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceList {
    /// Whose they are, and the epoch under which they are live: what a form names that this is shown with.
    pub user: String,
    pub epoch: i64,
    /// A page of those used in the last 30 days, this one first, then last active first.
    pub used: Listed,
    /// A page of the others.
    pub unused: Listed,
    /// There are more than fit on a page: they can be searched.
    pub many: bool,
    /// The user may name a device: not while they owe a second factor.
    pub may_rename: bool,
    /// What signing out the others ends.
    pub other_sessions: u64,
    pub remembered_devices: u64,
}

/// A page of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub devices: Vec<Device>,
    /// How many stand on the pages before.
    pub before: usize,
    /// How many there are on all pages.
    pub all: usize,
}

/// One of them.
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
    pub expires: Time,
    pub how: String,
}

impl Device {
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.looks.shape()
    }
}

impl DeviceList {
    fn find(&self, id: &str) -> Option<&Device> {
        let mut all = self.used.devices.iter().chain(&self.unused.devices);
        all.find(|device| device.id == id)
    }

    fn of(&self, which: DeviceGroup) -> &Listed {
        match which {
            DeviceGroup::Used => &self.used,
            DeviceGroup::Unused => &self.unused,
        }
    }
}

/// The devices of the user signed in: a page of those that were used in the last 30 days, and one of the others. `q` is a
/// part of a name, a browser or an IP address.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "devices")]
pub async fn devices(
    q: Option<String>,
    page: Option<usize>,
    unused: Option<usize>,
) -> Result<DeviceList, AppError> {
    use crate::context::{reader, signed_in};

    let me = signed_in()?;
    let mut conn = reader().await?;
    let asked = Asked {
        q: q.unwrap_or_default(),
        page: page.unwrap_or(1),
        unused,
        before: None,
    };
    Ok(read(&mut conn, &me, &asked).await?)
}

/// The section. `list` is what the page came with.
#[island]
pub fn Devices(list: DeviceList, asked: Asked) -> impl IntoView {
    let look_up = {
        let asked = asked.clone();
        move || {
            let Asked {
                q, page, unused, ..
            } = asked.clone();
            devices((!q.is_empty()).then_some(q), Some(page), unused)
        }
    };
    let list = following(list, look_up);
    let others =
        Memo::new(move |_| list.with(|list| list.other_sessions + list.remembered_devices > 0));
    let unused = Memo::new(move |_| list.with(|list| list.unused.all));
    let none = Memo::new(move |_| list.with(|list| list.used.all + list.unused.all == 0));
    let searched = !asked.q.is_empty();
    let can_search = Memo::new(move |_| searched || list.with(|list| list.many));
    // What was asked for is seen at once.
    let open = asked.unused.is_some() || searched;
    let asked = StoredValue::new(asked);
    view! {
        <section class="section" aria-labelledby="devices-title" translate="no">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="devices-title">"Devices"</h2>
                    <p class="section__lead">"Where you’re signed in or remembered right now."</p>
                </div>
                {move || others.get().then(|| view! { <EndOthers list /> })}
            </div>
            {move || can_search.get().then(|| view! { <Search asked=asked.with_value(Asked::clone) /> })}
            {move || none.get().then(|| view! { <NoMatch /> })}
            <Rows list which=DeviceGroup::Used />
            <Pages list which=DeviceGroup::Used asked />
            {move || {
                (unused.get() > 0)
                    .then(|| {
                        view! {
                            <details class="fold" id="unused-devices" open=open>
                                <summary class="fold__summary">
                                    {move || format!("Not used for 30 days ({})", unused.get())}
                                </summary>
                                <Rows list which=DeviceGroup::Unused />
                                <Pages list which=DeviceGroup::Unused asked />
                            </details>
                        }
                    })
            }}
        </section>
    }
}

/// The devices of one page.
#[component]
fn Rows(list: ReadSignal<DeviceList>, which: DeviceGroup) -> impl IntoView {
    let ids = Memo::new(move |_| {
        list.with(|list| {
            let devices = list.of(which).devices.iter();
            devices.map(|device| device.id.clone()).collect::<Vec<_>>()
        })
    });
    let any = Memo::new(move |_| ids.with(|ids| !ids.is_empty()));
    move || {
        any.get().then(|| {
            view! {
                <ul class="devices" role="list">
                    <For each=move || ids.get() key=Clone::clone let(id)>
                        <Row list id />
                    </For>
                </ul>
            }
        })
    }
}
