//! The fields of an application's form, and what the rules make of them.

use std::{collections::BTreeMap, time::Duration};

use accounts::{
    applications::{Access, Details, Kind, SigningAlgorithm},
    ids::UserId,
    roles::Role,
};
use serde::{Deserialize, Serialize};

use super::{gate_texts::PROXIES, presets, wrong::Wrong};
use crate::{error::AppError, forms::ticked};

/// The box of a role, and of a member: `role_admin`, `member_<id>`.
pub(super) const ROLE: &str = "role_";
pub(super) const MEMBER: &str = "member_";

/// An application's form as it is sent. Every field may be missing: then it is as a new application has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationFields {
    /// `open_id` or `gate`; of a new application only.
    pub kind: Option<String>,
    pub name: String,
    pub preset: Option<String>,
    pub address: String,
    /// One a line.
    pub redirects: String,
    pub plain_http: Option<String>,
    /// There when it keeps no secret.
    pub public: Option<String>,
    /// There when it cannot do PKCE.
    pub without_pkce: Option<String>,
    pub signing_algorithm: Option<String>,
    pub claims_in_id_token: Option<String>,
    pub logout_address: String,
    pub signed_out_address: String,
    /// Days.
    pub own_session: Option<String>,
    /// One a line.
    pub open_paths: String,
    pub passes_preflights: Option<String>,
    /// `all`, or role keys and ids of users divided by commas. Programs send it; the page has boxes.
    pub access: Option<String>,
    /// `all` or `chosen`: then those count whose boxes are ticked, and `others`.
    pub who: Option<String>,
    /// Emails of members, one a line.
    pub others: String,
    pub second_factor: Option<String>,
    /// The boxes of roles and members.
    #[serde(flatten)]
    pub boxes: BTreeMap<String, String>,
}

impl ApplicationFields {
    /// As the rules take it; `others` are the members whose emails were typed. What is no choice of the form is noted in
    /// `wrong`, and is as a new application has it.
    ///
    /// # Errors
    /// `validation_failed` beside the kind, without which nothing else can be judged.
    pub(super) fn details(
        &self,
        others: Vec<UserId>,
        wrong: &mut Wrong,
    ) -> Result<Details, AppError> {
        let kind = match self.kind.as_deref() {
            None | Some("open_id") => Kind::OpenId,
            Some("gate") => Kind::Gate,
            Some(_) => return Err(AppError::field("kind", "Choose one of the options.")),
        };
        let usual = Details::new(kind, &self.name);
        let algorithm = self.signing_algorithm.as_deref().unwrap_or("ES256");
        let algorithm = SigningAlgorithm::named(algorithm)
            .ok_or_else(|| AppError::field("signing_algorithm", "Choose one of the options."));
        let signing_algorithm = wrong.take(algorithm)?.unwrap_or(usual.signing_algorithm);
        let own_session = wrong
            .take(days(self.own_session.as_deref()))?
            .unwrap_or(usual.own_session);
        Ok(Details {
            preset: self.preset.clone().filter(|key| is_known(key)),
            address: self.address.clone(),
            redirects: lines(&self.redirects),
            plain_http: ticked(self.plain_http.as_deref()),
            is_confidential: !ticked(self.public.as_deref()),
            requires_pkce: !ticked(self.without_pkce.as_deref()),
            signing_algorithm,
            claims_in_id_token: ticked(self.claims_in_id_token.as_deref()),
            logout_address: self.logout_address.clone(),
            signed_out_address: self.signed_out_address.clone(),
            own_session,
            open_paths: lines(&self.open_paths),
            passes_preflights: ticked(self.passes_preflights.as_deref()),
            access: self.access(others),
            requires_second_factor: ticked(self.second_factor.as_deref()),
            ..usual
        })
    }

    /// The emails of members that were typed.
    pub(super) fn emails(&self) -> Vec<String> {
        match self.who.as_deref() {
            Some("chosen") => lines(&self.others),
            _ => Vec::new(),
        }
    }

    fn access(&self, others: Vec<UserId>) -> Access {
        if let Some(text) = self.access.as_deref().map(str::trim)
            && !text.is_empty()
        {
            return written(text);
        }
        if self.who.as_deref() != Some("chosen") {
            return Access::All;
        }
        let named = |prefix: &'static str| {
            let ticked = self.boxes.iter().filter(|(_, value)| ticked(Some(value)));
            ticked.filter_map(move |(name, _)| name.strip_prefix(prefix))
        };
        let mut users: Vec<UserId> = named(MEMBER).map(|id| UserId(id.to_owned())).collect();
        users.extend(others);
        users.sort_by(|a, b| a.0.cmp(&b.0));
        users.dedup();
        Access::Chosen {
            roles: named(ROLE).filter_map(Role::of_key).collect(),
            users,
        }
    }
}

/// What a program wrote: `all`, or keys of roles and ids of users.
fn written(text: &str) -> Access {
    if text == "all" {
        return Access::All;
    }
    let (mut roles, mut users) = (Vec::new(), Vec::new());
    let words = text.split([',', ' ', '\n']).map(str::trim);
    for word in words.filter(|word| !word.is_empty()) {
        match Role::of_key(word) {
            Some(role) => roles.push(role),
            None => users.push(UserId(word.to_owned())),
        }
    }
    Access::Chosen { roles, users }
}

fn is_known(key: &str) -> bool {
    presets::of(key).is_some() || PROXIES.iter().any(|(proxy, ..)| *proxy == key)
}

fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

fn days(text: Option<&str>) -> Result<Duration, AppError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let days: u64 = text
        .unwrap_or("30")
        .parse()
        .map_err(|_| AppError::field("own_session", "Enter a number of days."))?;
    Ok(Duration::from_hours(days.saturating_mul(24)))
}
