//! What leaves an event: an entry each, in the order of the audit log's filter. The name is what is stored, exported and filtered by.

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident: $name:literal, $category:literal, $severity:literal;)*) => {
        /// Every operation that leaves an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// Every operation, for the audit log's filter.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$action),*];

            /// As stored, exported and filtered by.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            /// What it is about: one of [`CATEGORIES`].
            #[must_use]
            pub fn category(self) -> &'static str {
                match self {
                    $(Self::$action => $category,)*
                }
            }

            /// How much it matters: one of [`SEVERITIES`].
            #[must_use]
            pub fn severity(self) -> &'static str {
                match self {
                    $(Self::$action => $severity,)*
                }
            }
        }
    };
}

actions! {
    UserCreated: "user.created", "users", "info";
    Login: "user.login", "sign_in", "info";
    LoginFailed: "user.login_failed", "sign_in", "notice";
    Logout: "user.logout", "sign_in", "info";
    /// A remote logout. Stored as `user.session_invalidated`, a name older than the term "remote logout".
    SessionInvalidated: "user.session_invalidated", "sessions", "warning";
    PasswordChanged: "user.password_changed", "credentials", "notice";
    PasswordResetRequested: "user.password_reset_requested", "credentials", "notice";
    EmailChangeRequested: "user.email_change_requested", "credentials", "notice";
    EmailChangeCancelled: "user.email_change_cancelled", "credentials", "notice";
    EmailChanged: "user.email_changed", "credentials", "warning";
    TwoFactorEnabled: "user.two_factor_enabled", "credentials", "notice";
    TwoFactorDisabled: "user.two_factor_disabled", "credentials", "warning";
    RecoveryCodesReplaced: "user.recovery_codes_replaced", "credentials", "notice";
    RecoveryCodeUsed: "user.recovery_code_used", "credentials", "warning";
    AuthenticatorOff: "user.authenticator_off", "credentials", "alert";
    Confirmed: "user.confirmed", "sign_in", "info";
    RememberedDeviceReused: "user.remembered_device_reused", "sessions", "alert";
    /// One session that ended together with others; its parent says why.
    SessionEnded: "user.session_ended", "sessions", "notice";
    /// One device, from another session of the same user.
    DeviceEnded: "user.device_ended", "sessions", "notice";
    OtherDevicesEnded: "user.other_devices_ended", "sessions", "notice";
    DeviceRenamed: "user.device_renamed", "sessions", "info";
    CurfewSet: "user.curfew_set", "sessions", "notice";
    AccountCurfewSet: "account.curfew_set", "account", "notice";
    /// The account requires a second factor of its members, or does so no longer.
    SecondFactorRequired: "account.second_factor_required", "account", "warning";
    SecondFactorOptional: "account.second_factor_optional", "account", "warning";
    ApiTokenCreated: "user.api_token_created", "credentials", "notice";
    ApiTokenDeleted: "user.api_token_deleted", "credentials", "notice";
    McpTokenCreated: "user.mcp_token_created", "credentials", "notice";
    McpTokenDeleted: "user.mcp_token_deleted", "credentials", "notice";
    MemberInvited: "member.invited", "members", "info";
    InvitationRevoked: "member.invitation_revoked", "members", "info";
    InvitationConfirmed: "member.invitation_confirmed", "members", "info";
    MemberJoined: "member.joined", "members", "notice";
    MemberRoleChanged: "member.role_changed", "members", "notice";
    MemberDisabled: "member.disabled", "members", "warning";
    MemberEnabled: "member.enabled", "members", "notice";
    MemberRemoved: "member.removed", "members", "warning";
    AccountRenamed: "account.renamed", "account", "info";
    PlanChanged: "account.plan_changed", "account", "info";
    /// What signs in with Curfew.
    ApplicationRegistered: "application.registered", "applications", "warning";
    ApplicationChanged: "application.changed", "applications", "warning";
    ApplicationSecretMade: "application.secret_made", "applications", "warning";
    ApplicationSecretRevoked: "application.secret_revoked", "applications", "warning";
    ApplicationRemoved: "application.removed", "applications", "warning";
    ApplicationSignedIn: "application.signed_in", "applications", "info";
    /// A user's sessions at one application, by the user or at the application.
    ApplicationSignedOut: "application.signed_out", "applications", "notice";
    /// One session at an application that ended with something else; the details say why.
    ApplicationSessionEnded: "application.session_ended", "applications", "notice";
    /// A code or refresh token was presented again after what it gave was used: theft.
    ApplicationTokenReused: "application.token_reused", "applications", "alert";
    /// An application answered a logout notice with a final no.
    ApplicationRefused: "application.logout_refused", "applications", "warning";
    /// How long events are kept.
    RetentionChanged: "audit.retention_changed", "audit", "warning";
    /// The oldest events were deleted, as the account's setting says.
    EventsDeleted: "audit.events_deleted", "audit", "notice";
    /// Where events are sent to, which of them, or the secret they are signed with.
    WebhookChanged: "account.webhook_changed", "account", "warning";
    WebhookRemoved: "account.webhook_removed", "account", "warning";
    AccessDenied: "access.denied", "access", "notice";
    /// The operator forgot the failures that kept a user from signing in.
    UserUnlocked: "user.unlocked", "sign_in", "notice";
    /// Everything of every user ended.
    InstanceEpochRaised: "instance.epoch_raised", "sessions", "warning";
}

impl Action {
    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// What an event's category may be, for filters.
pub const CATEGORIES: [&str; 9] = [
    "users",
    "sign_in",
    "sessions",
    "credentials",
    "account",
    "members",
    "applications",
    "audit",
    "access",
];

/// What an event's severity may be, the least first.
pub const SEVERITIES: [&str; 4] = ["info", "notice", "warning", "alert"];

/// The place of a severity among them: 0 for info.
pub(crate) fn severity_rank(severity: &str) -> Option<i64> {
    let at = SEVERITIES.iter().position(|s| *s == severity)?;
    i64::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_name_of_its_own_a_category_and_a_severity() {
        for action in Action::ALL {
            assert!(CATEGORIES.contains(&action.category()), "{action:?}");
            assert!(SEVERITIES.contains(&action.severity()), "{action:?}");
            assert_eq!(Action::named(action.name()), Some(action));
        }
        assert_eq!(Action::named("user.unknown"), None);
        assert_eq!(severity_rank("alert"), Some(3));
        assert_eq!(severity_rank("loud"), None);
    }
}
