//! The table. A permission without a rule does not compile.

use super::{Rule, Who};
use crate::{plans::Feature, roles::Role};

const OWNER: Who = Who::Only(&[Role::Owner]);
const MANAGERS: Who = Who::Only(&[Role::Owner, Role::Admin]);
const TOKEN_HOLDERS: Who = Who::Only(&[Role::Owner, Role::Admin, Role::Editor, Role::Member]);

const NOT_ON_OWNERS: &str = "an admin not to an owner";
const WITH_SCOPE: &str = "with the scope that ends sessions";

/// Something that a user may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// The user's own profile, devices, password, email and curfew.
    OwnProfile,
    /// To delete their own user, and with the last one the account.
    DeleteOwnUser,
    RemoteLogout,
    /// The question before a remote logout, which says so where the plan lacks it.
    AskRemoteLogout,
    SetUpTwoFactor,
    /// Recovery codes, and turning two-factor authentication off: kept after a downgrade.
    KeepTwoFactor,
    /// To see and revoke their own tokens, on every plan: those from before a downgrade can be revoked.
    OwnTokens,
    CreateApiToken,
    CreateMcpToken,
    ViewAccount,
    RenameAccount,
    ChangePlan,
    SetAccountCurfew,
    ViewMembers,
    InviteMember,
    RevokeInvitation,
    ChangeRole,
    DisableMember,
    EnableMember,
    RemoveMember,
    RemoteLogoutMember,
    RemoteLogoutEveryone,
    ReadAuditLog,
    SetAuditRetention,
    ManageWebhook,
    UseApi,
    EndSessionsByApi,
    ReadEventsByApi,
    ListMembersByApi,
    RemoteLogoutMemberByApi,
    UseMcp,
}

impl Permission {
    /// What it asks for.
    #[must_use]
    pub fn rule(self) -> Rule {
        let rule = |who| Rule {
            who,
            needs: None,
            but: "",
        };
        match self {
            Self::OwnProfile | Self::KeepTwoFactor => rule(Who::Everyone),
            Self::DeleteOwnUser => rule(Who::Everyone).but("not the last owner of others"),
            Self::RemoteLogout => rule(Who::Everyone).needs(Feature::RemoteLogout),
            Self::AskRemoteLogout => {
                rule(Who::Everyone).but("the page says so where the plan lacks it")
            }
            Self::SetUpTwoFactor => rule(Who::Everyone).needs(Feature::TwoFactor),
            Self::OwnTokens => rule(TOKEN_HOLDERS)
                .but("on every plan, so that tokens from before a downgrade can be revoked"),
            Self::CreateApiToken => rule(TOKEN_HOLDERS).needs(Feature::ApiTokens),
            Self::CreateMcpToken => rule(TOKEN_HOLDERS).needs(Feature::McpTokens),
            Self::ViewAccount
            | Self::RenameAccount
            | Self::SetAccountCurfew
            | Self::ViewMembers
            | Self::RevokeInvitation => rule(MANAGERS),
            Self::ChangePlan => rule(OWNER),
            Self::InviteMember => rule(MANAGERS)
                .but("an admin not as an owner; editor and watch-only on Pro and Enterprise"),
            Self::ChangeRole => rule(MANAGERS).but(
                "an admin not of or to an owner; editor and watch-only on Pro and Enterprise; not the last owner",
            ),
            Self::DisableMember | Self::EnableMember | Self::RemoveMember => {
                rule(MANAGERS).but(NOT_ON_OWNERS)
            }
            Self::RemoteLogoutMember => rule(MANAGERS)
                .needs(Feature::RemoteLogout)
                .but(NOT_ON_OWNERS),
            Self::RemoteLogoutEveryone => rule(OWNER).needs(Feature::RemoteLogout),
            Self::ReadAuditLog | Self::ManageWebhook => rule(MANAGERS).needs(Feature::AuditLog),
            Self::SetAuditRetention => rule(OWNER).needs(Feature::AuditLog),
            Self::UseApi => rule(TOKEN_HOLDERS).needs(Feature::ApiTokens),
            Self::EndSessionsByApi => rule(TOKEN_HOLDERS)
                .needs(Feature::ApiTokens)
                .but(WITH_SCOPE),
            Self::ReadEventsByApi => rule(TOKEN_HOLDERS)
                .needs(Feature::AuditLog)
                .but("all events for owners and admins, their own for others"),
            Self::ListMembersByApi => rule(MANAGERS).needs(Feature::ApiTokens),
            Self::RemoteLogoutMemberByApi => rule(MANAGERS)
                .needs(Feature::ApiTokens)
                .but("with the scope that ends sessions; an admin not to an owner"),
            Self::UseMcp => rule(TOKEN_HOLDERS).needs(Feature::McpTokens),
        }
    }
}

impl Rule {
    fn needs(mut self, feature: Feature) -> Self {
        self.needs = Some(feature);
        self
    }

    fn but(mut self, but: &'static str) -> Self {
        self.but = but;
        self
    }
}
