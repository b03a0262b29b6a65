//! Ready configuration of common applications: what each needs, with the client id and the addresses filled in.

mod table;

use accounts::applications::{Application, Details, Kind, SigningAlgorithm};

pub(super) use table::PRESETS;

/// What is known of a common application. Each was checked against its own project's documentation, which the table names.
pub(super) struct Preset {
    pub key: &'static str,
    pub name: &'static str,
    /// What it is, in a few words.
    pub what: &'static str,
    /// Where the text goes.
    place: &'static str,
    /// `{issuer}`, `{id}`, `{at}` (its address) are filled in.
    text: &'static str,
    /// Its redirect addresses; `{at}` is its address.
    redirects: &'static [&'static str],
    /// Where it takes logout notices; none where it cannot be told.
    logout_address: Option<&'static str>,
    needs: &'static [Needs],
    /// What to know besides.
    pub note: Option<&'static str>,
}

/// Where an application differs from a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// It keeps no secret.
    NoSecret,
    /// It does not send PKCE.
    NoPkce,
    Rs256,
    /// It reads name, email and groups from the ID token alone.
    ClaimsInIdToken,
}

/// The preset of that key.
pub(super) fn of(key: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.key == key)
}

impl Preset {
    /// Whether it can be told of a logout.
    pub(super) fn can_be_told(&self) -> bool {
        self.logout_address.is_some()
    }

    /// A new application of this preset.
    pub(super) fn details(&self) -> Details {
        let needs = |what| self.needs.contains(&what);
        Details {
            preset: Some(self.key.to_owned()),
            is_confidential: !needs(Needs::NoSecret),
            requires_pkce: !needs(Needs::NoPkce),
            claims_in_id_token: needs(Needs::ClaimsInIdToken),
            signing_algorithm: if needs(Needs::Rs256) {
                SigningAlgorithm::Rs256
            } else {
                SigningAlgorithm::Es256
            },
            ..Details::new(Kind::OpenId, self.name)
        }
    }

    /// Its redirect addresses, where it is at `address`.
    pub(super) fn redirects(&self, address: &str) -> Vec<String> {
        let redirects = self.redirects.iter();
        redirects.map(|path| at(path, address)).collect()
    }

    /// Where it takes logout notices; empty where it cannot be told.
    pub(super) fn logout_address(&self, address: &str) -> String {
        self.logout_address
            .map(|path| at(path, address))
            .unwrap_or_default()
    }

    /// The paths of its redirect addresses, for the form.
    pub(super) fn paths(&self) -> String {
        self.redirects("").join(", ")
    }
}

fn at(text: &str, address: &str) -> String {
    text.replace("{at}", address.trim().trim_end_matches('/'))
}

/// A text to copy, and where it goes.
pub(super) struct Text {
    pub title: String,
    pub place: &'static str,
    pub content: String,
}

/// What stands where the secret goes while it is not known.
const NO_SECRET: &str = "YOUR_SECRET";

/// What is copied into the application's own settings, where its preset is known: with its secret where that is shown.
pub(super) fn text(
    application: &Application,
    hosts: &[String],
    issuer: &str,
    secret: Option<&str>,
) -> Option<Text> {
    let preset = application.preset.as_deref().and_then(of)?;
    let host = hosts.first().map_or("app.example.com", String::as_str);
    let address = application.address.clone();
    let address = address.unwrap_or_else(|| format!("https://{host}"));
    let content = at(preset.text, &address)
        .replace("{issuer}", issuer)
        .replace("{id}", application.id.as_str())
        .replace(NO_SECRET, secret.unwrap_or(NO_SECRET));
    Some(Text {
        title: preset.name.to_owned(),
        place: preset.place,
        content,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_found_by_its_key_and_names_what_is_filled_in() {
        for preset in PRESETS {
            assert_eq!(of(preset.key).map(|found| found.name), Some(preset.name));
            assert!(
                preset.text.contains("{issuer}") && preset.text.contains("{id}"),
                "{}",
                preset.key
            );
            let secret = preset.text.contains(NO_SECRET);
            assert_eq!(secret, preset.details().is_confidential, "{}", preset.key);
            let at = preset.redirects("https://app.example.com/");
            assert!(
                at.iter().any(|a| a.starts_with("https://app.example.com/")),
                "{at:?}"
            );
            assert!(!at.concat().contains('{'), "{at:?}");
        }
        assert!(of("").is_none());
    }
}
