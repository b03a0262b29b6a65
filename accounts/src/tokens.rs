//! API and MCP tokens: what programs act with in a user's name, and what a remote logout leaves alone.
//!
//! A token belongs to a user and carries that user's rights, no more; its scopes narrow them.
//! The database holds the hash of its value only. A user who is disabled, whose plan lacks the feature or who
//! may only watch has no token that works, whatever its row says.

mod create;
mod find;
mod list;
mod revoke;
mod scope;
mod used;
mod value;

pub use create::{CreateError, Created, NewToken, create, may_create};
pub(crate) use find::still_good;
pub use find::{Bearer, find};
pub use list::{Listed, count, list, one};
pub(crate) use revoke::revoke_all;
pub use revoke::{RevokeError, Revoked, revoke};
pub use scope::{Scope, Scopes};
pub use used::note_used;
pub use value::Value;

pub(crate) use create::insert_sample;

use crate::{audit::Action, plans::Feature};

/// Most tokens of a kind a user may have.
pub const MOST: i64 = 50;

/// Which interface a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Api,
    Mcp,
}

impl Kind {
    /// As the screen and emails say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Mcp => "MCP",
        }
    }

    /// What a value of this kind begins with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Api => "cfw_api_",
            Self::Mcp => "cfw_mcp_",
        }
    }

    /// What the plan must have.
    #[must_use]
    pub fn feature(self) -> Feature {
        match self {
            Self::Api => Feature::ApiTokens,
            Self::Mcp => Feature::McpTokens,
        }
    }

    /// The scope that lets it end sessions.
    #[must_use]
    pub fn ending_scope(self) -> Scope {
        match self {
            Self::Api => Scope::Sessions,
            Self::Mcp => Scope::RemoteLogout,
        }
    }

    pub(crate) fn created(self) -> Action {
        match self {
            Self::Api => Action::ApiTokenCreated,
            Self::Mcp => Action::McpTokenCreated,
        }
    }

    pub(crate) fn deleted(self) -> Action {
        match self {
            Self::Api => Action::ApiTokenDeleted,
            Self::Mcp => Action::McpTokenDeleted,
        }
    }
}
