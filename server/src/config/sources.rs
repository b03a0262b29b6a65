//! Where settings are read: the environment, then the settings file, and the files that secrets may be in.

use std::{fs, path::Path};

use super::{
    file::SettingsFile,
    problem::{Origin, Problem, Reading},
    setting::{Setting, Unusable},
    table, urls,
    values::is_quoted,
};

/// The environment, or what a test puts in its place, and the settings file.
pub(super) struct Sources<G> {
    environment: G,
    file: SettingsFile,
    /// What is wrong with the settings file, or with names in it.
    pub problems: Vec<Problem>,
}

impl<G: Fn(&'static str) -> Option<String>> Sources<G> {
    /// The environment alone.
    pub fn environment(environment: G) -> Self {
        Self {
            environment,
            file: SettingsFile::default(),
            problems: Vec::new(),
        }
    }

    /// Adds the settings file that `CURFEW_CONFIG` names, or else `curfew.toml` in the data folder, if it exists.
    pub fn with_file(self) -> Self {
        let (file, problems) = if let Some(named) = self.text(table::CONFIG, Place::Environment) {
            SettingsFile::read(Path::new(&named.text), false)
        } else {
            // A URL that cannot be used is told when its row is read.
            let row = table::find(table::DATABASE_URL);
            let url = row.and_then(|row| self.find(row).ok().flatten());
            let url = url.map_or(urls::DEFAULT_DATABASE.to_owned(), |url| url.text);
            SettingsFile::read(&urls::data_folder(&url).join("curfew.toml"), true)
        };
        Self {
            file,
            problems,
            ..self
        }
    }

    /// What a setting is set to. The environment wins; in one place, the value wins over the file of it.
    pub fn find(&self, setting: &Setting) -> Result<Option<Reading>, Problem> {
        for place in [Place::Environment, Place::File] {
            if let Some(reading) = self.text(setting.name, place) {
                return utf8(setting, reading).map(Some);
            }
            let Some(variable) = setting.secret_file else {
                continue;
            };
            if let Some(path) = self.text(variable, place) {
                return secret(setting, variable, &path.text).map(Some);
            }
        }
        Ok(None)
    }

    fn text(&self, variable: &'static str, place: Place) -> Option<Reading> {
        let (text, origin) = match place {
            Place::Environment => ((self.environment)(variable), Origin::Environment),
            Place::File => {
                let origin = Origin::File(self.file.path.clone());
                (self.file.get(variable), origin)
            }
        };
        let text = trimmed(&text?)?;
        Some(Reading { text, origin })
    }
}

/// Where a variable may be set.
#[derive(Clone, Copy)]
enum Place {
    Environment,
    File,
}

/// Refuses a value that the environment has in another encoding: the marks in its place are no part of it.
fn utf8(setting: &Setting, reading: Reading) -> Result<Reading, Problem> {
    if reading.text.contains(char::REPLACEMENT_CHARACTER) {
        let why = Unusable::Reason("it is not UTF-8".to_owned());
        return Err(Problem::unusable(setting, &reading, why));
    }
    Ok(reading)
}

/// White space around a value and a carriage return do not count. Empty is unset.
fn trimmed(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Reads the file of a secret. An empty one is refused, because a default in place of what was meant to be
/// mounted there would be worse.
fn secret(setting: &Setting, variable: &'static str, path: &str) -> Result<Reading, Problem> {
    let refused = |why: &str| Problem::secret_file(setting, variable, why);
    if is_quoted(path) {
        return Err(refused(
            "the quotes are read as part of its path: leave them out",
        ));
    }
    let text = fs::read_to_string(path).map_err(|error| refused(&error.to_string()))?;
    let text = trimmed(&text).ok_or_else(|| refused("it is empty"))?;
    let origin = Origin::SecretFile(variable);
    Ok(Reading { text, origin })
}
