//! Which events are asked for: read from an address, and carried along by links.

use std::time::Duration;

use accounts::{
    audit::{Action, Cut, Filter, SEVERITIES},
    ids::{UserId, is_id},
    text::visible,
    time::UnixMillis,
};
use form_urlencoded::Serializer;

use super::looked_for;
use crate::error::AppError;

/// Most characters of a field.
const LONGEST: usize = 200;

/// Most words of a search: each is looked for in every event that a look goes through.
const MOST_WORDS: usize = 8;

const FIELDS: [&str; 6] = ["q", "action", "user", "severity", "from", "until"];

/// A part of the log, as an address asks for it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub filter: Filter,
    pub cut: Cut,
    /// The fields of the form that are filled in.
    fields: Vec<(String, String)>,
    /// The same as they were typed, and those that cannot be used, too.
    typed: Vec<(&'static str, String)>,
    /// What is wrong with fields, in words for the reader.
    problems: Vec<(&'static str, String)>,
}

/// Reads a query. A field that makes no sense is left out, and a problem says so.
#[must_use]
pub fn asked(query: &str) -> Asked {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .filter(|(_, value)| !value.trim().is_empty())
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
    let mut asked = Asked {
        filter: Filter::default(),
        cut,
        fields: Vec::new(),
        typed: Vec::new(),
        problems: Vec::new(),
    };
    for name in FIELDS {
        if let Some(typed) = one(name) {
            match asked.take(name, &typed) {
                Ok(used) => asked.fields.push((name.to_owned(), used)),
                Err(why) => asked.problems.push((name, why)),
            }
            asked.typed.push((name, typed));
        }
    }
    asked.take_title();
    if let (Some(from), Some(until)) = (asked.filter.from, asked.filter.until)
        && until <= from
    {
        let why = "This day is before “From”, so no event lies between.";
        asked.problems.push(("until", why.to_owned()));
    }
    asked
}

/// The beginning of a day in UTC, of `2026-11-22`, and the day as a field shows it.
fn midnight(text: &str) -> Option<(UnixMillis, String)> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some((UnixMillis(at.timestamp().as_millisecond()), day.to_string()))
}

impl Asked {
    /// Puts a field into the filter. Gives it as it is used, or says why it is left out.
    fn take(&mut self, name: &str, typed: &str) -> Result<String, String> {
        let filter = &mut self.filter;
        let used = typed.to_owned();
        let no_choice = || "There is no such choice, so it was left out.".to_owned();
        match name {
            "q" => {
                let length = typed.chars().count();
                if length > LONGEST {
                    return Err(format!(
                        "Use {LONGEST} characters or fewer. This search has {length}, so it was left out."
                    ));
                }
                let words = looked_for::words_of(typed);
                match words.len() {
                    0 => return Err("There is no word in this search, so it was left out.".into()),
                    1..=MOST_WORDS => filter.words = words,
                    more => {
                        return Err(format!(
                            "Use {MOST_WORDS} words or fewer. This search has {more}, so it was left out."
                        ));
                    }
                }
            }
            "from" | "until" => {
                let Some((at, day)) = midnight(typed) else {
                    let start: String = typed.chars().take(40).collect();
                    return Err(format!(
                        "“{}” is no date, so it was left out. Write a date like 2026-11-22.",
                        visible(&start)
                    ));
                };
                if name == "from" {
                    filter.from = Some(at);
                } else {
                    filter.until = Some(at + Duration::from_hours(24));
                }
                return Ok(day);
            }
            _ if typed.chars().count() > LONGEST || typed.chars().any(char::is_control) => {
                return Err(no_choice());
            }
            "user" if !is_id(typed) => return Err(no_choice()),
            "severity" if !SEVERITIES.contains(&typed) => return Err(no_choice()),
            "action" if Action::named(typed).is_none() => return Err(no_choice()),
            "user" => filter.user = Some(UserId(used.clone())),
            "severity" => filter.severity = Some(used.clone()),
            _ => filter.action = Some(used.clone()),
        }
        Ok(used)
    }

    /// An action's whole title is that action, which an index leads to.
    fn take_title(&mut self) {
        let action = looked_for::title(&self.field("q"));
        if let (Some(action), None) = (action, &self.filter.action) {
            self.filter.action = Some(action.name().to_owned());
            self.filter.words.clear();
        }
    }

    /// What was typed into a field, though it may not be used.
    pub(super) fn typed(&self, name: &str) -> String {
        let found = self.typed.iter().find(|(field, _)| *field == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// What is wrong with a field.
    pub(super) fn problem(&self, name: &str) -> Option<String> {
        let found = self.problems.iter().find(|(field, _)| *field == name);
        found.map(|(_, why)| why.clone())
    }

    /// Why nothing can be handed on without the reader seeing what was left out. None when all fields can be used.
    #[must_use]
    pub fn refusal(&self) -> Option<AppError> {
        (!self.problems.is_empty()).then(|| AppError::fields(self.problems.clone()))
    }

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

    pub(super) fn field(&self, name: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read() {
        let all = asked("");
        assert_eq!(
            (all.filter.clone(), all.cut),
            (Filter::default(), Cut::Before(i64::MAX))
        );
        assert!(!all.is_filtered());
        let nonsense = asked("before=x&after=&q=++&unknown=1");
        assert_eq!(nonsense.filter, Filter::default());
        assert!(nonsense.refusal().is_none());
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

    #[test]
    fn what_cannot_be_used_is_left_out_with_a_word() {
        let long = "x".repeat(201);
        for (name, value, says) in [
            ("q", long.as_str(), "201"),
            ("q", "\0", "no word"),
            ("q", "a b c d e f g h i", "This search has 9"),
            ("from", "foo", "“foo” is no date"),
            ("until", "2026-02-30", "“2026-02-30” is no date"),
            ("until", "9999-12-31", "no date"),
            ("from", "\u{202e}", "‹U+202E›"),
            ("user", "no id!", "no such choice"),
            ("user", &"a".repeat(300), "no such choice"),
            ("severity", "loud", "no such choice"),
            ("action", &long, "no such choice"),
            ("action", "bogus", "no such choice"),
            ("action", "a\0", "no such choice"),
        ] {
            let query = Serializer::new(String::new())
                .append_pair(name, value)
                .finish();
            let asked = asked(&query);
            assert_eq!(asked.filter, Filter::default(), "{name}");
            let why = asked.problem(name).unwrap();
            assert!(why.contains(says), "{name}: {why}");
            // It is there to be mended, no chip says that it is set, and no file is made without it.
            assert_eq!(asked.typed(name), value.trim());
            assert!(!asked.is_filtered() && asked.refusal().is_some(), "{name}");
        }
        let fits = "ä".repeat(200);
        assert!(asked(&format!("q={fits}")).refusal().is_none());
        // Each word once.
        assert!(asked("q=a+b+c+d+e+f+g+h+a").refusal().is_none());
        let turned = asked("from=2026-11-22&until=2026-11-21");
        assert!(turned.problem("until").unwrap().contains("before “From”"));
        assert_eq!(turned.fields().len(), 2);
    }

    #[test]
    fn a_day_is_carried_along_as_a_field_shows_it() {
        let asked = asked("from=20261122");
        assert_eq!(asked.page(""), "/settings/audit-log?from=2026-11-22");
    }

    #[test]
    fn a_whole_title_is_its_action() {
        let title = asked("q=remote+LOGOUT");
        assert_eq!(
            title.filter.action.as_deref(),
            Some("user.session_invalidated")
        );
        assert!(title.filter.words.is_empty());
        assert_eq!(title.fields(), [("q".into(), "remote LOGOUT".into())]);
        // Beside another action it is two words.
        let words = asked("q=remote+logout&action=user.login").filter;
        assert_eq!(words.action.as_deref(), Some("user.login"));
        assert_eq!(words.words.len(), 2);
    }
}
