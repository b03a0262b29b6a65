//! Which keys the file may have, and of which type their values are. What is wrong is said without the value: a secret may
//! stand in the wrong place.

use accounts::text::visible;
use toml::{Table, Value};

/// What may stand behind a key.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text,
    Texts,
    YesOrNo,
}

/// The keys of an application: those of [`Entry`](super::entry::Entry).
pub(super) const KEYS: [(&str, Shape); 24] = [
    ("remove", Shape::YesOrNo),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("preset", Shape::Text),
    ("address", Shape::Text),
    ("redirects", Shape::Texts),
    ("plain_http", Shape::YesOrNo),
    ("public", Shape::YesOrNo),
    ("without_pkce", Shape::YesOrNo),
    ("signing_algorithm", Shape::Text),
    ("claims_in_id_token", Shape::YesOrNo),
    ("logout_address", Shape::Text),
    ("signed_out_address", Shape::Text),
    ("own_session", Shape::Text),
    ("open_paths", Shape::Texts),
    ("passes_preflights", Shape::YesOrNo),
    ("roles", Shape::Texts),
    ("members", Shape::Texts),
    ("second_factor", Shape::YesOrNo),
    ("client_id", Shape::Text),
    ("secret_file", Shape::Text),
    ("old_secret_file", Shape::Text),
    ("secret_hash", Shape::Text),
    ("old_secret_hash", Shape::Text),
];

impl Shape {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_str(),
            Self::Texts => value
                .as_array()
                .is_some_and(|values| values.iter().all(Value::is_str)),
            Self::YesOrNo => value.is_bool(),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text => "A text in quotation marks is expected here.",
            Self::Texts => "A list of texts in quotation marks is expected here.",
            Self::YesOrNo => "true or false is expected here, without quotation marks.",
        }
    }
}

/// A key or a value that the file cannot have.
pub(super) struct Misshapen {
    /// The application whose it is; none where it stands above all of them.
    pub application: Option<String>,
    /// Empty where the application itself is none.
    pub key: String,
    pub why: String,
}

/// Looks at every key and at the type of every value.
pub(super) fn check(file: &Table) -> Result<(), Misshapen> {
    let of_file = |key: &str, why: &str| Misshapen {
        application: None,
        key: key.to_owned(),
        why: why.to_owned(),
    };
    for (key, value) in file {
        match (key.as_str(), value) {
            ("account_of", Value::String(_)) => {}
            ("account_of", _) => return Err(of_file(key, Shape::Text.expected())),
            ("applications", Value::Table(applications)) => {
                for (name, value) in applications {
                    check_application(name, value)?;
                }
            }
            ("applications", _) => {
                let why = "Tables such as [applications.wiki] are expected here.";
                return Err(of_file(key, why));
            }
            _ => {
                let why = "There is no such key: the file has account_of and tables such as [applications.wiki].";
                return Err(of_file(&visible(key), why));
            }
        }
    }
    Ok(())
}

fn check_application(name: &str, value: &Value) -> Result<(), Misshapen> {
    let wrong = |key: &str, why: String| Misshapen {
        application: Some(name.to_owned()),
        key: key.to_owned(),
        why,
    };
    let Value::Table(fields) = value else {
        let why = "A table is expected here.".to_owned();
        return Err(wrong("", why));
    };
    for (key, value) in fields {
        let Some((_, shape)) = KEYS.iter().find(|(known, _)| known == key) else {
            let known: Vec<&str> = KEYS.iter().map(|(known, _)| *known).collect();
            let why = format!("There is no such key. The keys are {}.", known.join(", "));
            return Err(wrong(key, why));
        };
        if !shape.fits(value) {
            return Err(wrong(key, shape.expected().to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::applications_file::entry::Entry;

    #[test]
    fn the_keys_are_those_that_are_read() {
        let unknown: Table = toml::from_str("no_such_key = 1").unwrap();
        let said = match Entry::deserialize(unknown) {
            Ok(_) => panic!("it was read"),
            Err(error) => error.to_string(),
        };
        let (_, read) = said.split_once("expected one of ").unwrap();
        let read: Vec<&str> = read
            .trim()
            .split(", ")
            .map(|key| key.trim_matches('`'))
            .collect();
        assert_eq!(read, KEYS.map(|(key, _)| key));
    }

    #[test]
    fn what_fits_its_shape_is_read() {
        for (key, shape) in KEYS {
            let value = match shape {
                Shape::Text => Value::from("x"),
                Shape::Texts => Value::from(vec!["x"]),
                Shape::YesOrNo => Value::from(true),
            };
            let table = Table::from_iter([(key.to_owned(), value)]);
            assert!(Entry::deserialize(table).is_ok(), "{key}");
        }
    }
}
