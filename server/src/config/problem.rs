//! Messages about settings that cannot be used. The value of a setting that may hold a secret is in none of them.

use std::fmt;

use super::{
    hide,
    setting::{Setting, Unusable},
    table,
};

/// Settings that cannot be used: all of them, so that one start shows them all.
#[derive(Debug)]
pub struct ConfigError {
    pub(super) problems: Vec<Problem>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub variable: String,
    /// A sentence that begins with the variable.
    pub message: String,
}

/// A text that was read for a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub text: String,
    pub origin: Origin,
}

/// Where a text was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    Environment,
    /// The settings file, by its path.
    File(String),
    /// The file that this variable names.
    SecretFile(&'static str),
}

impl ConfigError {
    /// Whether this variable is one that cannot be used.
    #[must_use]
    pub fn names(&self, variable: &str) -> bool {
        let mut problems = self.problems.iter();
        problems.any(|problem| problem.variable == variable)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = &self.problems[..] {
            return f.write_str(&problem.message);
        }
        write!(f, "{} settings cannot be used:", self.problems.len())?;
        for problem in &self.problems {
            write!(f, "\n  {}", problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl Problem {
    /// A value that cannot be used.
    pub fn unusable(setting: &Setting, reading: &Reading, why: Unusable) -> Self {
        let name = setting.name;
        let place = match &reading.origin {
            Origin::Default | Origin::Environment => String::new(),
            Origin::File(path) => format!(" in {path}"),
            Origin::SecretFile(variable) => format!(" (read from the file that {variable} names)"),
        };
        let hidden = hide::may_be_secret(&reading.text);
        let value = if setting.is_secret() || hidden {
            "cannot be used (the value may hold a secret and is not shown)".to_owned()
        } else {
            format!("is {:?}", reading.text)
        };
        let why = match why {
            // A reason may quote the value, where its setting is not meant to hold a secret.
            Unusable::Reason(why) if setting.is_secret() || !hidden => why,
            _ => format!("use {}", plain(setting.allowed)),
        };
        let example = setting.example;
        Self::new(
            name,
            &format!("{place} {value}: {why}. Example: {name}={example}"),
        )
    }

    /// The file of a secret that cannot be read. Its name is not shown: it may be the secret itself, set by mistake.
    pub fn secret_file(setting: &Setting, variable: &str, why: &str) -> Self {
        let name = setting.name;
        Self::new(
            variable,
            &format!(
                " names a file (not shown, in case it is the secret itself) that cannot be used: {why}. \
                 Example: {variable}=/run/secrets/curfew, or the value itself in {name}"
            ),
        )
    }

    /// A settings file that cannot be read.
    pub fn file(path: &str, why: &str) -> Self {
        let path = if hide::may_be_secret(path) {
            "(not shown, in case its name is a secret)"
        } else {
            path
        };
        Self::new(
            table::CONFIG,
            &format!(": the settings file {path} cannot be used: {why}"),
        )
    }

    /// A name in a settings file that is no setting's.
    pub fn unknown(name: &str, path: &str) -> Self {
        let nearest = table::nearest(name);
        let message = format!(" in {path} is no setting; the nearest is {nearest}");
        Self::new(name, &message)
    }

    fn new(variable: &str, message: &str) -> Self {
        Self {
            variable: variable.to_owned(),
            message: format!("{variable}{message}"),
        }
    }
}

/// Markdown's marks of code are for the reference.
pub(super) fn plain(text: &str) -> String {
    text.replace('`', "")
}
