//! The file itself: read, and checked as far as it can be without the database.

use std::{collections::BTreeMap, path::Path};

use accounts::applications::{ApplicationError, Declared, OwnHost, Wanted, check_declared};
use serde::Deserialize;
use toml::Table;

use super::{entry::Entry, lines::Lines, shapes};

/// The file, read and checked as far as it can be without the database.
pub(crate) struct ApplicationsFile {
    lines: Lines,
    /// The email of a member of the account that has them. Without: the first account.
    pub account_of: Option<String>,
    pub declared: Vec<Declared>,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The email of a member of the account that has them. Without: the first account.
    account_of: Option<String>,
    #[serde(default)]
    applications: BTreeMap<String, Entry>,
}

impl ApplicationsFile {
    /// Reads the text of that file.
    ///
    /// # Errors
    /// One plain sentence that names the setting, the file, the line and an example.
    pub(super) fn parse(path: &Path, text: &str, own_host: &OwnHost) -> Result<Self, String> {
        let lines = Lines::of(path, text);
        // The parser of the text quotes no value, but that of the fields does, and a value may be a secret: so the fields are
        // looked at first, and what it says is not handed on.
        let table: Table = toml::from_str(text).map_err(|error| {
            lines.at(error.span().map_or(0, |span| span.start), error.message())
        })?;
        shapes::check(&table).map_err(|wrong| match wrong.application {
            Some(key) => lines.of_field(&key, &wrong.key, &wrong.why),
            None => lines.of_file(&wrong.key, &wrong.why),
        })?;
        let written = Written::deserialize(table)
            .map_err(|_| lines.at(0, "a key or a value is of another type"))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut declared = Vec::new();
        for (key, entry) in written.applications {
            if !is_key(&key) {
                let why = "Name applications with a to z, 0 to 9, - and _, 64 characters at most.";
                return Err(lines.of_field(&key, "", why));
            }
            let wanted = entry
                .wanted(folder)
                .map_err(|(field, why)| lines.of_field(&key, field, &why))?;
            declared.push(Declared { key, wanted });
        }
        let file = Self {
            lines,
            account_of: written.account_of,
            declared,
        };
        match check_declared(&file.declared, own_host) {
            Ok(()) => Ok(file),
            Err(error) => Err(file.said(&error.key, error.why)),
        }
    }

    /// A sentence that names the line of what is wrong with an application.
    pub(super) fn said(&self, key: &str, why: ApplicationError) -> String {
        match why {
            ApplicationError::Fields(wrong) => {
                let (field, why) = wrong.into_iter().next().unwrap_or_default();
                let why = self.by_number(key, &why);
                self.lines.of_field(key, in_the_file(field), &why)
            }
            other => self.lines.of_field(key, "", &other.to_string()),
        }
    }

    /// The rules quote the address or the path of a list that is wrong; here its number says which, because a password may stand
    /// in an address.
    fn by_number(&self, key: &str, why: &str) -> String {
        let declared = self.declared.iter().find(|one| one.key == key);
        let Some(Wanted::Registered(wanted)) = declared.map(|one| &one.wanted) else {
            return why.to_owned();
        };
        let details = &wanted.details;
        let lists = [&details.redirects, &details.open_paths];
        let all = lists.into_iter().flat_map(|list| list.iter().zip(1..));
        let mut said = all.filter_map(|(value, number)| {
            let rest = why.strip_prefix(value.trim())?.strip_prefix(": ")?;
            Some(format!("Number {number} of the list: {rest}"))
        });
        said.next().unwrap_or_else(|| why.to_owned())
    }
}

/// The rules' name of a field as the file has it.
fn in_the_file(field: &str) -> &str {
    match field {
        "requires_pkce" => "without_pkce",
        "access" => "roles",
        other => other,
    }
}

/// Whether it may be a key: it stands in the log and in events of the operator.
fn is_key(key: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=64).contains(&key.len()) && key.bytes().all(fits)
}
