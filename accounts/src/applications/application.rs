//! A registered application, as the database holds it.

use std::time::Duration;

use sqlx::FromRow;

use crate::{
    ids::{AccountId, ApplicationId},
    time::UnixMillis,
};

/// How an application signs its users in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// OpenID Connect.
    OpenId,
    /// A reverse proxy that asks Curfew at each request.
    Gate,
}

impl Kind {
    /// As forms and the command line say it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::OpenId => "open_id",
            Self::Gate => "gate",
        }
    }

    /// The kind of that key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        [Self::OpenId, Self::Gate]
            .into_iter()
            .find(|kind| kind.key() == key)
    }

    /// As the screen says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenId => "OpenID Connect",
            Self::Gate => "Gate",
        }
    }
}

/// What an application's ID tokens and logout tokens are signed with (RFC 7518, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text")]
pub enum SigningAlgorithm {
    #[sqlx(rename = "ES256")]
    Es256,
    #[sqlx(rename = "RS256")]
    Rs256,
}

impl SigningAlgorithm {
    /// As JOSE headers have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Es256, Self::Rs256]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// An application. Its redirect addresses are read apart ([`super::redirects`]), its secrets never.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the page"
)]
pub struct Application {
    /// Its client id too.
    pub id: ApplicationId,
    pub account_id: AccountId,
    pub kind: Kind,
    pub name: String,
    /// Whose ready configuration is shown.
    pub preset: Option<String>,
    /// Where it is: of a gate always, as `https://wiki.example.com`.
    pub address: Option<String>,
    /// Whether it keeps a secret.
    pub is_confidential: bool,
    pub requires_pkce: bool,
    pub signing_algorithm: SigningAlgorithm,
    /// Whether profile, email and groups stand in the ID token too.
    pub claims_in_id_token: bool,
    /// Where logout notices are sent. None: it cannot be told.
    pub logout_address: Option<String>,
    /// Where a browser lands after it signed out there.
    pub signed_out_address: Option<String>,
    /// Milliseconds; see [`Application::own_session`].
    own_session_lives: i64,
    /// JSON; see [`Application::open_paths`].
    open_paths: String,
    /// Whether a gate lets CORS preflights pass.
    pub passes_preflights: bool,
    who_may: String,
    pub requires_second_factor: bool,
    pub created_at: UnixMillis,
    pub changed_at: UnixMillis,
    /// The key by which the operator's file of applications knows it.
    pub declared_as: Option<String>,
}

/// The columns of [`Application`], of `applications a`.
macro_rules! application {
    () => {
        "a.id, a.account_id, a.kind, a.name, a.preset, a.address, a.is_confidential, a.requires_pkce,
         a.signing_algorithm, a.claims_in_id_token, a.logout_address, a.signed_out_address, a.own_session_lives,
         a.open_paths, a.passes_preflights, a.who_may, a.requires_second_factor, a.created_at, a.changed_at,
         a.declared_as"
    };
}
pub(crate) use application;

impl Application {
    /// How long its own session may live after a sign-in: so long it is told of an end.
    #[must_use]
    pub fn own_session(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.own_session_lives).unwrap_or(0))
    }

    /// The paths behind a gate that are open to all; each begins with `/`.
    #[must_use]
    pub fn open_paths(&self) -> Vec<String> {
        serde_json::from_str(&self.open_paths).unwrap_or_default()
    }

    /// Whether only some members may use it.
    #[must_use]
    pub fn is_for_chosen(&self) -> bool {
        self.who_may == "chosen"
    }
}
