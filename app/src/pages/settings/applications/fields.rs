//! The fields of an application's form, and what the rules make of them.

use std::time::Duration;

use accounts::{
    applications::{Access, Details, Kind, SigningAlgorithm},
    ids::UserId,
    roles::Role,
};
use serde::{Deserialize, Serialize};

use super::presets;
use crate::{error::AppError, forms::ticked};

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
    /// `all`, or role keys and ids of users divided by commas.
    pub access: Option<String>,
    pub second_factor: Option<String>,
}

impl ApplicationFields {
    /// As the rules take it.
    ///
    /// # Errors
    /// `validation_failed` beside a field that is no choice of the form.
    pub(super) fn details(&self) -> Result<Details, AppError> {
        let kind = match self.kind.as_deref() {
            None | Some("open_id") => Kind::OpenId,
            Some("gate") => Kind::Gate,
            Some(_) => return Err(AppError::field("kind", "Choose one of the options.")),
        };
        let algorithm = self.signing_algorithm.as_deref().unwrap_or("ES256");
        let signing_algorithm = SigningAlgorithm::named(algorithm)
            .ok_or_else(|| AppError::field("signing_algorithm", "Choose one of the options."))?;
        let preset = self.preset.clone().filter(|key| presets::of(key).is_some());
        Ok(Details {
            preset,
            address: self.address.clone(),
            redirects: lines(&self.redirects),
            plain_http: ticked(self.plain_http.as_deref()),
            is_confidential: !ticked(self.public.as_deref()),
            requires_pkce: !ticked(self.without_pkce.as_deref()),
            signing_algorithm,
            claims_in_id_token: ticked(self.claims_in_id_token.as_deref()),
            logout_address: self.logout_address.clone(),
            signed_out_address: self.signed_out_address.clone(),
            own_session: days(self.own_session.as_deref())?,
            open_paths: lines(&self.open_paths),
            passes_preflights: ticked(self.passes_preflights.as_deref()),
            access: self.access(),
            requires_second_factor: ticked(self.second_factor.as_deref()),
            ..Details::new(kind, &self.name)
        })
    }

    fn access(&self) -> Access {
        let text = self.access.as_deref().unwrap_or("all").trim();
        if matches!(text, "" | "all") {
            return Access::All;
        }
        let (mut roles, mut users) = (Vec::new(), Vec::new());
        for word in text
            .split([',', ' ', '\n'])
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            match Role::of_key(word) {
                Some(role) => roles.push(role),
                None => users.push(UserId(word.to_owned())),
            }
        }
        Access::Chosen { roles, users }
    }
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
