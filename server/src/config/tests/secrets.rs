//! Settings that may hold a secret.

use std::fs;

use super::{all, refused, with};

#[test]
fn no_part_of_a_url_with_a_password_is_shown() {
    for (variable, schemes) in [
        ("CURFEW_DATABASE_URL", ["postgres", "postgresql", "postgre"]),
        ("CURFEW_SMTP_URL", ["smtp", "smtps", "mail"]),
    ] {
        for raw in [
            "SECRET@SECRET",
            "SECRET#SECRET",
            "SECRET?SECRET",
            "SECRET/SECRET",
            "SECRET%SECRET",
        ] {
            for scheme in schemes {
                let error = refused(variable, &format!("{scheme}://SECRET:{raw}@SECRET/SECRET"));
                assert!(!error.contains("SECRET"), "{error}");
                let known = !["postgre", "mail"].contains(&scheme);
                assert_eq!(error.contains("percent-encoding"), known, "{error}");
            }
        }
    }
    let config = with("CURFEW_DATABASE_URL", "postgres://u:SE%40CRET@h/x").unwrap();
    assert!(!format!("{config:?}").contains("CRET"));
    let shown = config.cannot_open_database(&"it said SE@CRET and SE%40CRET");
    assert_eq!(shown, "CURFEW_DATABASE_URL: it said … and …");
}

#[test]
fn parameters_that_the_database_client_would_log_are_left_out() {
    let url = "postgres://u:p@h/x?sslmode=require&channel_binding=SECRET";
    let config = with("CURFEW_DATABASE_URL", url).unwrap();
    assert_eq!(config.database_url, "postgres://u:p@h/x?sslmode=require");
    let url = "postgres://u:p@h/x?options[work_mem]=1MB&host=/run/postgresql";
    assert_eq!(with("CURFEW_DATABASE_URL", url).unwrap().database_url, url);
}

#[test]
fn a_secret_is_read_from_a_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("url");
    let file = path.to_str().unwrap();
    fs::write(&path, "postgres://u:p@h/x\r\n").unwrap();
    let config = with("CURFEW_DATABASE_URL_FILE", file).unwrap();
    assert_eq!(config.database_url, "postgres://u:p@h/x");
    let both = [
        ("CURFEW_DATABASE_URL", "sqlite://here.db"),
        ("CURFEW_DATABASE_URL_FILE", file),
    ];
    assert_eq!(all(&both).unwrap().database_url, "sqlite://here.db");
    fs::write(&path, "postgre://u:SECRET@h/x\n").unwrap();
    let error = refused("CURFEW_DATABASE_URL_FILE", file);
    assert!(
        error.contains("CURFEW_DATABASE_URL_FILE") && !error.contains("SECRET"),
        "{error}"
    );
    fs::write(&path, "\n").unwrap();
    for wrong in [file, "/nowhere/SECRET", "smtps://u:SECRET@h"] {
        let error = refused("CURFEW_SMTP_URL_FILE", wrong);
        assert!(error.starts_with("CURFEW_SMTP_URL_FILE"), "{error}");
        assert!(
            !error.contains(wrong) && !error.contains("SECRET"),
            "{error}"
        );
    }
}
