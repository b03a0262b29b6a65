//! Where there are more devices than fit on a page: search, and the way to the other pages. Plain links and a plain form.

use leptos::prelude::*;

use super::{Asked, DeviceList};
use crate::{counted::grouped, parts::link::Link};

/// One of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceGroup {
    Used,
    Unused,
}

/// Finds devices. Recent activity stays where it is.
#[component]
pub(super) fn Search(asked: Asked) -> impl IntoView {
    let all = (!asked.q.is_empty()).then(|| asked.all_devices());
    let before = asked.before.map(|before| {
        view! { <input type="hidden" name="before" value=before.to_string() /> }
    });
    view! {
        <form class="inline-form" method="get" action="/profile/security#devices-title" role="search">
            <label class="visually-hidden" for="device-search">"Search devices"</label>
            <input
                class="input input--search"
                id="device-search"
                name="q"
                type="search"
                placeholder="Name, browser or IP address"
                value=asked.q
                autocomplete="off"
            />
            {before}
            <button class="button" type="submit">"Search"</button>
            {all.map(|href| view! { <Link class="button button--quiet" href>"Show all"</Link> })}
        </form>
    }
}

/// Nothing was found.
#[component]
pub(super) fn NoMatch() -> impl IntoView {
    view! { <p role="status">"No device matches. Search for a part of a name, a browser or an IP address."</p> }
}

/// "21–40 of 10,000", and the way to the pages before and after.
#[component]
pub(super) fn Pages(
    list: ReadSignal<DeviceList>,
    which: DeviceGroup,
    asked: StoredValue<Asked>,
) -> impl IntoView {
    let place = Memo::new(move |_| {
        list.with(|list| {
            let listed = list.of(which);
            (listed.before, listed.devices.len(), listed.all)
        })
    });
    move || {
        let (before, here, all) = place.get();
        (here < all).then(|| {
            let page = match which {
                DeviceGroup::Used => asked.with_value(|asked| asked.page),
                DeviceGroup::Unused => asked.with_value(|asked| asked.unused.unwrap_or(1)),
            };
            let to = |page| {
                asked.with_value(|asked| match which {
                    DeviceGroup::Used => asked.page_of_used(page),
                    DeviceGroup::Unused => asked.page_of_unused(page),
                })
            };
            let words = format!(
                "{}–{} of {}",
                grouped(before + 1),
                grouped(before + here),
                grouped(all)
            );
            let label = match which {
                DeviceGroup::Used => "Pages of devices",
                DeviceGroup::Unused => "Pages of devices not used for 30 days",
            };
            view! {
                <nav class="cluster" aria-label=label>
                    <span>{words}</span>
                    {(before > 0)
                        .then(|| view! { <Link class="button button--small" href=to(page - 1)>"Previous"</Link> })}
                    {(before + here < all)
                        .then(|| view! { <Link class="button button--small" href=to(page + 1)>"Next"</Link> })}
                </nav>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_number_is_read_in_groups() {
        for (n, said) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(n), said);
        }
    }
}
