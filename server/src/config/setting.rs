//! What is known of one setting: a row of the table.

use super::Config;

/// A row of the table. Parsing, messages, `--help`, `curfew config check` and the reference are made from it.
pub struct Setting {
    pub name: &'static str,
    /// One line, without a full stop.
    pub about: &'static str,
    /// What may stand in it: "use …", says the message about another value.
    pub allowed: &'static str,
    pub default: Fallback,
    pub example: &'static str,
    /// A value that may hold a secret is never shown. This variable names a file to read it from instead.
    pub secret_file: Option<&'static str>,
    /// Reads a value, trimmed and not empty, into its place.
    pub(super) apply: fn(&mut Config, &str) -> Result<(), Unusable>,
}

/// What holds while a setting is unset.
pub enum Fallback {
    /// This text, read as a value is.
    Text(&'static str),
    /// A text that follows from other settings, and how the reference says so.
    Follows(&'static str, fn(&Config) -> String),
    /// No value. The reference says what that means.
    Unset(&'static str),
}

/// Settings that belong together.
pub struct Section {
    pub title: &'static str,
    pub settings: &'static [Setting],
}

/// Why a value cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It is not what the row allows.
    Malformed,
    /// For this reason, which never quotes a secret.
    Reason(String),
}

/// A value, or why the text is none.
pub(super) type Parsed<T> = Result<T, Unusable>;

/// Puts a value that could be read into its place.
pub(super) fn put<T>(place: &mut T, value: Parsed<T>) -> Result<(), Unusable> {
    *place = value?;
    Ok(())
}

impl Fallback {
    /// For the reference: a text stands as code.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Text(text) => format!("`{text}`"),
            Self::Follows(words, _) | Self::Unset(words) => (*words).to_owned(),
        }
    }
}

impl Setting {
    pub(super) fn is_secret(&self) -> bool {
        self.secret_file.is_some()
    }
}
