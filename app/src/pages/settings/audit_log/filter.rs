//! Which events are shown: read from the address, shown as a form, carried along by links.

use std::time::Duration;

use accounts::{
    audit::{Action, CATEGORIES, Cut, Filter},
    ids::UserId,
    text::visible,
    time::UnixMillis,
};
use form_urlencoded::Serializer;
use leptos::prelude::*;

use super::titles;
use crate::parts::plain::Choice;

pub(super) const SEVERITIES: [(&str, &str); 4] = [
    ("info", "Info"),
    ("notice", "Notice"),
    ("warning", "Warning"),
    ("alert", "Alert"),
];

/// A part of the log, as an address asks for it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub filter: Filter,
    pub cut: Cut,
    /// The fields of the form that are filled in, as they were typed.
    fields: Vec<(String, String)>,
}

const FIELDS: [&str; 6] = ["q", "action", "user", "severity", "from", "until"];

/// Reads a query and ignores what makes no sense in it.
#[must_use]
pub fn asked(query: &str) -> Asked {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .filter(|(_, value)| !value.trim().is_empty() && value.len() <= 200)
        .collect();
    let one = |name: &str| {
        let found = pairs.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.trim().to_owned())
    };
    let number = |name| one(name).and_then(|text| text.parse::<i64>().ok());
    let cut = match (number("before"), number("after")) {
        (Some(before), _) => Cut::Before(before),
        (None, Some(after)) => Cut::After(after),
        (None, None) => Cut::Before(i64::MAX),
    };
    let day = Duration::from_hours(24);
    Asked {
        filter: Filter {
            action: one("action"),
            severity: one("severity"),
            user: one("user").map(UserId),
            from: one("from").and_then(|text| midnight(&text)),
            until: one("until")
                .and_then(|text| midnight(&text))
                .map(|at| at + day),
            words: one("q"),
        },
        cut,
        fields: FIELDS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), one(name)?)))
            .collect(),
    }
}

/// The beginning of a day in UTC, of `2026-11-22`.
fn midnight(text: &str) -> Option<UnixMillis> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(UnixMillis(at.timestamp().as_millisecond()))
}

impl Asked {
    pub(super) fn is_filtered(&self) -> bool {
        !self.fields.is_empty()
    }

    pub(super) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The address of the events with this field set to that value, and the other fields as they are; empty takes the
    /// field out.
    pub(super) fn with(&self, changes: &[(&str, &str)]) -> String {
        let kept = self
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let set = changes
            .iter()
            .copied()
            .filter(|(_, value)| !value.is_empty());
        let query = Serializer::new(String::new())
            .extend_pairs(kept.chain(set))
            .finish();
        if query.is_empty() {
            return "/settings/audit-log".into();
        }
        format!("/settings/audit-log?{query}")
    }

    fn field(&self, name: &str) -> String {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn query(&self) -> String {
        Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }

    /// The address of another page of these events; `cut` is `before=…` or `after=…`.
    pub(super) fn page(&self, cut: &str) -> String {
        let query = self.query();
        let both = if query.is_empty() || cut.is_empty() {
            query + cut
        } else {
            format!("{query}&{cut}")
        };
        format!("/settings/audit-log?{both}")
    }

    /// The address of all these events in a file.
    pub(super) fn export(&self, format: &str) -> String {
        let query = self.query();
        let and = if query.is_empty() { "" } else { "&" };
        format!("/settings/audit-log/export?format={format}{and}{query}")
    }
}

pub(super) fn form(asked: &Asked, users: Vec<(UserId, String)>) -> impl IntoView + use<> {
    let any = |label: &str| (String::new(), label.to_owned());
    let users = std::iter::once(any("All members"))
        .chain(
            users
                .into_iter()
                .map(|(id, name)| (id.0, visible(&name).into_owned())),
        )
        .collect();
    let severities = std::iter::once(any("Any"))
        .chain(
            SEVERITIES
                .iter()
                .map(|(key, label)| ((*key).to_owned(), (*label).to_owned())),
        )
        .collect();
    let input = |name: &'static str, label: &'static str, kind: &'static str| {
        view! {
            <div class="field">
                <label class="field__label" for=name>{label}</label>
                <input class="input" id=name name=name type=kind value=asked.field(name) autocomplete="off" />
            </div>
        }
    };
    view! {
        <form class="filter" method="get" action="/settings/audit-log" role="search">
            {input("q", "Search", "search")}
            {actions(&asked.field("action"))}
            <Choice name="user" label="Member" options=users chosen=asked.field("user") />
            <Choice name="severity" label="Severity" options=severities chosen=asked.field("severity") />
            {input("from", "From (UTC)", "date")}
            {input("until", "Until (UTC)", "date")}
            <button class="button filter__send" type="submit">"Filter"</button>
        </form>
    }
}

/// The actions to choose from, in the words of the list, a group for each category.
fn actions(chosen: &str) -> impl IntoView + use<> {
    let chosen = chosen.to_owned();
    let groups = CATEGORIES.map(|category| {
        let options = Action::ALL
            .iter()
            .filter(|action| action.category() == category)
            .map(|action| {
                let name = action.name();
                view! { <option value=name selected=name == chosen>{titles::action(*action)}</option> }
            })
            .collect_view();
        view! { <optgroup label=titles::category(category)>{options}</optgroup> }
    });
    view! {
        <div class="field">
            <label class="field__label" for="action">"Action"</label>
            <select class="input" id="action" name="action">
                <option value="">"All actions"</option>
                {groups.into_iter().collect_view()}
            </select>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_nonsense_in_it_is_ignored() {
        let all = asked("");
        assert_eq!(
            (all.filter.clone(), all.cut),
            (Filter::default(), Cut::Before(i64::MAX))
        );
        assert!(!all.is_filtered());
        let nonsense = format!(
            "from=yesterday&before=x&after=&q=++&user={}&unknown=1",
            "x".repeat(300)
        );
        assert_eq!(asked(&nonsense).filter, Filter::default());
        let some = asked("q=ada&action=user.login&from=2026-11-22&until=2026-11-22&before=7");
        assert_eq!(some.cut, Cut::Before(7));
        let (from, until) = (some.filter.from.unwrap(), some.filter.until.unwrap());
        assert_eq!(until.0 - from.0, 24 * 60 * 60 * 1000);
        assert!(some.page("after=9").ends_with("until=2026-11-22&after=9"));
        assert_eq!(
            some.with(&[("q", ""), ("from", ""), ("until", "2026-11-23")]),
            "/settings/audit-log?action=user.login&until=2026-11-23"
        );
        let none = asked("q=ada").with(&[("q", "")]);
        assert_eq!(none, "/settings/audit-log");
        assert!(
            some.export("csv")
                .starts_with("/settings/audit-log/export?format=csv&q=ada")
        );
    }
}
