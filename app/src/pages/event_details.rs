//! What an audit event has recorded besides who, whom and when.

use accounts::{audit::Stored, plans::Plan, roles::Role, text::visible};
use serde_json::Value;

use crate::counted;

/// The details of an event.
pub(crate) struct Details(Value);

impl Details {
    /// Reads them, with what is invisible in their texts written out; what is not JSON has none.
    pub(crate) fn of(event: &Stored) -> Self {
        Self(all_visible(
            serde_json::from_str(&event.details).unwrap_or_default(),
        ))
    }

    /// A text, none when there is none or it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0[name].as_str().filter(|text| !text.is_empty())
    }

    /// A text that the event always has.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or("unknown")
    }

    /// A number, none when there is none.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.0[name].as_u64()
    }

    /// Whether it says so.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.0[name] == true
    }

    /// The texts of a list.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        let texts = self.0[name].as_array().into_iter().flatten();
        texts.filter_map(Value::as_str)
    }

    /// ": 2 sessions and 1 remembered device ended"; empty when nothing did.
    pub(crate) fn ended(&self) -> String {
        let count = |name| self.number(name).unwrap_or_default();
        let ended = counted::ended(count("sessions"), count("remembered_devices"));
        ended.map_or_else(String::new, |ended| format!(": {ended}"))
    }

    /// Whether an application's last word on a logout notice was no: 400 is final. Another status, or none, is that of
    /// the last try before it was given up.
    pub(crate) fn has_refused_notice(&self) -> bool {
        self.number("status") == Some(400)
    }

    /// " from Analytical Engines to Difference Engines".
    pub(crate) fn change(&self) -> String {
        let (from, to) = (self.required("from"), self.required("to"));
        format!(" from {from} to {to}")
    }

    /// "set your curfew to 22:00, UTC"; `whose` is "your" or another possessive.
    pub(crate) fn curfew(&self, whose: &str) -> String {
        match (self.text("time"), self.text("zone")) {
            (Some(time), Some(zone)) => format!("set {whose} curfew to {time}, {zone}"),
            _ => format!("removed {whose} curfew"),
        }
    }

    /// "created the API token “Backup”"; `kind` is "API" or "MCP".
    pub(crate) fn token(&self, did: &str, kind: &str) -> String {
        match (self.number("tokens"), self.text("name")) {
            (Some(1), _) => format!("{did} 1 {kind} token with a remote logout"),
            (Some(n), _) => format!("{did} {n} {kind} tokens with a remote logout"),
            (None, Some(name)) => format!("{did} the {kind} token “{name}”"),
            (None, None) => format!("{did} an {kind} token"),
        }
    }

    /// The name of a plan.
    pub(crate) fn plan(&self, name: &str) -> &str {
        let key = self.required(name);
        match Plan::named(key) {
            Some(plan) => plan.name(),
            None => key,
        }
    }

    /// The name of a role, in a sentence.
    pub(crate) fn role(&self, name: &str) -> String {
        let key = self.required(name);
        Role::of_key(key).map_or_else(|| key.to_owned(), |role| role.name().to_lowercase())
    }
}

/// Whether the user whom the event is about did it themselves.
pub(crate) fn is_own(event: &Stored) -> bool {
    let actor = event.actor.strip_prefix("user:");
    actor.is_some() && actor == event.subject.as_deref()
}

fn all_visible(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(visible(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(all_visible).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, all_visible(value)))
            .collect(),
        other => other,
    }
}

/// All details, name and value each.
pub(crate) fn fields(details: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::from_str(details).map(all_visible) else {
        return Vec::new();
    };
    fields
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) => text,
                Value::Null => String::new(),
                other => other.to_string(),
            };
            (name, value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_that_are_no_object_are_nothing() {
        assert_eq!(fields(r#"{"a_b":1,"c":"<x>","d":null}"#).len(), 3);
        for nonsense in ["", "[]", "7", "{"] {
            assert!(fields(nonsense).is_empty(), "{nonsense}");
        }
    }
}
