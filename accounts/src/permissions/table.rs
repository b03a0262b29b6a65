//! The table. One entry is one permission: its name, what it lets a user do, and what it asks for.

use super::{Rule, Who};
use crate::{plans::Feature, roles::Role};

const NOT_ON_OWNERS: &str = "an admin not to an owner";
const WITH_SCOPE: &str = "with the scope that ends sessions";

macro_rules! permissions {
    ($($name:ident: $what:literal => $rule:expr,)*) => {
        /// Something that a user may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission {
            $(#[doc = concat!("To ", $what, ".")] $name,)*
        }

        impl Permission {
            /// Every permission, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As the audit log has it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What it lets a user do, as told to that user.
            #[must_use]
            pub fn what(self) -> &'static str {
                match self {
                    $(Self::$name => $what,)*
                }
            }

            /// What it asks for.
            #[must_use]
            pub fn rule(self) -> Rule {
                match self {
                    $(Self::$name => $rule,)*
                }
            }
        }
    };
}

permissions! {
    OwnProfile: "see and change your profile" => everyone(),
    OwnSessions: "see where you are signed in, and sign out there" => everyone().without_second_factor(),
    ChooseTheme: "choose light or dark" => everyone().without_second_factor(),
    DeleteOwnUser: "delete your account" => everyone().without_second_factor().but("not the last owner of others"),
    RemoteLogout: "log out from all devices" => everyone().without_second_factor().needs(Feature::RemoteLogout),
    AskRemoteLogout: "see what a remote logout ends" => everyone().without_second_factor().but("the page says so where the plan lacks it"),
    SetUpTwoFactor: "set up two-factor authentication" => everyone().without_second_factor().needs(Feature::TwoFactor),
    KeepTwoFactor: "replace recovery codes and turn two-factor authentication off" => everyone().without_second_factor().but("on every plan, for what was set up before a downgrade"),
    OwnTokens: "see and revoke your tokens" => token_holders().but("on every plan, so that tokens from before a downgrade can be revoked"),
    CreateApiToken: "create an API token" => token_holders().needs(Feature::ApiTokens),
    CreateMcpToken: "create an MCP token" => token_holders().needs(Feature::McpTokens),
    ViewAccount: "see the account" => managers(),
    RenameAccount: "rename the account" => managers(),
    ChangePlan: "change the plan" => owner(),
    SetAccountCurfew: "set the account’s curfew" => managers(),
    ViewMembers: "see the members" => managers(),
    InviteMember: "invite a member" => managers().but("an admin not as an owner; editor and watch-only on Pro and Enterprise"),
    RevokeInvitation: "revoke an invitation" => managers(),
    ConfirmInvitation: "confirm an invitation that waits" => managers().but("an admin their own only"),
    ChangeRole: "change a member’s role" => managers().but("an admin not of or to an owner; editor and watch-only on Pro and Enterprise; not the last owner"),
    DisableMember: "disable a member" => managers().but(NOT_ON_OWNERS),
    EnableMember: "enable a member" => managers().but(NOT_ON_OWNERS),
    RemoveMember: "remove a member" => managers().but(NOT_ON_OWNERS),
    RequireSecondFactor: "require a second factor of every member" => owner().but("once they have one themselves, on Plus, Pro and Enterprise; ended on every plan"),
    ResetTwoFactor: "reset a member’s second factor" => managers().but(NOT_ON_OWNERS),
    RemoteLogoutMember: "log a member out from all devices" => managers().needs(Feature::RemoteLogout).but(NOT_ON_OWNERS),
    RemoteLogoutEveryone: "log everyone out from all devices" => owner().needs(Feature::RemoteLogout),
    ViewApplications: "see the applications" => managers(),
    ManageApplications: "register, change, test and remove applications" => managers().but("where the operator lets the account have applications"),
    ReadAuditLog: "read the audit log" => managers().needs(Feature::AuditLog),
    SetAuditRetention: "set how long events are kept" => owner().needs(Feature::AuditLog),
    ManageWebhook: "manage the webhook" => managers().needs(Feature::AuditLog),
    UseApi: "use the API" => token_holders().needs(Feature::ApiTokens),
    EndSessionsByApi: "end your sessions by the API" => token_holders().without_second_factor().needs(Feature::ApiTokens).but(WITH_SCOPE),
    ReadEventsByApi: "read events by the API" => token_holders().needs(Feature::AuditLog).but("all events for owners and admins, their own for others"),
    ListMembersByApi: "list the members by the API" => managers().needs(Feature::ApiTokens),
    RemoteLogoutMemberByApi: "log a member out by the API" => managers().needs(Feature::ApiTokens).but("with the scope that ends sessions; an admin not to an owner"),
    UseMcp: "act through an MCP client" => token_holders().without_second_factor().needs(Feature::McpTokens).but("without a second factor that the account requires: remote logout only"),
    ReadByMcp: "look up sessions and events through an MCP client" => token_holders().needs(Feature::McpTokens),
}

impl Permission {
    /// The permission of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.name() == name)
    }
}

fn only(roles: &'static [Role]) -> Rule {
    Rule {
        who: Who::Only(roles),
        needs: None,
        without_second_factor: false,
        but: "",
    }
}

fn everyone() -> Rule {
    Rule {
        who: Who::Everyone,
        needs: None,
        without_second_factor: false,
        but: "",
    }
}

fn owner() -> Rule {
    only(&[Role::Owner])
}

fn managers() -> Rule {
    only(&[Role::Owner, Role::Admin])
}

fn token_holders() -> Rule {
    only(&[Role::Owner, Role::Admin, Role::Editor, Role::Member])
}

impl Rule {
    fn needs(mut self, feature: Feature) -> Self {
        self.needs = Some(feature);
        self
    }

    /// Also for a member who owes the second factor that the account requires.
    fn without_second_factor(mut self) -> Self {
        self.without_second_factor = true;
        self
    }

    fn but(mut self, but: &'static str) -> Self {
        self.but = but;
        self
    }
}
