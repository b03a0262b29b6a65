//! Where the program listens, what it logs, and where its data is.

use crate::config::{
    setting::{Fallback, Section, Setting, put},
    table, urls, values,
};

pub(super) const SERVING: Section = Section {
    title: "Serving",
    settings: &[
        Setting {
            name: table::CONFIG,
            about: "File of settings under these same names; only the environment can name it",
            allowed: "the path of a TOML file",
            default: Fallback::Unset("`curfew.toml` in the data folder, if it exists"),
            example: "/etc/curfew/curfew.toml",
            secret_file: None,
            // It is read before the table is: see `sources`.
            apply: |_, _| Ok(()),
        },
        Setting {
            name: "CURFEW_LISTEN",
            about: "Address and port to listen on",
            allowed: "an address and a port",
            default: Fallback::Text("127.0.0.1:3000"),
            example: "0.0.0.0:3000",
            secret_file: None,
            apply: |config, text| put(&mut config.listen, urls::listen(text)),
        },
        Setting {
            name: "CURFEW_PUBLIC_URL",
            about: "Scheme and host that users type; `https` makes cookies `Secure` with the `__Host-` prefix. Without it, listening on this machine alone, only names of this machine are answered",
            allowed: "`http://` or `https://` and a host, with a port where it is not the default one",
            default: Fallback::Unset("`http://` and the address it listens on"),
            example: "https://curfew.example.com",
            secret_file: None,
            apply: |config, text| put(&mut config.public_url, urls::public_url(text).map(Some)),
        },
        Setting {
            name: "CURFEW_TRUSTED_PROXIES",
            about: "Networks of proxies: the client's address is read from `X-Forwarded-For`, from the right, past these",
            allowed: "addresses and networks, separated by commas",
            default: Fallback::Unset("none"),
            example: "10.0.0.0/8,192.168.1.7",
            secret_file: None,
            apply: |config, text| put(&mut config.trusted_proxies, values::networks(text)),
        },
        Setting {
            name: "CURFEW_SECURITY_CONTACT",
            about: "Where vulnerabilities are reported to: `/.well-known/security.txt` says it",
            allowed: "an email address, or the URL of a page by https",
            default: Fallback::Unset("none, and no such file"),
            example: "security@example.com",
            secret_file: None,
            apply: |config, text| put(&mut config.security_contact, urls::contact(text).map(Some)),
        },
        Setting {
            name: "CURFEW_METRICS_LISTEN",
            about: "Address and port at which `/metrics` is served to every client that reaches it",
            allowed: "an address and a port of this machine's own network",
            default: Fallback::Unset("none"),
            example: "127.0.0.1:9464",
            secret_file: None,
            apply: |config, text| put(&mut config.metrics_listen, urls::listen(text).map(Some)),
        },
        Setting {
            name: "CURFEW_METRICS_TOKEN",
            about: "Token with which `/metrics` is read, at the public address too: `Authorization: Bearer …`. With neither it answers 404",
            allowed: "16 characters or more, without spaces",
            default: Fallback::Unset("none"),
            example: "7fK2mPq9XwLr4TzB",
            secret_file: Some("CURFEW_METRICS_TOKEN_FILE"),
            apply: |config, text| put(&mut config.metrics_token, values::bearer(text).map(Some)),
        },
        Setting {
            name: "CURFEW_LOG",
            about: "Form of the log on standard error; `text` has colours on a terminal unless `NO_COLOR` is set",
            allowed: "`text` or `json`",
            default: Fallback::Text("text"),
            example: "json",
            secret_file: None,
            apply: |config, text| {
                let choices = [("text", false), ("json", true)];
                put(&mut config.log_json, values::choice(text, &choices))
            },
        },
        Setting {
            name: "CURFEW_LOG_FILTER",
            about: "What is logged, as the `tracing` library takes it",
            allowed: "a level, and levels of modules",
            default: Fallback::Text("info,sqlx=warn,rmcp=warn"),
            example: "info,sqlx=debug",
            secret_file: None,
            apply: |config, text| put(&mut config.log_filter, values::log_filter(text)),
        },
    ],
};

pub(super) const DATABASE: Section = Section {
    title: "Database and key",
    settings: &[
        Setting {
            name: table::DATABASE_URL,
            about: "The database; the folder of an SQLite file is the data folder, with PostgreSQL it is `data`",
            allowed: "`sqlite://` and the path of a file, or `postgres://user:password@host/database`",
            default: Fallback::Text(urls::DEFAULT_DATABASE),
            example: "postgres://curfew:pass%40word@db.example.com/curfew",
            secret_file: Some("CURFEW_DATABASE_URL_FILE"),
            apply: |config, text| put(&mut config.database_url, urls::database_url(text)),
        },
        Setting {
            name: "CURFEW_SECRET_KEY_FILE",
            about: "File of the key that seals two-factor and webhook secrets; created at the first start. One that does not fit the database stops the start",
            allowed: "the path of a file",
            default: Fallback::Follows("`secret.key` in the data folder", |config| {
                urls::data_file(&config.database_url, "secret.key")
            }),
            example: "/run/secrets/curfew.key",
            secret_file: None,
            apply: |config, text| put(&mut config.secret_key_file, values::path(text)),
        },
    ],
};
