//! All settings together.

mod secrets;

use std::{collections::BTreeMap, fs, time::Duration};

use super::*;

fn with(variable: &'static str, value: &str) -> Result<Config, ConfigError> {
    Config::from(|name| (name == variable).then(|| value.to_owned()))
}

fn refused(variable: &'static str, value: &str) -> String {
    with(variable, value).expect_err(value).to_string()
}

/// Reads these variables, and the settings file they lead to.
fn all(variables: &[(&'static str, &str)]) -> Result<Config, ConfigError> {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    let get = |name| variables.get(name).map(|value| (*value).to_owned());
    Config::read(&Sources::environment(get).with_file()).map(|read| read.0)
}

#[test]
fn every_setting_has_a_working_default() {
    let config = Config::from(|_| None).unwrap();
    assert_eq!(config.public_url(), "http://127.0.0.1:3000");
    assert_eq!(config.database_url, "sqlite://data/curfew.db");
    assert_eq!(config.secret_key_file, PathBuf::from("data/secret.key"));
    assert_eq!(config.mail_folder, PathBuf::from("data/mail"));
    assert_eq!(config.mail_from.to_string(), "Curfew <curfew@localhost>");
    assert_eq!(config.default_plan, Plan::Enterprise);
    assert_eq!(config.sign_up, SignUp::First);
    assert_eq!(config.requests_a_minute.get(), 300);
    assert_eq!(config.log_filter, "info,sqlx=warn,rmcp=warn");
    assert!(!config.https() && !config.confirm_sign_up && !config.log_json);
    let defaults = format!("{:?}", Limits::default());
    assert_eq!(format!("{:?}", config.limits), defaults);
}

#[test]
fn every_example_is_a_value() {
    for setting in table::settings() {
        if setting.name == "CURFEW_WEBHOOK_CA_FILE" {
            continue;
        }
        with(setting.name, setting.example).expect(setting.name);
    }
}

#[test]
fn a_wrong_setting_is_refused_by_its_name_with_what_was_read_and_an_example() {
    for (variable, wrong) in [
        ("CURFEW_LISTEN", "3000"),
        ("CURFEW_PUBLIC_URL", "curfew.example.com/path"),
        ("CURFEW_DATABASE_URL", "mysql://x"),
        ("CURFEW_SIGN_UP", "maybe"),
        ("CURFEW_LOG_FILTER", "info=loud"),
        ("CURFEW_CONFIRM_SIGN_UP", "yes"),
        ("CURFEW_DEFAULT_PLAN", "gold"),
        ("CURFEW_SESSION_IDLE", "14"),
        ("CURFEW_SESSION_IDLE", "4m"),
        ("CURFEW_SESSION_MAX", "0d"),
        ("CURFEW_REMEMBER_FOR", "99999999999999d"),
        ("CURFEW_PASSWORD_MIN", "-1"),
        ("CURFEW_SMTP_URL", "mail.example.com"),
        ("CURFEW_MAIL_FROM", "Curfew"),
        ("CURFEW_TOKEN_REQUESTS_PER_MINUTE", "0"),
        ("CURFEW_WEBHOOK_ALLOW_PRIVATE", "yes"),
        ("CURFEW_TRUSTED_PROXIES", "10.0.0.0/99"),
    ] {
        let error = refused(variable, wrong);
        let row = table::find(variable).unwrap();
        assert!(error.starts_with(variable), "{error}");
        assert!(
            error.contains(&format!("Example: {variable}={}", row.example)),
            "{error}"
        );
        assert_eq!(error.contains(wrong), row.secret_file.is_none(), "{error}");
    }
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let error = all(&[
        ("CURFEW_LISTEN", "here"),
        ("CURFEW_SIGN_UP", "maybe"),
        ("CURFEW_LOG", "json"),
        ("CURFEW_DATABASE_URL", "postgre://u:SECRET@h/x"),
    ])
    .unwrap_err();
    for (name, named) in [
        ("CURFEW_LISTEN", true),
        ("CURFEW_SIGN_UP", true),
        ("CURFEW_LOG", false),
        ("CURFEW_DATABASE_URL", true),
    ] {
        assert_eq!(error.names(name), named, "{error}");
    }
    let error = error.to_string();
    assert!(
        error.starts_with("3 settings cannot be used:\n  CURFEW_LISTEN is \"here\""),
        "{error}"
    );
    assert!(!error.contains("SECRET"), "{error}");
}

#[test]
fn empty_is_unset_and_white_space_does_not_count() {
    for empty in ["", " ", "\r", "\t\r\n"] {
        let config = with("CURFEW_LISTEN", empty).unwrap();
        assert_eq!(config.listen.port(), 3000);
    }
    let config = with("CURFEW_LISTEN", " 127.0.0.1:4000\r").unwrap();
    assert_eq!(config.listen.port(), 4000);
    let config = with("CURFEW_SECRET_KEY_FILE", " /key\r\n").unwrap();
    assert_eq!(config.secret_key_file, PathBuf::from("/key"));
}

#[test]
fn an_address_to_listen_on_is_understood_or_told_how_to_be_written() {
    for (text, read) in [
        ("localhost:3000", "127.0.0.1:3000"),
        ("LocalHost:80", "127.0.0.1:80"),
        ("[::]:3000", "[::]:3000"),
    ] {
        let listen = with("CURFEW_LISTEN", text).unwrap().listen;
        assert_eq!(listen.to_string(), read);
    }
    for wrong in [":4000", "4000"] {
        let error = refused("CURFEW_LISTEN", wrong);
        assert!(
            error.contains("127.0.0.1:4000") && error.contains("0.0.0.0:4000"),
            "{error}"
        );
    }
    for wrong in [
        "localhost",
        "http://127.0.0.1:3000",
        "localhost:99999",
        "99999",
    ] {
        assert!(refused("CURFEW_LISTEN", wrong).contains("Example: CURFEW_LISTEN="));
    }
}

#[test]
fn a_public_url_is_read_as_the_browser_writes_it() {
    for (text, read) in [
        ("https://curfew.example.com/", "https://curfew.example.com"),
        (
            "HTTPS://Curfew.Example.COM:443",
            "https://curfew.example.com",
        ),
        ("http://curfew.example.com:80/", "http://curfew.example.com"),
        (
            "https://curfew.example.com:8443",
            "https://curfew.example.com:8443",
        ),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ] {
        let config = with("CURFEW_PUBLIC_URL", text).unwrap();
        assert_eq!(config.public_url(), read);
    }
    for wrong in [
        "curfew.example.com",
        "ftp://curfew.example.com",
        "https:curfew.example.com",
        "https://",
        "https://curfew.example.com/path",
        "https://curfew.example.com//",
        "https://curfew.example.com/?a",
        "https://curfew.example.com/#a",
        "https://user@curfew.example.com",
    ] {
        assert!(
            refused("CURFEW_PUBLIC_URL", wrong).contains("Example: "),
            "{wrong}"
        );
    }
    assert!(refused("CURFEW_PUBLIC_URL", "https://h/path").contains("below a path"));
}

#[test]
fn the_environment_wins_over_the_settings_file() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let file = folder.path().join("curfew.toml");
    let text = "CURFEW_LISTEN = \"localhost:4000\"\nCURFEW_PASSWORD_MIN = 15\nCURFEW_SESSION_IDLE = \"\"\n";
    fs::write(&file, text).unwrap();
    let config = all(&[
        ("CURFEW_DATABASE_URL", &database),
        ("CURFEW_PASSWORD_MIN", "20"),
    ])
    .unwrap();
    assert_eq!(config.listen.port(), 4000);
    assert_eq!(config.limits.password_min, 20);
    assert_eq!(config.limits.session_idle, Duration::from_hours(14 * 24));
    // An empty variable is unset, so the file's value holds.
    let named = ("CURFEW_CONFIG", file.to_str().unwrap());
    let idle = ("CURFEW_SESSION_IDLE", "12h");
    let config = all(&[named, ("CURFEW_PASSWORD_MIN", ""), idle]).unwrap();
    assert_eq!(config.limits.session_idle, Duration::from_hours(12));
    assert_eq!(config.limits.password_min, 15);
    assert_eq!(config.database_url, "sqlite://data/curfew.db");
    // Problems of the file and of the environment are told together.
    fs::write(&file, "CURFEW_LISTN = \"x\"\nCURFEW_LOG = \"loud\"\n").unwrap();
    let error = all(&[named, ("CURFEW_SIGN_UP", "maybe")]).unwrap_err();
    let told = error.to_string();
    assert!(
        error.names("CURFEW_LISTN") && error.names("CURFEW_SIGN_UP"),
        "{told}"
    );
    assert!(told.contains("the nearest is CURFEW_LISTEN"), "{told}");
    assert!(
        told.contains(&format!("CURFEW_LOG in {} is \"loud\"", file.display())),
        "{told}"
    );
    let absent = all(&[("CURFEW_CONFIG", "/nowhere/curfew.toml")]).unwrap_err();
    assert!(absent.names("CURFEW_CONFIG"));
}
