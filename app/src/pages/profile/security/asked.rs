//! What the address of Profile → Security asks for: which of the devices, and which of the user's events. Every way on in
//! one list keeps where the other is.

use serde::{Deserialize, Serialize};

/// What the page's address asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// A part of a name, a browser or an IP address; empty for all.
    pub q: String,
    /// Of those used in the last 30 days, from 1.
    pub page: usize,
    /// Of the others; none while they are folded away.
    pub unused: Option<usize>,
    /// The events below that number; none for the newest.
    pub before: Option<i64>,
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
            before: query("before").and_then(|number| number.parse().ok()),
        }
    }

    /// The address of a page of the devices used in the last 30 days.
    #[must_use]
    pub fn page_of_used(&self, page: usize) -> String {
        let there = Self {
            page,
            ..self.clone()
        };
        there.address("devices-title")
    }

    /// The address of a page of the other devices.
    #[must_use]
    pub fn page_of_unused(&self, page: usize) -> String {
        let there = Self {
            unused: Some(page),
            ..self.clone()
        };
        there.address("unused-devices")
    }

    /// The address of all devices, searched no longer.
    #[must_use]
    pub fn all_devices(&self) -> String {
        let there = Self {
            before: self.before,
            ..Self::default()
        };
        there.address("devices-title")
    }

    /// The address of the events below that number, or of the newest.
    #[must_use]
    pub fn events(&self, before: Option<i64>) -> String {
        let there = Self {
            before,
            ..self.clone()
        };
        there.address("activity-title")
    }

    fn address(&self, part: &str) -> String {
        let mut fields = Vec::new();
        if !self.q.is_empty() {
            fields.push(format!("q={}", encoded(&self.q)));
        }
        if self.page > 1 {
            fields.push(format!("page={}", self.page));
        }
        fields.extend(self.unused.map(|unused| format!("unused={unused}")));
        fields.extend(self.before.map(|before| format!("before={before}")));
        let query = if fields.is_empty() {
            String::new()
        } else {
            format!("?{}", fields.join("&"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_words_and_where_the_other_lists_are() {
        let first = Asked {
            page: 1,
            ..Asked::default()
        };
        for (address, rest) in [
            (first.page_of_used(2), "?page=2#devices-title"),
            (first.page_of_used(1), "#devices-title"),
            (first.page_of_unused(1), "?unused=1#unused-devices"),
            (first.all_devices(), "#devices-title"),
            (first.events(Some(9)), "?before=9#activity-title"),
            (first.events(None), "#activity-title"),
        ] {
            assert_eq!(address, format!("/profile/security{rest}"));
        }
        let asked = Asked {
            q: "a&b ü".into(),
            page: 3,
            unused: Some(2),
            before: Some(40),
        };
        let words = "/profile/security?q=a%26b%20%C3%BC";
        for (address, rest) in [
            (asked.page_of_used(1), "&unused=2&before=40#devices-title"),
            (
                asked.page_of_unused(3),
                "&page=3&unused=3&before=40#unused-devices",
            ),
            (
                asked.events(Some(20)),
                "&page=3&unused=2&before=20#activity-title",
            ),
            (asked.events(None), "&page=3&unused=2#activity-title"),
        ] {
            assert_eq!(address, format!("{words}{rest}"));
        }
        let all = asked.all_devices();
        assert_eq!(all, "/profile/security?before=40#devices-title");
    }
}
