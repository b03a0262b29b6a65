//! The settings file: TOML with the names of the variables, one setting a line.

use std::{collections::BTreeMap, fs, io, path::Path};

use accounts::files;
use toml::{Table, Value};

use super::{hide::may_be_secret, problem::Problem, table};

/// What a settings file sets.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    pub path: String,
    values: BTreeMap<String, String>,
}

impl SettingsFile {
    /// Reads a file, and says what is wrong with it. One that may be absent and is sets nothing.
    pub fn read(path: &Path, may_be_absent: bool) -> (Self, Vec<Problem>) {
        let shown = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&shown, &text),
            Err(error) if may_be_absent && error.kind() == io::ErrorKind::NotFound => {
                (Self::default(), Vec::new())
            }
            Err(error) => {
                let why = if may_be_secret(&shown) {
                    error.to_string()
                } else {
                    files::explain(path, &error)
                };
                let problem = Problem::file(&shown, &why);
                (Self::default(), vec![problem])
            }
        }
    }

    /// Every problem with a name or a type is told; a text that is no TOML is told by its line.
    pub fn parse(path: &str, text: &str) -> (Self, Vec<Problem>) {
        let mut file = Self {
            path: path.to_owned(),
            values: BTreeMap::new(),
        };
        let table: Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                // The error's own message quotes the line, which may hold a secret.
                let start = error.span().map_or(0, |span| span.start);
                let before = text.get(..start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let why = format!(
                    "line {line} is no TOML, or sets something a second time. \
                     Example: CURFEW_LISTEN = \"127.0.0.1:3000\""
                );
                return (file, vec![Problem::file(path, &why)]);
            }
        };
        let mut problems = Vec::new();
        for (name, value) in table {
            if !table::variables().any(|known| known == name) {
                problems.push(Problem::unknown(&name, path));
            } else if name == table::CONFIG {
                let why = format!("{name} names it, and can be set in the environment only");
                problems.push(Problem::file(path, &why));
            } else if let Some(text) = as_text(value) {
                file.values.insert(name, text);
            } else {
                let why = format!("write the value of {name} in quotes");
                problems.push(Problem::file(path, &why));
            }
        }
        (file, problems)
    }

    pub fn get(&self, variable: &str) -> Option<String> {
        self.values.get(variable).cloned()
    }
}

/// As the environment would have it.
fn as_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(on) => Some(if on { "on" } else { "off" }.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = SettingsFile::parse("curfew.toml", text);
        problems
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn text_numbers_and_switches_are_read() {
        let text = "# Here\nCURFEW_LISTEN = \"[::1]:80\"\nCURFEW_PASSWORD_MIN = 15\nCURFEW_CONFIRM_SIGN_UP = true\n";
        let (file, problems) = SettingsFile::parse("curfew.toml", text);
        assert_eq!(problems, []);
        assert_eq!(file.get("CURFEW_LISTEN").as_deref(), Some("[::1]:80"));
        assert_eq!(file.get("CURFEW_PASSWORD_MIN").as_deref(), Some("15"));
        assert_eq!(file.get("CURFEW_CONFIRM_SIGN_UP").as_deref(), Some("on"));
        assert_eq!(file.get("CURFEW_LOG"), None);
    }

    #[test]
    fn every_unknown_name_is_told_with_the_nearest_known_one() {
        let text = "listen = \"x\"\nCURFEW_SMTP_ULR = \"smtps://u:SECRET@h\"\n[CURFEW]\na = 1\n";
        let told = problems(text);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told.iter()
                .any(|m| m.contains("the nearest is CURFEW_LISTEN"))
        );
        assert!(
            told.iter()
                .any(|m| m.contains("the nearest is CURFEW_SMTP_URL"))
        );
        assert!(told.iter().all(|m| !m.contains("SECRET")), "{told:?}");
    }

    #[test]
    fn a_line_that_is_no_toml_is_told_by_its_number_and_not_shown() {
        for text in [
            "\nCURFEW_SMTP_URL = smtps://u:SECRET@h\n",
            "\nCURFEW_SMTP_URL smtps://u:SECRET@h\n",
            "CURFEW_SMTP_URL = \"SECRET\"\nCURFEW_SMTP_URL = \"SECRET\"\n",
        ] {
            let told = problems(text);
            assert!(told[0].contains("line 2"), "{told:?}");
            assert!(!told[0].contains("SECRET"), "{told:?}");
        }
        let told = problems("CURFEW_PASSWORD_MIN = [8]\nCURFEW_CONFIG = \"other.toml\"\n");
        assert_eq!(told.len(), 2, "{told:?}");
    }
}
