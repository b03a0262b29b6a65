//! What actions and categories of events are called in lists to choose from.

use accounts::audit::Action;

/// The name of an action.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::UserCreated => "Sign-up",
        Action::Login => "Sign-in",
        Action::LoginFailed => "Failed sign-in",
        Action::Logout => "Sign-out",
        Action::SessionInvalidated => "Remote logout",
        Action::PasswordChanged => "Password changed",
        Action::PasswordResetRequested => "Password reset requested",
        Action::EmailChangeRequested => "Email change requested",
        Action::EmailChangeCancelled => "Email change cancelled",
        Action::EmailChanged => "Email changed",
        Action::TwoFactorEnabled => "Two-factor turned on",
        Action::TwoFactorDisabled => "Two-factor turned off",
        Action::RecoveryCodesReplaced => "Recovery codes replaced",
        Action::RecoveryCodeUsed => "Recovery code used",
        Action::AuthenticatorOff => "Authenticator app turned off",
        Action::Confirmed => "Identity confirmed",
        Action::RememberedDeviceReused => "Saved sign-in used twice",
        Action::SessionEnded => "Session ended with others",
        Action::DeviceEnded => "Device signed out",
        Action::OtherDevicesEnded => "Other devices signed out",
        Action::DeviceRenamed => "Device renamed",
        Action::CurfewSet => "Curfew changed",
        Action::UserUnlocked => "User unlocked",
        Action::InstanceEpochRaised => "Everyone signed out",
        Action::AccountCurfewSet => "Account curfew changed",
        Action::SecondFactorRequired => "Second factor required of members",
        Action::SecondFactorOptional => "Second factor no longer required",
        Action::ApiTokenCreated => "API token created",
        Action::ApiTokenDeleted => "API token revoked",
        Action::McpTokenCreated => "MCP token created",
        Action::McpTokenDeleted => "MCP token revoked",
        Action::MemberInvited => "Member invited",
        Action::InvitationRevoked => "Invitation revoked",
        Action::InvitationConfirmed => "Invitation confirmed",
        Action::MemberJoined => "Member joined",
        Action::MemberRoleChanged => "Role changed",
        Action::MemberDisabled => "Member disabled",
        Action::MemberEnabled => "Member enabled",
        Action::MemberRemoved => "Member removed",
        Action::AccountRenamed => "Account renamed",
        Action::PlanChanged => "Plan changed",
        Action::ApplicationRegistered => "Application registered",
        Action::ApplicationChanged => "Application changed",
        Action::ApplicationSecretMade => "Application’s secret made",
        Action::ApplicationSecretRevoked => "Application’s old secret revoked",
        Action::ApplicationRemoved => "Application removed",
        Action::ApplicationSignedIn => "Sign-in at an application",
        Action::ApplicationSignedOut => "Sign-out at an application",
        Action::ApplicationSessionEnded => "Session at an application ended",
        Action::ApplicationTokenReused => "Application’s token used twice",
        Action::ApplicationRefused => "Logout notice refused",
        Action::RetentionChanged => "Retention changed",
        Action::EventsDeleted => "Old events deleted",
        Action::WebhookChanged => "Webhook changed",
        Action::WebhookRemoved => "Webhook removed",
        Action::AccessDenied => "Access denied",
    }
}

/// The name of the action with that key; the key itself for one that this version does not know.
pub(super) fn named(key: &str) -> &str {
    match Action::named(key) {
        Some(known) => action(known),
        None => key,
    }
}

/// The name of a category.
pub(super) fn category(name: &str) -> &str {
    match name {
        "users" => "Users",
        "sign_in" => "Sign-in",
        "sessions" => "Sessions",
        "credentials" => "Credentials",
        "account" => "Account",
        "members" => "Members",
        "applications" => "Applications",
        "audit" => "Audit log",
        "access" => "Access",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use accounts::audit::CATEGORIES;

    use super::*;

    #[test]
    fn an_action_is_said_in_words() {
        for (name, words) in [
            ("user.login_failed", "Failed sign-in"),
            ("user.session_invalidated", "Remote logout"),
            ("member.role_changed", "Role changed"),
            ("access.denied", "Access denied"),
            ("audit.events_deleted", "Old events deleted"),
        ] {
            assert_eq!(Action::named(name).map(action), Some(words));
        }
        assert!(Action::named("new").is_none() && Action::named("").is_none());
    }

    #[test]
    fn every_category_has_a_name() {
        for name in CATEGORIES {
            assert_ne!(category(name), name);
        }
    }
}
