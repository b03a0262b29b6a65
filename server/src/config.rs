//! The settings, read once at the start.
//!
//! | module | holds |
//! |---|---|
//! | [`setting`], [`table`] | the one table: name, parser, default, example, what it is about, whether it may hold a secret |
//! | [`values`], [`urls`] | what the texts are read as |
//! | [`sources`], [`file`] | where the texts are: environment, settings file, files of secrets |
//! | [`problem`], [`hide`] | messages, without secrets |
//! | [`reference`] | `--help`, `docs/CONFIGURATION.md`, `curfew config check` |

mod file;
mod hide;
mod problem;
mod reference;
mod setting;
mod sources;
mod table;
#[cfg(test)]
mod tests;
mod urls;
mod values;

use std::{
    env,
    fmt::{self, Display},
    net::SocketAddr,
    num::NonZeroU32,
    path::PathBuf,
};

use accounts::{limits::Limits, plans::Plan, secret::Secret, sign_up::SignUp};
use ipnet::IpNet;
use lettre::{Address, message::Mailbox};
use tokio_rustls::rustls::pki_types::CertificateDer;

use problem::{Origin, Problem, Reading};
use setting::{Fallback, Setting, Unusable};
use sources::Sources;

pub use problem::ConfigError;
pub use reference::{as_markdown, help};
pub use table::nearest;

/// Every setting, checked.
#[derive(Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// Scheme and host users type, without a slash at the end. None: `http://` and the listen address.
    pub public_url: Option<String>,
    /// May hold a password.
    pub database_url: String,
    pub sign_up: SignUp,
    /// Whether all but the first user sign up with a link in an email.
    pub confirm_sign_up: bool,
    pub default_plan: Plan,
    pub trusted_proxies: Vec<IpNet>,
    /// Where vulnerabilities are reported to, as a URI.
    pub security_contact: Option<String>,
    /// Where metrics are served to who can reach it.
    pub metrics_listen: Option<SocketAddr>,
    /// What metrics are read with, at the public address as well.
    pub metrics_token: Option<Secret>,
    pub log_json: bool,
    /// What is logged, as `tracing` takes it.
    pub log_filter: String,
    /// Where the instance's keys are; created at the first start.
    pub secret_key_file: PathBuf,
    /// May hold a password. None: emails become files in `mail_folder`.
    pub smtp_url: Option<String>,
    pub mail_folder: PathBuf,
    /// The operator's file of applications, applied at the start.
    pub applications_file: Option<PathBuf>,
    pub mail_from: Mailbox,
    /// Requests a token may send in a minute.
    pub requests_a_minute: NonZeroU32,
    /// Whether webhooks may go to private addresses, and without TLS.
    pub webhook_allow_private: bool,
    /// Authorities whose certificates receivers of webhooks may have besides those that browsers trust.
    pub webhook_authorities: Vec<CertificateDer<'static>>,
    pub limits: Limits,
    /// Variables of the environment that look like a setting and are none: misspelt, perhaps.
    pub unknown: Vec<String>,
}

/// Some of its fields hold a password or a token, so none is shown.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

/// A row of the table and what is read for it, which is nothing where no value is the default.
type Found = (&'static Setting, Option<Reading>);

impl Config {
    /// Reads the environment and the settings file. What looks like a setting and is none is kept in `unknown`.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        let config = Self::read(&environment())?.0;
        let unknown = env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with("CURFEW_"))
            .filter(|name| table::variables().all(|known| known != name))
            .collect();
        Ok(Self { unknown, ..config })
    }

    /// Reads settings from `get`, which tests replace.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn from(get: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::read(&Sources::environment(get)).map(|read| read.0)
    }

    fn read<G: Fn(&'static str) -> Option<String>>(
        sources: &Sources<G>,
    ) -> Result<(Self, Vec<Found>), ConfigError> {
        let mut config = Self::blank();
        let mut found: Vec<Found> = Vec::new();
        let mut problems = sources.problems.clone();
        for setting in table::settings() {
            match sources.find(setting) {
                Ok(reading) => found.push((setting, reading)),
                Err(problem) => problems.push(problem),
            }
        }
        for (setting, reading) in &mut found {
            if let (None, Fallback::Text(text)) = (&reading, &setting.default) {
                *reading = Some(Reading::default(text));
            }
            problems.extend(config.apply(setting, reading.as_ref()));
        }
        // Last, since they follow from the others.
        for (setting, reading) in &mut found {
            if let (None, Fallback::Follows(_, text)) = (&reading, &setting.default) {
                *reading = Some(Reading::default(&text(&config)));
                problems.extend(config.apply(setting, reading.as_ref()));
            }
        }
        if problems.is_empty() {
            Ok((config, found))
        } else {
            Err(ConfigError { problems })
        }
    }

    fn apply(&mut self, setting: &Setting, reading: Option<&Reading>) -> Option<Problem> {
        let reading = reading?;
        let applied = if values::is_quoted(&reading.text) {
            Err(values::quoted())
        } else {
            (setting.apply)(self, &reading.text)
        };
        applied
            .err()
            .map(|why| Problem::unusable(setting, reading, why))
    }

    /// Every place, before the table's defaults and what is set are put into it.
    fn blank() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            database_url: String::new(),
            sign_up: SignUp::Closed,
            confirm_sign_up: false,
            default_plan: Plan::Free,
            trusted_proxies: Vec::new(),
            security_contact: None,
            metrics_listen: None,
            metrics_token: None,
            log_json: false,
            log_filter: String::new(),
            secret_key_file: PathBuf::new(),
            smtp_url: None,
            mail_folder: PathBuf::new(),
            applications_file: None,
            mail_from: Mailbox::new(None, Address::new_dangerous("curfew", "localhost")),
            requests_a_minute: NonZeroU32::MIN,
            webhook_allow_private: false,
            webhook_authorities: Vec::new(),
            limits: Limits::default(),
            unknown: Vec::new(),
        }
    }

    /// Whether the database is a SQLite file that is not there.
    #[must_use]
    pub fn database_url_is_nothing_yet(&self) -> bool {
        self.database_file().is_some_and(|file| !file.exists())
    }

    /// The file of an SQLite database.
    #[must_use]
    pub fn database_file(&self) -> Option<PathBuf> {
        let file = urls::sqlite_file(&self.database_url);
        file.filter(|file| !file.as_os_str().is_empty() && file.as_os_str() != ":memory:")
    }

    /// Where the audit log's high-water marks are kept: in the data folder.
    #[must_use]
    pub fn audit_marks_file(&self) -> PathBuf {
        urls::data_file(&self.database_url, "audit-marks.txt").into()
    }

    /// The message about a database that could not be opened: what its client says, without parts of the URL.
    #[must_use]
    pub fn cannot_open_database(&self, error: &impl Display) -> String {
        let why = hide::hide(&error.to_string(), &self.database_url);
        format!("CURFEW_DATABASE_URL: {why}")
    }

    /// Where users find this install: scheme, host and port.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Every address that it listens on, which nothing is ever sent to.
    #[must_use]
    pub fn listeners(&self) -> Vec<SocketAddr> {
        let metrics = self.metrics_listen;
        std::iter::once(self.listen).chain(metrics).collect()
    }

    /// Whether cookies are `Secure` and carry the `__Host-` prefix.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url().starts_with("https://")
    }
}

/// Reads the address of a database, as its setting does.
///
/// # Errors
/// What it must be. The address is not quoted.
pub fn database_url(text: &str) -> Result<String, String> {
    urls::database_url(text).map_err(|why| match why {
        Unusable::Malformed => {
            "use sqlite://path/to/file or postgres://user:password@host/database".into()
        }
        Unusable::Reason(why) => why,
    })
}

/// A message of others without the parts of an address that it may quote.
#[must_use]
pub fn without_url(message: &impl Display, url: &str) -> String {
    hide::hide(&message.to_string(), url)
}

impl Reading {
    fn default(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            origin: Origin::Default,
        }
    }
}

/// What holds for each setting and where it comes from, one a line, as `curfew config check` prints it.
///
/// # Errors
/// Every setting that cannot be used.
pub fn lines() -> Result<Vec<String>, ConfigError> {
    let (_, found) = Config::read(&environment())?;
    let line = |(setting, reading): &Found| reference::line(setting, reading.as_ref());
    Ok(found.iter().map(line).collect())
}

/// The environment of the process and its settings file. A value that is not UTF-8 is refused by the marks in it.
fn environment() -> Sources<impl Fn(&'static str) -> Option<String>> {
    let value =
        |name: &'static str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    Sources::environment(value).with_file()
}

/// A duration as settings have it: `90s`, `15m`, `12h`, `14d`.
pub(crate) fn duration(text: &str) -> Option<std::time::Duration> {
    values::duration(text).ok()
}
