//! The table of all settings. A new setting is one row here and one field of [`Config`](super::Config).

mod delivery;
mod serving;
mod users;

use super::setting::{Section, Setting};

/// Names the settings file. It is looked for before the other rows are read.
pub(super) const CONFIG: &str = "CURFEW_CONFIG";

/// Decides where the settings file is looked for.
pub(super) const DATABASE_URL: &str = "CURFEW_DATABASE_URL";

/// Every setting, in the order of the reference.
pub static SECTIONS: [Section; 7] = [
    serving::SERVING,
    serving::DATABASE,
    users::SIGN_UP,
    users::SESSIONS,
    users::RATE_LIMITS,
    delivery::EMAIL,
    delivery::WEBHOOKS,
];

/// Every setting.
pub(super) fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

/// The row of that name.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.name == name)
}

/// Every variable that is read: the names of the settings, and those of the files that secrets may be in.
pub(super) fn variables() -> impl Iterator<Item = &'static str> {
    settings().flat_map(|setting| std::iter::once(setting.name).chain(setting.secret_file))
}

/// The known variable that resembles a name most, whether its prefix or capitals are missing or a character is wrong.
#[must_use]
pub fn nearest(name: &str) -> &'static str {
    let name = name.to_uppercase();
    let bare = |name: &str| name.strip_prefix("CURFEW_").unwrap_or(name).to_owned();
    variables()
        .min_by_key(|known| strsim::damerau_levenshtein(&bare(known), &bare(&name)))
        .unwrap_or(CONFIG)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_complete_and_every_name_occurs_once() {
        let mut names = BTreeSet::new();
        for setting in settings() {
            let name = setting.name;
            assert!(name.starts_with("CURFEW_"), "{name}");
            assert!(
                !setting.about.is_empty() && !setting.about.ends_with('.'),
                "{name}"
            );
            assert!(
                !setting.allowed.is_empty() && !setting.example.is_empty(),
                "{name}"
            );
            if let Some(file) = setting.secret_file {
                assert_eq!(file, format!("{name}_FILE"));
            }
        }
        for variable in variables() {
            assert!(names.insert(variable), "{variable} occurs twice");
        }
    }

    #[test]
    fn the_nearest_name_is_found_without_prefix_or_capitals() {
        for (wrong, right) in [
            ("CURFEW_LISTN", "CURFEW_LISTEN"),
            ("CURFEW_DATABASE_ULR", "CURFEW_DATABASE_URL"),
            ("CURFEW_SMTP_URL_FIEL", "CURFEW_SMTP_URL_FILE"),
            ("listen", "CURFEW_LISTEN"),
            ("public_url", "CURFEW_PUBLIC_URL"),
        ] {
            assert_eq!(nearest(wrong), right);
        }
    }
}
