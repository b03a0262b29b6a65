//! The settings: environment variables, read once at the start, refused with the variable's name.

use std::{
    cell::RefCell, collections::BTreeSet, env, net::SocketAddr, num::NonZeroU32, path::PathBuf,
    str::FromStr, time::Duration,
};

use accounts::{limits::Limits, plans::Plan, sign_up::SignUp};
use http::Uri;
use ipnet::IpNet;
use lettre::{AsyncSmtpTransport, Tokio1Executor, message::Mailbox};
use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tracing_subscriber::EnvFilter;

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// Scheme and host users type, without a slash at the end. None: `http://` and the listen address.
    pub public_url: Option<String>,
    pub database_url: String,
    pub sign_up: SignUp,
    /// Whether whoever signs up is mailed a link first.
    pub confirm_sign_up: bool,
    pub default_plan: Plan,
    pub trusted_proxies: Vec<IpNet>,
    pub log_json: bool,
    /// What is logged, as `tracing` takes it.
    pub log_filter: String,
    /// Where the instance's keys are; made on the first start.
    pub secret_key_file: PathBuf,
    /// None: emails become files in `mail_folder`.
    pub smtp_url: Option<String>,
    pub mail_folder: PathBuf,
    pub mail_from: Mailbox,
    /// Requests a token may send in a minute.
    pub requests_a_minute: NonZeroU32,
    /// Whether webhooks may go to private addresses, and without TLS.
    pub webhook_allow_private: bool,
    /// Authorities whose certificates receivers of webhooks may have besides those that browsers trust.
    pub webhook_authorities: Vec<CertificateDer<'static>>,
    pub limits: Limits,
    /// What the environment has that looks like a setting and is none: a slip of the pen, perhaps.
    pub unknown: Vec<String>,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is {value:?}: {why}")]
pub struct ConfigError {
    pub variable: &'static str,
    pub value: String,
    pub why: String,
}

impl Config {
    /// Reads the environment. What looks like a setting and is none is kept in `unknown`.
    ///
    /// # Errors
    /// The first variable that cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        let asked = RefCell::new(BTreeSet::new());
        let config = Self::from(|name| {
            asked.borrow_mut().insert(name);
            env::var(name).ok().filter(|value| !value.trim().is_empty())
        })?;
        let asked = asked.into_inner();
        let unknown = env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with("CURFEW_") && !asked.contains(name.as_str()))
            .collect();
        Ok(Self { unknown, ..config })
    }

    /// Reads settings from `get`, which tests replace.
    ///
    /// # Errors
    /// The first variable that cannot be used.
    pub fn from(get: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let default = Limits::default();
        let read = Read(&get);
        let database_url = read.checked(
            "CURFEW_DATABASE_URL",
            "sqlite://data/curfew.db",
            database_url,
        )?;
        let data = data_folder(&database_url);
        let smtp_url = read.secret("CURFEW_SMTP_URL", "CURFEW_SMTP_URL_FILE", smtp_url)?;
        // Emails in a folder reach nobody but the operator.
        let reaches_people = if smtp_url.is_some() { "on" } else { "off" };
        let confirm_sign_up = read.checked("CURFEW_CONFIRM_SIGN_UP", reaches_people, on_or_off)?;
        let [key_file, mail] = ["secret.key", "mail"].map(|name| data.join(name));
        Ok(Self {
            listen: read.parsed(
                "CURFEW_LISTEN",
                "127.0.0.1:3000",
                "use an address and a port, like 127.0.0.1:3000",
            )?,
            public_url: read.optional("CURFEW_PUBLIC_URL", public_url)?,
            database_url,
            sign_up: read.checked("CURFEW_SIGN_UP", "open", sign_up)?,
            confirm_sign_up,
            default_plan: read.checked("CURFEW_DEFAULT_PLAN", "enterprise", |text| {
                Plan::named(text).ok_or_else(|| "use free, plus, pro or enterprise".into())
            })?,
            trusted_proxies: read.checked("CURFEW_TRUSTED_PROXIES", "", networks)?,
            log_filter: read.checked("CURFEW_LOG_FILTER", "info,sqlx=warn,rmcp=warn", |text| {
                let filter = EnvFilter::try_new(text).map(|_| text.to_owned());
                filter.map_err(|e| format!("use a filter like info or info,sqlx=debug: {e}"))
            })?,
            log_json: read.checked("CURFEW_LOG", "text", |text| match text {
                "text" => Ok(false),
                "json" => Ok(true),
                _ => Err("use text or json".into()),
            })?,
            secret_key_file: read.path("CURFEW_SECRET_KEY_FILE", key_file),
            smtp_url,
            mail_folder: read.path("CURFEW_MAIL_FOLDER", mail),
            mail_from: read.checked("CURFEW_MAIL_FROM", "Curfew <curfew@localhost>", mailbox)?,
            requests_a_minute: read.parsed(
                "CURFEW_TOKEN_REQUESTS_PER_MINUTE",
                "300",
                "use a whole number from 1 on",
            )?,
            webhook_allow_private: read.checked(
                "CURFEW_WEBHOOK_ALLOW_PRIVATE",
                "off",
                on_or_off,
            )?,
            webhook_authorities: read
                .optional("CURFEW_WEBHOOK_CA_FILE", authorities)?
                .unwrap_or_default(),
            limits: Limits {
                session_idle: read.duration("CURFEW_SESSION_IDLE", default.session_idle)?,
                session_max: read.duration("CURFEW_SESSION_MAX", default.session_max)?,
                remember_for: read.duration("CURFEW_REMEMBER_FOR", default.remember_for)?,
                sessions_per_user: read
                    .number("CURFEW_SESSIONS_PER_USER", default.sessions_per_user)?,
                password_min: usize::try_from(read.number("CURFEW_PASSWORD_MIN", 8)?).unwrap_or(8),
                attempts_per_user: read
                    .number("CURFEW_ATTEMPTS_PER_USER", default.attempts_per_user)?,
                sign_ups_per_address: read
                    .number("CURFEW_SIGN_UPS_PER_ADDRESS", default.sign_ups_per_address)?,
                attempts_per_address: read
                    .number("CURFEW_ATTEMPTS_PER_ADDRESS", default.attempts_per_address)?,
                attempt_window: read.duration("CURFEW_ATTEMPT_WINDOW", default.attempt_window)?,
                ..default
            },
            unknown: Vec::new(),
        })
    }

    /// Whether the database is a SQLite file that is not there.
    #[must_use]
    pub fn database_url_is_nothing_yet(&self) -> bool {
        let file = self.database_url.strip_prefix("sqlite://");
        let file = file.map(|file| file.split('?').next().unwrap_or(file));
        file.is_some_and(|file| !std::path::Path::new(file).exists())
    }

    /// Where users find this install: scheme, host and port.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Whether cookies are `Secure` and carry the `__Host-` prefix.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url().starts_with("https://")
    }
}

struct Read<'a, G>(&'a G);

impl<G: Fn(&'static str) -> Option<String>> Read<'_, G> {
    fn checked<T>(
        &self,
        variable: &'static str,
        default: &str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let value = (self.0)(variable).unwrap_or_else(|| default.to_owned());
        check(value.trim()).map_err(|why| ConfigError {
            variable,
            value,
            why,
        })
    }

    fn parsed<T: FromStr>(
        &self,
        variable: &'static str,
        default: &str,
        why: &str,
    ) -> Result<T, ConfigError> {
        self.checked(variable, default, |text| {
            text.parse().map_err(|_| why.to_owned())
        })
    }

    /// As [`Read::checked`], from `VARIABLE` or from the file that `VARIABLE_FILE` names; a wrong
    /// value is a secret and is not shown.
    fn secret<T>(
        &self,
        variable: &'static str,
        file: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let refuse = |value: &str, why| ConfigError {
            variable,
            value: value.to_owned(),
            why,
        };
        let text = match ((self.0)(variable), (self.0)(file)) {
            (Some(text), _) => text,
            (None, Some(path)) => std::fs::read_to_string(path.trim())
                .map_err(|e| refuse(&path, format!("its file cannot be read: {e}")))?,
            (None, None) => return Ok(None),
        };
        check(text.trim())
            .map(Some)
            .map_err(|why| refuse("(hidden)", why))
    }

    fn optional<T>(
        &self,
        variable: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        self.checked(variable, "", |text| {
            if text.is_empty() {
                Ok(None)
            } else {
                check(text).map(Some)
            }
        })
    }

    fn path(&self, variable: &'static str, default: PathBuf) -> PathBuf {
        (self.0)(variable).map_or(default, |text| PathBuf::from(text.trim()))
    }

    fn number(&self, variable: &'static str, default: i64) -> Result<i64, ConfigError> {
        self.checked(variable, &default.to_string(), |text| {
            text.parse()
                .ok()
                .filter(|n| (1..=1_000_000).contains(n))
                .ok_or_else(|| "use a whole number from 1 to 1000000".into())
        })
    }

    fn duration(&self, variable: &'static str, default: Duration) -> Result<Duration, ConfigError> {
        let default = format!("{}s", default.as_secs());
        self.checked(variable, &default, duration)
    }
}

/// A whole number and a unit: `90s`, `15m`, `12h`, `14d`.
fn duration(text: &str) -> Result<Duration, String> {
    let why = || "use a whole number and a unit, like 90s, 15m, 12h or 14d".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        _ => return Err(why()),
    };
    let number: u64 = text
        .get(..text.len() - 1)
        .and_then(|n| n.parse().ok())
        .ok_or_else(why)?;
    match number.checked_mul(unit) {
        Some(seconds @ 1..=315_360_000) => Ok(Duration::from_secs(seconds)),
        _ => Err("use a time between one second and ten years".into()),
    }
}

fn public_url(text: &str) -> Result<String, String> {
    let why = "use scheme and host, like https://curfew.example.com";
    let uri: Uri = text.parse().map_err(|_| why.to_owned())?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    if web && bare && uri.authority().is_some_and(|a| !a.as_str().contains('@')) {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(why.into())
    }
}

fn database_url(text: &str) -> Result<String, String> {
    let known = ["sqlite://", "sqlite:", "postgres://", "postgresql://"];
    if known.iter().any(|scheme| text.starts_with(scheme)) {
        Ok(text.to_owned())
    } else {
        Err("it must begin with sqlite:// or postgres://".into())
    }
}

/// Where what belongs to the database is kept: beside an SQLite file.
fn data_folder(database_url: &str) -> PathBuf {
    let file = database_url
        .strip_prefix("sqlite:")
        .map(|path| path.trim_start_matches("//"))
        .and_then(|path| path.split('?').next());
    match file.map(PathBuf::from) {
        Some(file) => file.parent().map(PathBuf::from).unwrap_or_default(),
        None => PathBuf::from("data"),
    }
}

/// Read once at the start, so that a file that cannot be used is noticed then.
fn authorities(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = |error| format!("this file of certificates (PEM) cannot be read: {error}");
    let all: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(read)?;
    let mut roots = RootCertStore::empty();
    let (good, bad) = roots.add_parsable_certificates(all.clone());
    match (good, bad) {
        (1.., 0) => Ok(all),
        (0, 0) => Err("there is no certificate (PEM) in this file".into()),
        _ => Err("a certificate in this file is none of an authority".into()),
    }
}

fn smtp_url(text: &str) -> Result<String, String> {
    AsyncSmtpTransport::<Tokio1Executor>::from_url(text)
        .map(|_| text.to_owned())
        .map_err(|_| {
            "use smtps://user:password@host, or smtp://host:port?tls=required, with other characters escaped".into()
        })
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse()
        .map_err(|_| "use an address, like Curfew <curfew@example.com>".into())
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("use on or off".into()),
    }
}

fn sign_up(text: &str) -> Result<SignUp, String> {
    match text {
        "open" => Ok(SignUp::Open),
        "first" => Ok(SignUp::First),
        "closed" => Ok(SignUp::Closed),
        _ => Err("use open, first or closed".into()),
    }
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse::<IpNet>()
                .or_else(|_| part.parse().map(|ip: std::net::IpAddr| IpNet::from(ip)))
                .map_err(|_| format!("{part:?} is no address or network, like 10.0.0.0/8"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variable: &'static str, value: &str) -> Result<Config, ConfigError> {
        Config::from(|name| (name == variable).then(|| value.to_owned()))
    }

    #[test]
    fn every_setting_has_a_working_default() {
        let config = Config::from(|_| None).unwrap();
        assert_eq!(config.public_url(), "http://127.0.0.1:3000");
        assert_eq!(config.database_url, "sqlite://data/curfew.db");
        assert_eq!(config.secret_key_file, PathBuf::from("data/secret.key"));
        assert_eq!(config.default_plan, Plan::Enterprise);
        assert!(!config.https());
    }

    #[test]
    fn a_wrong_setting_is_refused_by_its_name() {
        for (variable, wrong) in [
            ("CURFEW_LISTEN", "3000"),
            ("CURFEW_PUBLIC_URL", "curfew.example.com/path"),
            ("CURFEW_DATABASE_URL", "mysql://x"),
            ("CURFEW_SIGN_UP", "maybe"),
            ("CURFEW_LOG_FILTER", "info=loud"),
            ("CURFEW_CONFIRM_SIGN_UP", "yes"),
            ("CURFEW_DEFAULT_PLAN", "gold"),
            ("CURFEW_SESSION_IDLE", "14"),
            ("CURFEW_SESSION_MAX", "0d"),
            ("CURFEW_REMEMBER_FOR", "99999999999999d"),
            ("CURFEW_PASSWORD_MIN", "-1"),
            ("CURFEW_SMTP_URL", "mail.example.com"),
            ("CURFEW_MAIL_FROM", "Curfew"),
            ("CURFEW_TOKEN_REQUESTS_PER_MINUTE", "0"),
            ("CURFEW_WEBHOOK_ALLOW_PRIVATE", "yes"),
            ("CURFEW_TRUSTED_PROXIES", "10.0.0.0/99"),
        ] {
            let error = with(variable, wrong).expect_err(variable).to_string();
            let shown = variable != "CURFEW_SMTP_URL";
            assert!(
                error.starts_with(variable) && error.contains(wrong) == shown,
                "{error}"
            );
        }
        assert_eq!(
            with("CURFEW_SESSION_IDLE", "12h")
                .unwrap()
                .limits
                .session_idle,
            Duration::from_hours(12)
        );
    }
}
