//! What users read about the settings: the list in `--help`, `docs/CONFIGURATION.md`, and what `curfew config check`
//! prints. All of it is written from the table.

use std::fmt::Write;

use super::{
    problem::{Origin, Reading, plain},
    setting::{Fallback, Setting},
    table::SECTIONS,
};

/// For the end of `curfew --help`.
#[must_use]
pub fn help() -> String {
    let mut text = String::from(
        "Settings are environment variables, or the same names in the file that CURFEW_CONFIG names. \
         All have a working default. `curfew config check` shows what is read.\n",
    );
    for section in &SECTIONS {
        let _ = write!(text, "\n{}:\n", section.title);
        for setting in section.settings {
            let name = setting.name;
            let default = match &setting.default {
                Fallback::Text(default) => format!("{name}={default}"),
                other => format!("{name} ({})", plain(&other.described())),
            };
            let about = plain(setting.about);
            let _ = writeln!(text, "  {default}\n          {about}");
        }
    }
    text.push_str("\nExample: curfew remote-logout ada@example.com");
    text
}

/// `docs/CONFIGURATION.md`.
#[must_use]
pub fn as_markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for section in &SECTIONS {
        let _ = write!(page, "\n## {}\n\n", section.title);
        page.push_str("| setting | default | may be | example | |\n|---|---|---|---|---|\n");
        for setting in section.settings {
            let secret = setting.secret_file.map_or(String::new(), |file| {
                format!(". Never shown; or in the file that `{file}` names")
            });
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | `{}` | {}{secret} |",
                setting.name,
                setting.default.described(),
                setting.allowed,
                setting.example,
                setting.about,
            );
        }
    }
    page
}

/// One setting of an install, as a line of a settings file. A value that is a default or hidden is a comment.
pub(super) fn line(setting: &Setting, reading: Option<&Reading>) -> String {
    let name = setting.name;
    let Some(reading) = reading else {
        return format!("# {name}: {}", plain(&setting.default.described()));
    };
    let (mark, origin) = match &reading.origin {
        Origin::Default => ("# ", "default".to_owned()),
        Origin::Environment => ("", "from the environment".to_owned()),
        Origin::File(path) => ("", format!("from {path}")),
        Origin::SecretFile(variable) => ("", format!("from the file that {variable} names")),
    };
    if setting.is_secret() && reading.origin != Origin::Default {
        return format!("# {name}: set, not shown  # {origin}");
    }
    format!("{mark}{name} = {:?}  # {origin}", reading.text)
}

const INTRODUCTION: &str = "\
# Settings

Written from the table in `server/src/config/table.rs`; a test holds them equal (`CURFEW_WRITE_DOCS=1 cargo test -p server \
configuration` writes this file anew).

Every setting is an environment variable with a working default. The same names can stand in a file, one a line \
(`CURFEW_LISTEN = \"0.0.0.0:3000\"`, TOML): the file that `CURFEW_CONFIG` names, or `curfew.toml` in the data folder, which is the \
folder of the SQLite file, and `data` with PostgreSQL. The environment wins.

- Settings are read once, at the start. `curfew config check` reads them the same way, and prints what holds and where it \
comes from.
- An empty value is unset. White space around a value, and a carriage return, do not count.
- A value in quotes is refused: they are part of it where no shell takes them out, as in a file of variables for a container.
- A value that cannot be used stops the start. The message names every such setting, what was read, and an example.
- An unknown name in the file stops the start; an unknown `CURFEW_…` variable in the environment is a warning. Both name the \
nearest setting.
- A value that may hold a secret is never printed. It can be in a file of its own, which the variable with `_FILE` at its end \
names; a line break at the end of that file does not count. In a URL, write characters like `@ # ? / %` in a user or password \
percent-encoded: `%40`, `%23`, `%3F`, `%2F`, `%25`.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::table;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/CONFIGURATION.md");

    #[test]
    fn the_page_about_configuration_is_the_table() {
        let page = as_markdown();
        if std::env::var_os("CURFEW_WRITE_DOCS").is_some() {
            std::fs::write(PAGE, &page).unwrap();
        }
        let written = std::fs::read_to_string(PAGE).unwrap_or_default();
        assert!(
            written == page,
            "docs/CONFIGURATION.md is not what the table says: run CURFEW_WRITE_DOCS=1 cargo test -p server configuration"
        );
    }

    #[test]
    fn help_and_page_have_every_setting() {
        let (help, page) = (help(), as_markdown());
        for setting in table::settings() {
            assert!(help.contains(&format!("\n  {}", setting.name)));
            assert!(page.contains(&format!("\n| `{}` |", setting.name)));
        }
        for variable in table::variables() {
            assert!(page.contains(&format!("`{variable}`")));
        }
    }

    #[test]
    fn a_secret_that_is_set_is_not_shown() {
        let row = table::find(table::DATABASE_URL).unwrap();
        for origin in [
            Origin::Environment,
            Origin::File("curfew.toml".into()),
            Origin::SecretFile("CURFEW_DATABASE_URL_FILE"),
        ] {
            let text = "postgres://u:SECRET@h/x".to_owned();
            let line = line(row, Some(&Reading { text, origin }));
            assert!(line.starts_with("# CURFEW_DATABASE_URL: set"), "{line}");
            assert!(!line.contains("SECRET"), "{line}");
        }
    }
}
