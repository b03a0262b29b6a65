//! What each plan has: one table.

use serde::{Deserialize, Serialize};

/// An account's plan, cheapest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    Free,
    Plus,
    Pro,
    Enterprise,
}

/// Something a plan may have or lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    RemoteLogout,
    TwoFactor,
    McpTokens,
    EditorAndWatchOnly,
    ApiTokens,
    AuditLog,
}

impl Feature {
    /// Every feature, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::RemoteLogout,
        Self::TwoFactor,
        Self::McpTokens,
        Self::EditorAndWatchOnly,
        Self::ApiTokens,
        Self::AuditLog,
    ];

    /// As the screen says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RemoteLogout => "Remote logout",
            Self::TwoFactor => "Two-factor authentication",
            Self::McpTokens => "MCP tokens",
            Self::EditorAndWatchOnly => "Editor and watch-only roles",
            Self::ApiTokens => "API tokens",
            Self::AuditLog => "Audit log",
        }
    }
}

/// What a user may use: what the account's plan has, and what stays from before a downgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Available {
    pub plan: Plan,
    /// Remote logout stays while a session or remembered device of the user from before the downgrade lives: a thief
    /// with the password must not be able to forbid it.
    pub keeps_remote_logout: bool,
    /// The account requires a second factor, and the user has set none up: until then little else is allowed.
    pub owes_second_factor: bool,
}

impl Available {
    /// Whether the user may use the feature.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        self.plan.has(feature) || (feature == Feature::RemoteLogout && self.keeps_remote_logout)
    }
}

impl From<Plan> for Available {
    fn from(plan: Plan) -> Self {
        Self {
            plan,
            keeps_remote_logout: false,
            owes_second_factor: false,
        }
    }
}

/// The table: a feature and the cheapest plan that has it.
const FROM: [(Feature, Plan); 6] = [
    (Feature::RemoteLogout, Plan::Plus),
    (Feature::TwoFactor, Plan::Plus),
    (Feature::McpTokens, Plan::Pro),
    (Feature::EditorAndWatchOnly, Plan::Pro),
    (Feature::ApiTokens, Plan::Enterprise),
    (Feature::AuditLog, Plan::Enterprise),
];

impl Plan {
    /// Every plan, cheapest first.
    pub const ALL: [Self; 4] = [Self::Free, Self::Plus, Self::Pro, Self::Enterprise];

    /// Whether this plan has the feature.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        FROM.iter().any(|&(f, from)| f == feature && self >= from)
    }

    /// The plans that have the feature, cheapest first.
    #[must_use]
    pub fn with(feature: Feature) -> Vec<Self> {
        Self::ALL.into_iter().filter(|p| p.has(feature)).collect()
    }

    /// As the screen says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Plus => "Plus",
            Self::Pro => "Pro",
            Self::Enterprise => "Enterprise",
        }
    }

    /// As stored, and as forms say it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Plus => "plus",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    /// The plan of that name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|p| p.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_logout_is_in_every_plan_but_free() {
        assert_eq!(
            Plan::with(Feature::RemoteLogout),
            [Plan::Plus, Plan::Pro, Plan::Enterprise]
        );
        assert_eq!(Plan::with(Feature::ApiTokens), [Plan::Enterprise]);
        assert_eq!(Plan::named("pLuS"), Some(Plan::Plus));
    }
}
