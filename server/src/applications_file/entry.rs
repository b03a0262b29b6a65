//! One application as the file has it. Its fields are called as those of the page's form are.

use std::{fs, path::Path};

use accounts::{
    applications::{
        Access, Details, Kind, SigningAlgorithm, Wanted, WantedApplication, made_elsewhere,
        stored_hash,
    },
    files,
    ids::{ApplicationId, is_id},
    roles::Role,
    secret::{Secret, TokenHash},
};
use app::pages::settings::applications::of_preset;
use serde::Deserialize;

use crate::config;

/// Shortest client id that an operator chooses: no other install has the same by accident.
const SHORTEST_CLIENT_ID: usize = 32;

/// What a secret begins with.
const SECRET_PREFIX: &str = "cfw_app_";

/// See the table in `docs/APPLICATIONS.md`.
#[derive(Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a line of the file of its own"
)]
pub(super) struct Entry {
    /// It is removed, and nothing else is said of it.
    remove: bool,
    kind: Option<String>,
    name: Option<String>,
    preset: Option<String>,
    address: String,
    redirects: Option<Vec<String>>,
    plain_http: bool,
    public: Option<bool>,
    without_pkce: Option<bool>,
    signing_algorithm: Option<String>,
    claims_in_id_token: Option<bool>,
    logout_address: Option<String>,
    signed_out_address: String,
    own_session: Option<String>,
    open_paths: Vec<String>,
    passes_preflights: bool,
    roles: Option<Vec<String>>,
    members: Option<Vec<String>>,
    second_factor: bool,
    client_id: Option<String>,
    secret_file: Option<String>,
    old_secret_file: Option<String>,
    secret_hash: Option<String>,
    old_secret_hash: Option<String>,
}

/// The field that is wrong, and why.
type Wrong = (&'static str, String);

fn wrong<T>(field: &'static str, why: impl Into<String>) -> Result<T, Wrong> {
    Err((field, why.into()))
}

impl Entry {
    /// What the file wants of it. `folder` is where files without a path of their own lie.
    pub(super) fn wanted(self, folder: &Path) -> Result<Wanted, Wrong> {
        if self.remove {
            let nothing_else = Self {
                remove: true,
                ..Self::default()
            };
            if self != nothing_else {
                return wrong(
                    "remove",
                    "Write nothing else of an application that is removed.",
                );
            }
            return Ok(Wanted::Removed);
        }
        let secrets = self.secrets(folder)?;
        let client_id = self.client_id()?;
        let members = self.members.clone().unwrap_or_default();
        let details = self.details()?;
        Ok(Wanted::Registered(Box::new(WantedApplication {
            details,
            client_id,
            members,
            secrets,
        })))
    }

    /// What stands in the file goes before what the preset says.
    fn details(self) -> Result<Details, Wrong> {
        let kind = match self.kind.as_deref() {
            Some("open_id") => Some(Kind::OpenId),
            Some("gate") => Some(Kind::Gate),
            None => None,
            Some(_) => return wrong("kind", "It is open_id or gate."),
        };
        let preset = match self.preset.as_deref() {
            None => None,
            Some(key) => match of_preset(key, &self.address) {
                Some(preset) if kind.is_none_or(|kind| kind == preset.kind) => Some(preset),
                Some(_) => return wrong("preset", "This preset is of another kind."),
                None => return wrong("preset", "There is no such preset."),
            },
        };
        let name = self.name.unwrap_or_default();
        let known = preset.unwrap_or_else(|| Details::new(kind.unwrap_or(Kind::OpenId), &name));
        let access = access(self.roles, self.members.is_some())?;
        Ok(Details {
            name: if name.is_empty() {
                known.name.clone()
            } else {
                name
            },
            redirects: self.redirects.unwrap_or_else(|| known.redirects.clone()),
            plain_http: self.plain_http,
            is_confidential: self.public.map_or(known.is_confidential, |public| !public),
            requires_pkce: self
                .without_pkce
                .map_or(known.requires_pkce, |without| !without),
            signing_algorithm: match self
                .signing_algorithm
                .as_deref()
                .map(SigningAlgorithm::named)
            {
                None => known.signing_algorithm,
                Some(Some(algorithm)) => algorithm,
                Some(None) => return wrong("signing_algorithm", "It is ES256 or RS256."),
            },
            claims_in_id_token: self.claims_in_id_token.unwrap_or(known.claims_in_id_token),
            logout_address: self
                .logout_address
                .unwrap_or_else(|| known.logout_address.clone()),
            signed_out_address: self.signed_out_address,
            own_session: match self.own_session.as_deref().map(config::duration) {
                None => known.own_session,
                Some(Some(lives)) => lives,
                Some(None) => return wrong("own_session", "Write a number and a unit."),
            },
            open_paths: self.open_paths,
            passes_preflights: self.passes_preflights,
            access,
            requires_second_factor: self.second_factor,
            address: self.address,
            ..known
        })
    }

    fn client_id(&self) -> Result<Option<ApplicationId>, Wrong> {
        let Some(id) = &self.client_id else {
            return Ok(None);
        };
        if !is_id(id) || id.len() < SHORTEST_CLIENT_ID {
            return wrong("client_id", "Use a UUID.");
        }
        Ok(Some(ApplicationId(id.clone())))
    }

    /// The hashes of its secrets.
    fn secrets(&self, folder: &Path) -> Result<Vec<TokenHash>, Wrong> {
        let mut secrets = Vec::new();
        for (field, file) in [
            ("secret_file", &self.secret_file),
            ("old_secret_file", &self.old_secret_file),
        ] {
            if let Some(file) = file {
                secrets.push(of_file(field, file, folder)?);
            }
        }
        for (field, hash) in [
            ("secret_hash", &self.secret_hash),
            ("old_secret_hash", &self.old_secret_hash),
        ] {
            if let Some(hash) = hash {
                let Some(hash) = stored_hash(hash) else {
                    return wrong(field, "It is the SHA-256 of the whole secret.");
                };
                secrets.push(hash);
            }
        }
        Ok(secrets)
    }
}

/// Who may use it: everyone, unless roles or members are named.
fn access(roles: Option<Vec<String>>, has_members: bool) -> Result<Access, Wrong> {
    if roles.is_none() && !has_members {
        return Ok(Access::All);
    }
    let mut chosen = Vec::new();
    for role in roles.unwrap_or_default() {
        let Some(role) = Role::of_key(&role) else {
            return wrong("roles", "There is no such role.");
        };
        chosen.push(role);
    }
    Ok(Access::Chosen {
        roles: chosen,
        users: Vec::new(),
    })
}

/// Nothing that stands in the file is said again: it may be the secret itself.
fn of_file(field: &'static str, named: &str, folder: &Path) -> Result<TokenHash, Wrong> {
    if named.starts_with(SECRET_PREFIX) {
        let why = "This is the secret itself, as it seems. Put it into a file, and name that.";
        return wrong(field, why);
    }
    let file = folder.join(named);
    let text = match fs::read_to_string(&file) {
        Ok(text) => Secret::new(text.trim().to_owned()),
        Err(error) => {
            let shown = file.display().to_string();
            let why = files::explain(&file, &error).replace(&shown, "the file that it names");
            return wrong(field, format!("{why}."));
        }
    };
    match made_elsewhere(&text) {
        Some(hash) => Ok(hash),
        None => wrong(
            field,
            "In the file that it names stands no secret of an application: cfw_app_ and 43 characters of base64url.",
        ),
    }
}
