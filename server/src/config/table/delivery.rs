//! What leaves the program: emails and webhooks.

use crate::config::{
    setting::{Fallback, Section, Setting, put},
    urls, values,
};

pub(super) const EMAIL: Section = Section {
    title: "Email",
    settings: &[
        Setting {
            name: "CURFEW_SMTP_URL",
            about: "The SMTP server; without it emails become files",
            allowed: "`smtps://user:password@host`, or `smtp://host:port?tls=required`",
            default: Fallback::Unset("none"),
            example: "smtps://curfew:pass%40word@smtp.example.com",
            secret_file: Some("CURFEW_SMTP_URL_FILE"),
            apply: |config, text| put(&mut config.smtp_url, urls::smtp_url(text).map(Some)),
        },
        Setting {
            name: "CURFEW_MAIL_FROM",
            about: "Sender of emails",
            allowed: "an email address, with or without a name",
            default: Fallback::Text("Curfew <curfew@localhost>"),
            example: "Curfew <curfew@example.com>",
            secret_file: None,
            apply: |config, text| put(&mut config.mail_from, values::mailbox(text)),
        },
        Setting {
            name: "CURFEW_MAIL_FOLDER",
            about: "Folder that emails are written to while there is no SMTP server",
            allowed: "the path of a folder",
            default: Fallback::Follows("`mail` in the data folder", |config| {
                urls::data_file(&config.database_url, "mail")
            }),
            example: "/var/lib/curfew/mail",
            secret_file: None,
            apply: |config, text| put(&mut config.mail_folder, values::path(text)),
        },
    ],
};

pub(super) const WEBHOOKS: Section = Section {
    title: "Webhooks",
    settings: &[
        Setting {
            name: "CURFEW_WEBHOOK_ALLOW_PRIVATE",
            about: "Whether webhooks may go to private addresses, and without TLS",
            allowed: "`on` or `off`",
            default: Fallback::Text("off"),
            example: "on",
            secret_file: None,
            apply: |config, text| put(&mut config.webhook_allow_private, values::on_or_off(text)),
        },
        Setting {
            name: "CURFEW_WEBHOOK_CA_FILE",
            about: "Authorities that receivers of webhooks may have certificates of, besides those that browsers trust",
            allowed: "the path of a file of certificates (PEM)",
            default: Fallback::Unset("none"),
            example: "/etc/curfew/authorities.pem",
            secret_file: None,
            apply: |config, text| put(&mut config.webhook_authorities, values::authorities(text)),
        },
    ],
};
