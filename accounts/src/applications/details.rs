//! What is said of an application when it is registered or changed, and what is wrong with it.

use std::time::Duration;

use super::{
    Application, Kind, SigningAlgorithm,
    open_paths::plain,
    redirects::{host_of, redirect_refusal, site_of, web_address},
};
use crate::{ids::UserId, roles::Role, text::hides_something};

/// How long an application's own session may live at least, and at most.
pub const SHORTEST_OWN_SESSION: Duration = Duration::from_mins(1);
pub const LONGEST_OWN_SESSION: Duration = Duration::from_hours(366 * 24);

/// Most addresses, open paths, and members who are chosen one by one.
const MOST: usize = 50;

/// Who may use an application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Access {
    /// Every member of the account.
    #[default]
    All,
    /// These roles, and these members.
    Chosen {
        roles: Vec<Role>,
        users: Vec<UserId>,
    },
}

/// Curfew's own host, without a port: no application is at it. Of the public address, which the rules do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnHost(pub String);

impl OwnHost {
    /// Of the public address.
    #[must_use]
    pub fn of(public_url: &str) -> Self {
        let url = url::Url::parse(public_url).ok();
        Self(
            url.as_ref()
                .and_then(url::Url::host_str)
                .unwrap_or_default()
                .to_owned(),
        )
    }
}

/// An application as it is typed.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a box of its own on the page"
)]
pub struct Details {
    pub kind: Kind,
    pub name: String,
    pub preset: Option<String>,
    /// Of a gate: where it is. Of an OpenID Connect application: where a sign-in begins, or nothing.
    pub address: String,
    pub redirects: Vec<String>,
    /// Whether plain http is allowed on a private name.
    pub plain_http: bool,
    pub is_confidential: bool,
    pub requires_pkce: bool,
    pub signing_algorithm: SigningAlgorithm,
    pub claims_in_id_token: bool,
    /// Empty: it cannot be told.
    pub logout_address: String,
    pub signed_out_address: String,
    pub own_session: Duration,
    pub open_paths: Vec<String>,
    pub passes_preflights: bool,
    pub access: Access,
    pub requires_second_factor: bool,
}

impl Details {
    /// An application of that kind and name, with what is picked where nothing else is said.
    #[must_use]
    pub fn new(kind: Kind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            preset: None,
            address: String::new(),
            redirects: Vec::new(),
            plain_http: false,
            is_confidential: true,
            requires_pkce: true,
            signing_algorithm: SigningAlgorithm::Es256,
            claims_in_id_token: false,
            logout_address: String::new(),
            signed_out_address: String::new(),
            own_session: Duration::from_hours(30 * 24),
            open_paths: Vec::new(),
            passes_preflights: false,
            access: Access::All,
            requires_second_factor: false,
        }
    }

    /// What a stored application was typed as, with its redirect addresses and who may use it.
    #[must_use]
    pub fn of(application: &Application, redirects: Vec<String>, access: Access) -> Self {
        let mut details = Self {
            preset: application.preset.clone(),
            address: application.address.clone().unwrap_or_default(),
            redirects,
            is_confidential: application.is_confidential,
            requires_pkce: application.requires_pkce,
            signing_algorithm: application.signing_algorithm,
            claims_in_id_token: application.claims_in_id_token,
            logout_address: application.logout_address.clone().unwrap_or_default(),
            signed_out_address: application.signed_out_address.clone().unwrap_or_default(),
            own_session: application.own_session(),
            open_paths: application.open_paths(),
            passes_preflights: application.passes_preflights,
            access,
            requires_second_factor: application.requires_second_factor,
            ..Self::new(application.kind, &application.name)
        };
        details.plain_http = details.has_plain_http();
        details
    }

    /// Whether an address is plain http on a name that is not this machine's own.
    fn has_plain_http(&self) -> bool {
        let others = [
            &self.address,
            &self.logout_address,
            &self.signed_out_address,
        ];
        self.redirects.iter().chain(others).any(|address| {
            address.starts_with("http://")
                && !address.starts_with("http://127.0.0.1")
                && !address.starts_with("http://[::1]")
        })
    }

    /// Each field that is wrong whatever the database holds, with a sentence for the user who typed it.
    #[must_use]
    pub fn wrong(&self, own_host: &OwnHost) -> Vec<(&'static str, String)> {
        self.checked(own_host).err().unwrap_or_default()
    }

    /// What is stored, or each field that is wrong.
    pub(super) fn checked(
        &self,
        own_host: &OwnHost,
    ) -> Result<Checked, Vec<(&'static str, String)>> {
        let mut wrong = Wrong(Vec::new());
        let mut checked = Checked {
            name: wrong
                .take("name", clean_name(&self.name))
                .unwrap_or_default(),
            ..Checked::default()
        };
        match self.kind {
            Kind::OpenId => self.check_open_id(&mut checked, &mut wrong),
            Kind::Gate => self.check_gate(&mut checked, &mut wrong),
        }
        let addresses = checked.redirects.iter().chain(&checked.address);
        let host = match self.kind {
            Kind::OpenId => host_of,
            Kind::Gate => site_of,
        };
        checked.hosts = addresses.filter_map(|address| host(address)).collect();
        checked.hosts.sort();
        checked.hosts.dedup();
        if checked.hosts.iter().any(|host| is_at(host, own_host)) {
            let field = if self.kind == Kind::Gate {
                "address"
            } else {
                "redirects"
            };
            wrong.add(
                field,
                "This is Curfew’s own host. An application has a host of its own.",
            );
        }
        if !(SHORTEST_OWN_SESSION..=LONGEST_OWN_SESSION).contains(&self.own_session) {
            wrong.add("own_session", "A session there lives a minute to a year.");
        }
        if let Access::Chosen { roles, users } = &self.access {
            if roles.is_empty() && users.is_empty() {
                wrong.add("access", "Choose at least one role or member.");
            }
            if users.len() > MOST {
                wrong.add("access", "Choose 50 members or fewer, or a role.");
            }
        }
        if wrong.0.is_empty() {
            Ok(checked)
        } else {
            Err(wrong.0)
        }
    }

    fn check_open_id(&self, checked: &mut Checked, wrong: &mut Wrong) {
        let redirects: Vec<&str> = self
            .redirects
            .iter()
            .map(|r| r.trim())
            .filter(|r| !r.is_empty())
            .collect();
        if redirects.is_empty() {
            wrong.add("redirects", "Enter at least one redirect address.");
        }
        if redirects.len() > MOST {
            wrong.add("redirects", "Enter 50 addresses or fewer.");
        }
        for address in redirects {
            match redirect_refusal(address, self.plain_http, self.requires_pkce) {
                Some(why) => wrong.add("redirects", &format!("{address}: {why}")),
                None => checked.redirects.push(address.to_owned()),
            }
        }
        checked.redirects.sort();
        checked.redirects.dedup();
        if !self.is_confidential && !self.requires_pkce {
            wrong.add(
                "requires_pkce",
                "An application without a secret needs PKCE.",
            );
        }
        for (field, text, into) in [
            ("address", &self.address, &mut checked.address),
            (
                "logout_address",
                &self.logout_address,
                &mut checked.logout_address,
            ),
            (
                "signed_out_address",
                &self.signed_out_address,
                &mut checked.signed_out_address,
            ),
        ] {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            *into = wrong
                .take(field, web_address(text, self.plain_http))
                .map(|_| text.to_owned());
        }
    }

    fn check_gate(&self, checked: &mut Checked, wrong: &mut Wrong) {
        let address = self.address.trim();
        if address.is_empty() {
            wrong.add(
                "address",
                "Enter its address, such as https://wiki.example.com.",
            );
        } else if let Some(url) = wrong.take("address", web_address(address, self.plain_http)) {
            if url.path() != "/" || url.query().is_some() {
                wrong.add(
                    "address",
                    "Enter its host alone, such as https://wiki.example.com.",
                );
            }
            checked.address = Some(url.as_str().trim_end_matches('/').to_owned());
        }
        for path in self
            .open_paths
            .iter()
            .map(|p| p.trim())
            .filter(|p| !p.is_empty())
        {
            let Some(path) = plain(path) else {
                let why = format!(
                    "{path}: write paths like /public/ or /robots.txt, without ?, #, %, ; or dots alone."
                );
                wrong.add("open_paths", &why);
                continue;
            };
            checked.open_paths.push(path);
        }
        if checked.open_paths.len() > MOST {
            wrong.add("open_paths", "Enter 50 paths or fewer.");
        }
    }
}

/// What is stored of [`Details`].
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub name: String,
    pub address: Option<String>,
    pub redirects: Vec<String>,
    pub logout_address: Option<String>,
    pub signed_out_address: Option<String>,
    pub open_paths: Vec<String>,
    /// Of its addresses.
    pub hosts: Vec<String>,
}

struct Wrong(Vec<(&'static str, String)>);

impl Wrong {
    fn add(&mut self, field: &'static str, why: &str) {
        self.0.push((field, why.to_owned()));
    }

    fn take<T>(&mut self, field: &'static str, checked: Result<T, &'static str>) -> Option<T> {
        checked.map_err(|why| self.add(field, why)).ok()
    }
}

fn clean_name(name: &str) -> Result<String, &'static str> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err("Name the application."),
        1..=100 if hides_something(name) || name.contains(char::REPLACEMENT_CHARACTER) => {
            Err("A name has no invisible characters.")
        }
        1..=100 => Ok(name.to_owned()),
        _ => Err("Use 100 characters or fewer."),
    }
}

fn is_at(host: &str, own: &OwnHost) -> bool {
    // Of `[::1]:8080` the part before the last colon that is behind the bracket.
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case(&own.0)
}
