//! Where there are more devices than fit on a page: search, and the way to the other pages. Plain links and a plain form.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::DeviceList;
use crate::{counted::grouped, parts::link::Link};

/// What the page's address asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// A part of a name, a browser or an IP address; empty for all.
    pub q: String,
    /// Of those used in the last 30 days, from 1.
    pub page: usize,
    /// Of the others; none while they are folded away.
    pub unused: Option<usize>,
}

/// One of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceGroup {
    Used,
    Unused,
}

impl Asked {
    /// From the page's address.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn of_page() -> Self {
        use crate::context::query;

        let number = |name| query(name)?.parse().ok();
        Self {
            q: query("q").unwrap_or_default().trim().to_owned(),
            page: number("page").unwrap_or(1),
            unused: number("unused"),
        }
    }

    /// The address of a page of one of the lists; the other stays where it is.
    fn address(&self, which: DeviceGroup, page: usize) -> String {
        let (used, unused) = match which {
            DeviceGroup::Used => (page, self.unused),
            DeviceGroup::Unused => (self.page, Some(page)),
        };
        let mut fields = Vec::new();
        if !self.q.is_empty() {
            fields.push(format!("q={}", encoded(&self.q)));
        }
        if used > 1 {
            fields.push(format!("page={used}"));
        }
        fields.extend(unused.map(|unused| format!("unused={unused}")));
        let query = if fields.is_empty() {
            String::new()
        } else {
            format!("?{}", fields.join("&"))
        };
        let part = match which {
            DeviceGroup::Used => "devices-title",
            DeviceGroup::Unused => "unused-devices",
        };
        format!("/profile/security{query}#{part}")
    }
}

/// A text as a value in an address.
fn encoded(text: &str) -> String {
    use std::fmt::Write;

    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Finds devices.
#[component]
pub(super) fn Search(words: String) -> impl IntoView {
    let searched = !words.is_empty();
    view! {
        <form class="inline-form" method="get" action="/profile/security#devices-title" role="search">
            <label class="visually-hidden" for="device-search">"Search devices"</label>
            <input
                class="input input--search"
                id="device-search"
                name="q"
                type="search"
                placeholder="Name, browser or IP address"
                value=words
                autocomplete="off"
            />
            <button class="button" type="submit">"Search"</button>
            {searched
                .then(|| {
                    view! { <Link class="button button--quiet" href="/profile/security#devices-title">"Show all"</Link> }
                })}
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
            let to = |page| asked.with_value(|asked| asked.address(which, page));
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
    fn an_address_keeps_the_words_and_the_page_of_the_other_list() {
        let mut asked = Asked {
            page: 1,
            ..Asked::default()
        };
        let to = |asked: &Asked, which, page| asked.address(which, page);
        let used = to(&asked, DeviceGroup::Used, 2);
        assert_eq!(used, "/profile/security?page=2#devices-title");
        assert_eq!(
            to(&asked, DeviceGroup::Used, 1),
            "/profile/security#devices-title"
        );
        let unused = to(&asked, DeviceGroup::Unused, 1);
        assert_eq!(unused, "/profile/security?unused=1#unused-devices");
        asked = Asked {
            q: "a&b ü".into(),
            page: 3,
            unused: Some(2),
        };
        let unused = to(&asked, DeviceGroup::Unused, 3);
        assert_eq!(
            unused,
            "/profile/security?q=a%26b%20%C3%BC&page=3&unused=3#unused-devices"
        );
    }

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
