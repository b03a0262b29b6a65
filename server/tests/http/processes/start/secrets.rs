//! No value that may hold a secret is printed, whichever setting it was put into.

use super::refuses;
use crate::processes::program::curfew;

/// A password with every character that has a meaning in URLs, beside the plain one.
const PASSWORDS: [&str; 6] = [
    "Sesame",
    "Sesame@Sesame",
    "Sesame#Sesame",
    "Sesame?Sesame",
    "Sesame%Sesame",
    "Sesame/Sesame",
];

/// Settings that take none of these values, with secrets and without.
const REFUSED: [&str; 12] = [
    "CURFEW_DATABASE_URL",
    "CURFEW_DATABASE_URL_FILE",
    "CURFEW_SMTP_URL_FILE",
    "CURFEW_PUBLIC_URL",
    "CURFEW_LISTEN",
    "CURFEW_TRUSTED_PROXIES",
    "CURFEW_MAIL_FROM",
    "CURFEW_MAIL_FOLDER",
    "CURFEW_SECRET_KEY_FILE",
    "CURFEW_WEBHOOK_CA_FILE",
    "CURFEW_CONFIG",
    "CURFEW_SIGN_UP",
];

#[test]
fn a_url_with_a_password_is_printed_by_no_command_whichever_setting_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    for (at, name) in REFUSED.into_iter().enumerate() {
        // Each setting with one of the passwords, and the database with all.
        let some = if at == 0 {
            &PASSWORDS[..]
        } else {
            &PASSWORDS[at % 6..=at % 6]
        };
        for password in some {
            let value = format!("postgre://Sesame:{password}@h.example/Sesame");
            for command in [&["serve"][..], &["config", "check"], &["user", "list"]] {
                // Without a database of its own, so that the file of its URL counts too.
                let said = refuses(folder.path(), "", &[(name, &value)], command);
                assert!(!said.contains("Sesame"), "{name}: {said}");
                assert!(said.starts_with("curfew: CURFEW_"), "{name}: {said}");
            }
        }
    }
}

#[test]
fn raw_characters_in_a_password_are_told_to_be_percent_encoded() {
    let folder = tempfile::tempdir().unwrap();
    for (name, scheme) in [
        ("CURFEW_DATABASE_URL", "postgres"),
        ("CURFEW_SMTP_URL", "smtps"),
    ] {
        for password in &PASSWORDS[1..] {
            let value = format!("{scheme}://u:{password}@h.example/x");
            let said = refuses(
                folder.path(),
                "sqlite://here.db",
                &[(name, &value)],
                &["serve"],
            );
            assert!(
                said.contains("percent-encoding") && !said.contains("Sesame"),
                "{said}"
            );
        }
    }
}

/// A key that was put where the path of its file belongs would become the name of a file, and be printed with it.
#[test]
fn a_key_in_place_of_its_path_is_refused_and_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let line = accounts::keys::Keys::new_line();
    let key = line.trim();
    for command in [&["serve"][..], &["config", "check"]] {
        let set = [("CURFEW_SECRET_KEY_FILE", key)];
        let said = refuses(folder.path(), "sqlite://here.db", &set, command);
        assert!(
            said.starts_with("curfew: CURFEW_SECRET_KEY_FILE "),
            "{said}"
        );
        assert!(!said.contains(key), "{said}");
    }
}

/// The server is not there, or refuses: its client's error is printed, and no part of the URL.
#[test]
fn an_unreachable_database_is_told_without_its_url() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://Sesame:Sesame@127.0.0.1:9/Sesame";
    for command in [&["serve"][..], &["user", "list"]] {
        let said = refuses(folder.path(), url, &[], command);
        assert!(said.contains("CURFEW_DATABASE_URL: "), "{said}");
        assert!(!said.contains("Sesame"), "{said}");
    }
}

#[test]
fn what_is_set_is_not_printed_by_help_or_by_the_check_of_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://u:Sesame@127.0.0.1:9/x";
    for arguments in [&["--help"][..], &["config", "check"]] {
        let shown = curfew(folder.path(), url)
            .env("CURFEW_SMTP_URL", "smtps://u:Sesame@h.example")
            .env("CURFEW_DATABASE_ULR", url)
            .args(arguments)
            .output()
            .unwrap();
        assert!(shown.status.success(), "{shown:?}");
        let said = String::from_utf8([shown.stdout, shown.stderr].concat()).unwrap();
        assert!(
            said.contains("CURFEW_DATABASE_URL") && !said.contains("Sesame"),
            "{said}"
        );
    }
}
