//! Chips above the list: the filters that are set, each with a way to take it out, and what is asked for most often.

use accounts::{ids::UserId, text::visible, time::Moment};
use leptos::prelude::*;

use super::{asked::Asked, filter::SEVERITIES, titles};
use crate::parts::{
    icon::{Icon, Shape},
    link::Link,
};

/// Days up to today, in UTC like the fields: label, and how many days before today they begin.
const DAYS: [(&str, i64); 3] = [("Today", 0), ("Last 7 days", 6), ("Last 30 days", 29)];

/// The chips; `me` is the reader.
pub(super) fn chips(
    asked: &Asked,
    users: &[(UserId, String)],
    me: &UserId,
    now: Moment,
) -> impl IntoView + use<> {
    let set: Vec<_> = asked
        .fields()
        .iter()
        .map(|(name, value)| {
            let words = words(name, value, users);
            let without = asked.with(&[(name, "")]);
            let hidden = format!("Remove the filter “{words}”");
            view! {
                <li>
                    <a class="chip chip--set" rel="external" href=without aria-label=hidden>
                        {words}
                        <Icon shape=Shape::XCircle small=true />
                    </a>
                </li>
            }
        })
        .collect();
    let has = |name: &str| asked.fields().iter().any(|(field, _)| field == name);
    let chip = |label: &'static str, href: String| {
        view! { <li><Link class="chip" href>{label}</Link></li> }
    };
    let mine = (!has("user")).then(|| chip("Only you", asked.with(&[("user", &me.0)])));
    let days = (!has("from") && !has("until")).then(|| {
        let days = DAYS.map(|(label, before)| {
            let from = day(now, before);
            chip(
                label,
                asked.with(&[("from", &from), ("until", &day(now, 0))]),
            )
        });
        days.into_iter().collect_view()
    });
    let all = (set.len() > 1).then(|| chip("Show all events", "/settings/audit-log".into()));
    view! {
        <ul class="chips" role="list" aria-label="Filters">
            {set}
            {all}
            {mine}
            {days}
        </ul>
    }
}

/// A filter in words: "Member: Ada".
fn words(name: &str, value: &str, users: &[(UserId, String)]) -> String {
    match name {
        "action" => titles::named(value).into(),
        "user" => {
            let user = users.iter().find(|(id, _)| id.0 == value);
            let name = user.map_or("unknown", |(_, name)| name.as_str());
            format!("Member: {}", visible(name))
        }
        "severity" => {
            let label = SEVERITIES.iter().find(|(key, _)| *key == value);
            format!("Severity: {}", label.map_or("unknown", |(_, label)| *label))
        }
        "from" => format!("From {value}"),
        "until" => format!("Until {value}"),
        _ => format!("“{}”", visible(value)),
    }
}

/// `2026-11-22`, that many days before now.
fn day(now: Moment, before: i64) -> String {
    let at = now.at.0 - before * 24 * 60 * 60 * 1_000;
    let stamp = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    stamp.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use accounts::time::UnixMillis;

    use super::*;

    #[test]
    fn a_filter_is_said_in_the_words_of_the_list() {
        let users = [(UserId("u1".into()), "Ada".to_owned())];
        for (name, value, said) in [
            ("action", "user.session_invalidated", "Remote logout"),
            ("action", "new.action", "new.action"),
            ("user", "u1", "Member: Ada"),
            ("user", "u2", "Member: unknown"),
            ("severity", "alert", "Severity: Alert"),
            ("from", "2026-11-22", "From 2026-11-22"),
            ("q", "firefox", "“firefox”"),
        ] {
            assert_eq!(words(name, value, &users), said);
        }
    }

    #[test]
    fn days_are_counted_back_from_now() {
        let now = Moment::at(UnixMillis(1_795_000_000_000));
        assert_eq!([day(now, 0), day(now, 29)], ["2026-11-18", "2026-10-20"]);
    }
}
